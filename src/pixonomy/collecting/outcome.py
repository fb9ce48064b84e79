"""Streams the manifest of a collection, and where each image was found, from its state database.

Only what is odd is held as a whole: images that may be duplicates, and those of several keywords.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pixonomy.collecting.licences import explain, spdx_of
from pixonomy.collecting.records import (
    read_categories,
    read_equal_hashes,
    read_images,
    read_search_results,
)
from pixonomy.collecting.state_db import StateDatabase
from pixonomy.collecting.tar_writer import shard_path

SIGHTING_COLUMNS = (
    "image_id", "provider", "category", "keyword", "native_id", "image_url", "page_url", "title",
    "creator", "license", "license_url", "width", "height", "found_at", "license_id",
)  # fmt: skip
ATTRIBUTION_COLUMNS = (
    "image_id", "title", "creator", "license", "license_url", "page_url", "image_url", "provider",
    "keyword", "fetched_at", "license_id",
)  # fmt: skip

_ID_LETTERS = 20  # of the SHA-256
_MARKS = {"number": pl.Int64(), "duplicate_group": pl.String(), "problem": pl.String()}

Prove = Callable[[pl.DataFrame], pl.Series]
"""Tells which rows are duplicates of one image, by an equal text; null for the others."""


@dataclass(frozen=True)
class Form:
    """How a manifest's rows are made.

    Attributes:
        folder: of the tar files, relative to the manifest's base or an address.
        prove: see `Prove`.
        licenses: SPDX identifiers; an image of another one has a problem. Empty: all pass.
    """

    folder: str
    prove: Prove
    licenses: frozenset[str] = frozenset()


def stream_occurrences(state_db: StateDatabase) -> Iterator[pl.DataFrame]:
    """Yield where each image was found, every time: `SIGHTING_COLUMNS`, in order."""
    for found in read_search_results(state_db):
        rows = _add_license_id(found)
        yield rows.with_columns(image_id=_image_id(), found_at=_as_time("found_at")).select(
            SIGHTING_COLUMNS
        )


def stream_images(state_db: StateDatabase, form: Form) -> Iterator[pl.DataFrame]:
    """Yield a manifest's rows for the images, in the order in which they came, and `number`.

    An image bears the label, keyword and provider under which it was found first. Where it, or a
    duplicate of it, was found in another category, too, it has a problem: nobody knows which is
    right. Of duplicates, all but the largest have a problem; so has one whose licence is not
    asked for.
    """
    marks = _find_marks(state_db, form)
    for images in read_images(state_db):
        rows = _add_license_id(_place(images, form.folder))
        rows = rows.with_columns(
            group_id=pl.col("image_id"),
            label_source=pl.lit("keyword"),
            fetched_at=_as_time("fetched_at"),
        ).rename({"category": "label"})
        marked = rows.join(marks, on="number", how="left", maintain_order="left")
        problem = pl.coalesce("problem", _license_problem(rows, form.licenses))
        yield marked.with_columns(problem).drop("shard", "native_id")


def _place(images: pl.DataFrame, folder: str) -> pl.DataFrame:
    """Add image_id and uri."""
    uri = pl.col("shard").map_elements(
        lambda shard: f"{folder}/{shard_path(Path(), shard).name}", pl.String
    )
    return images.with_columns(image_id=_image_id(), uri=uri)


def _image_id() -> pl.Expr:
    return pl.col("sha256").str.slice(0, _ID_LETTERS)


def _as_time(column: str) -> pl.Expr:
    stamp = (pl.col(column) * 1000).cast(pl.Int64).cast(pl.Datetime("ms"))
    return stamp.dt.strftime("%Y-%m-%dT%H:%M:%SZ")


def _add_license_id(rows: pl.DataFrame) -> pl.DataFrame:
    """Add license_id: the SPDX identifier, null where it is not known for certain."""
    licences = rows.select("license", "license_url").unique(maintain_order=True)
    ids = pl.Series([spdx_of(*one) for one in licences.iter_rows()], dtype=pl.String)
    return rows.join(
        licences.with_columns(license_id=ids),
        on=["license", "license_url"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )


def _license_problem(rows: pl.DataFrame, allowed: frozenset[str]) -> pl.Series:
    """Return why rows are of no licence that is asked for; null where they are."""
    licences = rows.select("license_id", "license").iter_rows()
    problems = [explain(*one) if allowed and one[0] not in allowed else None for one in licences]
    return pl.Series("license problem", problems, dtype=pl.String)


def _find_marks(state_db: StateDatabase, form: Form) -> pl.DataFrame:
    """Return what is to be said of duplicates and of images of several categories: `_MARKS`."""
    copies = _find_duplicates(state_db, form)
    numbers = json.dumps(copies["number"].to_list())
    categories = pl.concat(read_categories(state_db, numbers))
    unit = pl.coalesce("duplicate_group", pl.format("picture {}", "number"))
    seen = categories.join(copies, on="number", how="full", coalesce=True).with_columns(unit=unit)
    names = pl.col("category").drop_nulls().unique().sort()
    found = seen.group_by("unit").agg(names).filter(pl.col("category").list.len() > 1)
    leak = pl.format("found in several categories: {}", pl.col("found").list.join(", "))
    marked = (
        seen.unique("number")
        .drop("category")
        .join(found.rename({"category": "found"}), on="unit", how="left")
        .with_columns(problem=pl.coalesce(leak, pl.format("duplicate of {}", "copy of")))
    )
    return marked.filter(pl.col("problem").is_not_null() | pl.col("duplicate_group").is_not_null())[
        list(_MARKS)
    ]


def _find_duplicates(state_db: StateDatabase, form: Form) -> pl.DataFrame:
    """Return number, duplicate_group, and "copy of": the image_id of the largest, or null."""
    rows = _place(pl.concat(read_equal_hashes(state_db)), form.folder)
    rows = rows.with_columns(copies=form.prove(rows)).filter(pl.col("copies").is_duplicated())
    rows = _add_license_id(rows)
    is_asked_for = (
        pl.lit(True) if not form.licenses else pl.col("license_id").is_in(sorted(form.licenses))
    )
    area = pl.col("width") * pl.col("height")
    best = is_asked_for.fill_null(False), area, -pl.col("number")
    largest = pl.col("image_id").sort_by(best).last().over("copies")
    return rows.filter(pl.col("copies").is_not_null()).select(
        "number",
        duplicate_group=pl.format("copies-{}", "copies"),
        **{"copy of": pl.when(pl.col("image_id") != largest).then(largest)},
    )
