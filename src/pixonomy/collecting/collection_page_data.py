"""Gathers what the page of a collection shows, from its counts and its manifest."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from pixonomy.collecting.asked import Asked
from pixonomy.collecting.collection_page import (
    CategorySheet,
    CollectedPage,
    KeywordSheet,
    render_collected,
)
from pixonomy.collecting.outcome_counts import OutcomeCounts
from pixonomy.collecting.records import count_images, count_odd, count_reasons, sum_keywords
from pixonomy.collecting.state_db import StateDatabase
from pixonomy.dataset.location import locate
from pixonomy.dataset.manifest import conform
from pixonomy.dataset.read import read_all
from pixonomy.dataset.taxonomy_toml import KeywordFile
from pixonomy.errors import UndecodableImage
from pixonomy.images.decode import decode
from pixonomy.pages.provenance import Provenance
from pixonomy.pages.thumbnail import as_data_uri, encode_thumbnail
from pixonomy.storage.files import write_text

PAGE = "collected.html"

_SHOWN, _MOST_SHOWN = 8, 2000  # images of a keyword on the page, and of all
_THUMBNAIL = 160  # pixels a side
_COLUMNS = ("image_id", "uri", "offset", "length", "label", "keyword", "title", "problem")


def count_keywords(
    state_db: StateDatabase, wanted: KeywordFile, outcome_counts: OutcomeCounts, per_keyword: int
) -> list[KeywordSheet]:
    """Return what each keyword of the file has, without images."""
    names = {one.id: one.name for one in wanted.categories}
    known = {(one.category, one.keyword): one for one in sum_keywords(state_db)}
    odd = count_odd(state_db, json.dumps(outcome_counts.odd))
    providers, licenses = (
        outcome_counts.of_keywords("provider"),
        outcome_counts.of_keywords("license"),
    )
    sheets = []
    for key in wanted.keywords:
        found = known.get(key)
        had, waiting = (found.kept, found.waiting) if found else (0, 0)
        sheets.append(
            KeywordSheet(
                names[key[0]], key[1], had, had - odd.get(key, 0), per_keyword, waiting,
                providers.get(key, {}), licenses.get(key, {}),
            )
        )  # fmt: skip
    return sheets


def write_page(
    state_db: StateDatabase,
    asked: Asked,
    rows: pl.LazyFrame,
    outcome_counts: OutcomeCounts,
    sheets: Sequence[KeywordSheet],
) -> None:
    """Write it; `rows` are those of the manifest."""
    counts = count_images(state_db)
    page = CollectedPage(
        title=asked.wanted.title,
        provenance=Provenance.now(asked.source, asked.began, asked.command),
        next_command=asked.next_command,
        totals={
            "kept": outcome_counts.rows,
            "usable": outcome_counts.usable,
            "copies": counts.get("kept", 0) - outcome_counts.rows + outcome_counts.copies,
            "refused": counts.get("refused", 0),
            "failed": counts.get("failed", 0),
            "still waiting": counts.get("waiting", 0),
        },
        categories=_count_categories(sheets, asked.wanted, rows),
        sheets=_illustrate(sheets, asked.wanted.keywords, rows, asked.folder),
        left_out=outcome_counts.reasons(),
        refused=count_reasons(state_db, "refused"),
        failed=count_reasons(state_db, "failed"),
        left=asked.left,
        licenses=outcome_counts.licenses(),
        permissions=_permissions(state_db, asked.wanted),
        policy=sorted(asked.licenses),
    )
    write_text(asked.folder / PAGE, render_collected(page))


def _count_categories(
    sheets: Sequence[KeywordSheet], wanted: KeywordFile, rows: pl.LazyFrame
) -> list[CategorySheet]:
    usable = rows.filter(pl.col("problem").is_null()).group_by("label").len().collect()
    counts: dict[str, int] = dict(usable.iter_rows())
    missing = dict.fromkeys((one.id for one in wanted.categories), 0)
    for (category, _), sheet in zip(wanted.keywords, sheets, strict=True):
        missing[category] += sheet.missing
    return [
        CategorySheet(one.name, counts.get(one.id, 0), missing[one.id]) for one in wanted.categories
    ]


def as_here(rows: pl.DataFrame) -> pl.DataFrame:
    """Let the rows' addresses be those of the tar files beside the state database."""
    return rows.with_columns(uri=pl.format("shards/{}", pl.col("uri").str.split("/").list.last()))


def _permissions(state_db: StateDatabase, wanted: KeywordFile) -> dict[str, str]:
    permissions = {one: state_db.noted(f"permission:{one}") for one in wanted.providers}
    return {provider: text for provider, text in permissions.items() if text is not None}


def _illustrate(
    sheets: Sequence[KeywordSheet],
    keys: Sequence[tuple[str, str]],
    rows: pl.LazyFrame,
    folder: Path,
) -> list[KeywordSheet]:
    """Return the sheets with each keyword's first images."""
    most = max(1, min(_SHOWN, _MOST_SHOWN // max(1, sum(one.had > 0 for one in sheets))))
    first = (
        rows.select(_COLUMNS)
        .filter(pl.col("problem").is_null())
        .group_by("label", "keyword", maintain_order=True)
        .head(most)
        .head(_MOST_SHOWN)
        .collect()
    )
    sources = _thumbnails(conform(as_here(first)), folder)
    shown: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for image_id, label, keyword, title in first.select(
        "image_id", "label", "keyword", "title"
    ).iter_rows():
        if image_id in sources:
            named = (sources[image_id], title or f"{keyword}: {image_id}")
            shown.setdefault((label, keyword), []).append(named)
    return [
        replace(sheet, thumbnails=tuple(shown.get(key, ())))
        for sheet, key in zip(sheets, keys, strict=True)
    ]


def _thumbnails(rows: pl.DataFrame, folder: Path) -> Mapping[str, str]:
    """Return image_id → JPEG data URI, of what can be read here."""
    is_here = {uri: (folder / uri).exists() for uri in rows["uri"].unique()}
    rows = rows.filter(pl.Series([is_here[uri] for uri in rows["uri"]], dtype=pl.Boolean))
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
