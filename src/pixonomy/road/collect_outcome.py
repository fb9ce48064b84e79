"""A ledger goes in; manifest, sightings, attribution and page of a collection come out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pixonomy.collecting.ledger import Ledger
from pixonomy.collecting.outcome import ATTRIBUTION_COLUMNS, read_pictures, read_sightings
from pixonomy.collecting.page import CollectedPage, KeywordSheet, render_collected
from pixonomy.curation.proof import prove_copies
from pixonomy.errors import UndecodableImage
from pixonomy.fetch import read_all
from pixonomy.files import printable, write_parquet, write_text
from pixonomy.images.decode import decode
from pixonomy.keywords import KeywordFile
from pixonomy.locate import locate
from pixonomy.manifest import Manifest, conform, write_manifest
from pixonomy.pages.thumbnail import as_data_uri, encode_thumbnail
from pixonomy.remote import is_remote, upload
from pixonomy.spreadsheet import write_spreadsheet

MANIFEST, SIGHTINGS = "manifest.parquet", "sightings.parquet"
ATTRIBUTION, PAGE = "ATTRIBUTION.csv", "collected.html"

_SHOWN = 8  # pictures of a keyword on the page
_THUMBNAIL = 96


def write_outcome(
    ledger: Ledger, folder: Path, wanted: KeywordFile, per_keyword: int, output: str, cores: int = 1
) -> dict[str, Any]:
    """Write all that a collection leaves beside its tar files; see `collect` for what is returned.

    Args:
        folder: of the ledger and the tar files.
        output: the same, or the address that everything is copied to.
    """
    sightings = read_sightings(ledger)
    is_away = is_remote(output)
    shards = f"{output.rstrip('/')}/shards" if is_away else "shards"

    def prove(rows: pl.DataFrame) -> pl.Series:
        return prove_copies(conform(_as_here(rows)), folder, cores)

    rows = read_pictures(ledger, sightings, shards, prove)
    write_parquet(folder / SIGHTINGS, sightings)
    write_spreadsheet(folder / ATTRIBUTION, rows.select(ATTRIBUTION_COLUMNS))
    had = {one: ledger.count_kept(*one) for one in wanted.keywords}
    _write_page(ledger, folder, wanted, rows, had, per_keyword=per_keyword, output=output)
    fingerprint = {"stage": "collect", "pictures": rows.height, "title": wanted.title}
    write_manifest(folder / MANIFEST, Manifest(conform(rows), folder.absolute(), fingerprint))
    place = output.rstrip("/") if is_away else printable(folder)
    if is_away:
        _send(ledger, folder, place)
    shortfall = {one: per_keyword - count for (_, one), count in had.items() if count < per_keyword}
    return {
        "manifest": f"{place}/{MANIFEST}",
        **_count(ledger, rows),
        "shortfall": shortfall,
        "sightings": f"{place}/{SIGHTINGS}",
        "attribution": f"{place}/{ATTRIBUTION}",
        "page": f"{place}/{PAGE}",
    }


def _count(ledger: Ledger, rows: pl.DataFrame) -> dict[str, int]:
    counts = ledger.count_images()
    copies = int(rows["problem"].fill_null("").str.starts_with("duplicate of").sum())
    return {
        "pictures": int(rows["problem"].is_null().sum()),
        "duplicates": counts.get("kept", 0) - rows.height + copies,
        "refused": counts.get("refused", 0),
        "failed": counts.get("failed", 0),
    }


def _write_page(
    ledger: Ledger,
    folder: Path,
    wanted: KeywordFile,
    rows: pl.DataFrame,
    had: dict[tuple[str, str], int],
    *,
    per_keyword: int,
    output: str,
) -> None:
    reason = pl.col("problem").str.replace(r"(duplicate of).*", "$1 another picture")
    left_out = rows.filter(pl.col("problem").is_not_null()).group_by(reason).len().sort("problem")
    licenses = rows.group_by("license").len().sort("len", "license", descending=[True, False])
    permissions = {
        provider: text
        for provider in wanted.providers
        if (text := ledger.noted(f"permission:{provider}")) is not None
    }
    page = CollectedPage(
        title=wanted.title,
        pictures=int(rows["problem"].is_null().sum()),
        sheets=list(_sheets(folder, wanted, rows, had, per_keyword)),
        left_out=dict(left_out.iter_rows()),
        refused=ledger.reasons(),
        licenses=dict(licenses.iter_rows()),
        permissions=permissions,
        command=f"pixonomy collect TAXONOMY.toml -o {output} --per-keyword {per_keyword}",
    )
    write_text(folder / PAGE, render_collected(page))


def _sheets(
    folder: Path,
    wanted: KeywordFile,
    rows: pl.DataFrame,
    had: dict[tuple[str, str], int],
    per_keyword: int,
) -> Iterator[KeywordSheet]:
    """Yield each keyword's first pictures, and how many it has."""
    names = {one.id: one.name for one in wanted.categories}
    first = rows.group_by("label", "keyword", maintain_order=True).head(_SHOWN)
    sources = _thumbnails(conform(_as_here(first)), folder)
    for category, keyword in wanted.keywords:
        own = first.filter((pl.col("label") == category) & (pl.col("keyword") == keyword))
        pictures = tuple(
            (sources[image_id], title or f"{keyword}: {image_id}")
            for image_id, title in own.select("image_id", "title").iter_rows()
            if image_id in sources
        )
        yield KeywordSheet(names[category], keyword, had[category, keyword], per_keyword, pictures)


def _as_here(rows: pl.DataFrame) -> pl.DataFrame:
    """Let the rows' addresses be those of the tar files beside the ledger."""
    return rows.with_columns(uri=pl.format("shards/{}", pl.col("uri").str.split("/").list.last()))


def _thumbnails(rows: pl.DataFrame, folder: Path) -> dict[str, str]:
    """Return image_id → JPEG data URI, of what can be read here."""
    is_here = [(folder / uri).exists() for uri in rows["uri"]]
    rows = rows.filter(pl.Series(is_here, dtype=pl.Boolean))
    found: dict[str, str] = {}
    for place, data in read_all(locate(rows, folder)):
        try:
            if isinstance(data, UndecodableImage):
                raise data
            pixels = np.ascontiguousarray(decode(data, _THUMBNAIL))
        except UndecodableImage:
            continue
        found[str(rows["image_id"][place])] = as_data_uri(encode_thumbnail(pixels, _THUMBNAIL))
    return found


def _send(ledger: Ledger, folder: Path, place: str) -> None:
    """Copy what has changed to the address, the manifest last."""
    for shard, (size, _) in ledger.shards().items():
        name = f"shards/pictures-{shard:05d}.tar"
        key = f"sent:{place}/{name}"
        if ledger.noted(key) != str(size):
            upload(folder / name, f"{place}/{name}")
            ledger.note(key, str(size))
    for name in (SIGHTINGS, ATTRIBUTION, PAGE, MANIFEST):
        upload(folder / name, f"{place}/{name}")
