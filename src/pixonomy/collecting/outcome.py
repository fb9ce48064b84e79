"""A ledger goes in; the tables of its pictures and of where they were found come out."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from pixonomy.collecting.ledger import Ledger
from pixonomy.collecting.shards import shard_path

SIGHTING_COLUMNS = (
    "image_id", "provider", "category", "keyword", "native_id", "image_url", "page_url", "title",
    "creator", "license", "license_url", "width", "height", "found_at",
)  # fmt: skip
ATTRIBUTION_COLUMNS = (
    "image_id", "title", "creator", "license", "license_url", "page_url", "image_url", "provider",
    "keyword", "fetched_at",
)  # fmt: skip

_ROWS = 20_000
_ID_LETTERS = 20  # of the SHA-256
_SIGHTED = {
    "sha256": pl.String(), "provider": pl.String(), "category": pl.String(),
    "keyword": pl.String(), "native_id": pl.String(), "image_url": pl.String(),
    "page_url": pl.String(), "title": pl.String(), "creator": pl.String(), "license": pl.String(),
    "license_url": pl.String(), "width": pl.Int64(), "height": pl.Int64(), "found_at": pl.Float64(),
}  # fmt: skip
_KEPT = {
    "sha256": pl.String(), "number": pl.Int64(), "shard": pl.Int64(), "offset": pl.Int64(),
    "length": pl.Int64(), "perceptual_hash": pl.String(), "width": pl.Int64(),
    "height": pl.Int64(), "format": pl.String(), "fetched_at": pl.Float64(),
}  # fmt: skip


def read_sightings(ledger: Ledger) -> pl.DataFrame:
    """Return where each picture was found, every time: `SIGHTING_COLUMNS`, in order."""
    found = _gather(ledger.sightings(), _SIGHTED)
    return found.with_columns(image_id=_image_id(), found_at=_as_time("found_at")).select(
        SIGHTING_COLUMNS
    )


def read_pictures(
    ledger: Ledger,
    sightings: pl.DataFrame,
    folder: str,
    prove: Callable[[pl.DataFrame], pl.Series],
) -> pl.DataFrame:
    """Return a manifest's rows for the pictures, in the order in which they came.

    A picture bears the label, keyword and provider under which it was found first. Where it, or a
    copy of it, was found in another category, too, it has a problem: nobody knows which is right.
    Of copies, all but the largest have a problem.

    Args:
        folder: of the tar files, relative to the manifest's base or an address.
        prove: tells which rows are copies of one picture, by an equal text; null for the others.
    """
    kept = _gather(map(asdict, ledger.pictures()), _KEPT)
    first = sightings.unique("image_id", keep="first", maintain_order=True).select(
        "image_id", "keyword", "provider", "page_url", "image_url", "title", "creator", "license",
        "license_url", label="category",
    )  # fmt: skip
    rows = kept.with_columns(
        image_id=_image_id(),
        uri=pl.col("shard").map_elements(
            lambda shard: f"{folder}/{shard_path(Path(), shard).name}", pl.String
        ),
        label_source=pl.lit("keyword"),
        fetched_at=_as_time("fetched_at"),
    ).join(first, on="image_id", how="left", maintain_order="left")
    rows = rows.with_columns(group_id=pl.col("image_id"))
    rows = _mark_copies(rows.with_columns(copies=prove(rows)))
    return _mark_leaks(rows, sightings).drop("number", "shard", "copy of", "copies")


def _gather(rows: Iterator[dict[str, Any]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Return rows as one table; as Python's objects only some of them are held at a time."""
    parts = [pl.DataFrame(schema=schema)]
    while some := list(islice(rows, _ROWS)):
        parts.append(pl.DataFrame(some, schema=schema))
    return pl.concat(parts)


def _image_id() -> pl.Expr:
    return pl.col("sha256").str.slice(0, _ID_LETTERS)


def _as_time(column: str) -> pl.Expr:
    stamp = (pl.col(column) * 1000).cast(pl.Int64).cast(pl.Datetime("ms"))
    return stamp.dt.strftime("%Y-%m-%dT%H:%M:%SZ")


def _mark_copies(rows: pl.DataFrame) -> pl.DataFrame:
    """Add duplicate_group, and "copy of": the image_id of the largest copy, or null."""
    area = pl.col("width") * pl.col("height")
    largest = pl.col("image_id").sort_by(area, -pl.col("number")).last().over("copies")
    has_copies = pl.col("copies").is_not_null() & (pl.len().over("copies") > 1)
    return rows.with_columns(
        duplicate_group=pl.when(has_copies).then(pl.format("copies-{}", "copies")),
        **{"copy of": pl.when(has_copies & (pl.col("image_id") != largest)).then(largest)},
    )


def _mark_leaks(rows: pl.DataFrame, sightings: pl.DataFrame) -> pl.DataFrame:
    """Add problem: found in several categories, or the copy of another picture."""
    unit = pl.coalesce("duplicate_group", "image_id").alias("unit")
    units = rows.select("image_id", unit)
    seen = (
        sightings.select("image_id", "category")
        .join(units, on="image_id")
        .group_by("unit")
        .agg(pl.col("category").unique().sort())
        .filter(pl.col("category").list.len() > 1)
        .select("unit", found=pl.col("category").list.join(", "))
    )
    marked = rows.with_columns(unit).join(seen, on="unit", how="left", maintain_order="left")
    leak = pl.format("found in several categories: {}", "found")
    copy = pl.format("duplicate of {}", "copy of")
    return marked.with_columns(problem=pl.coalesce(leak, copy)).drop("unit", "found")
