"""Queries of the state database: what is kept, what is pending, and why images were refused.

Counts are read, not counted: the database keeps them. What is long comes in chunks.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from pixonomy.collecting.door import host_of
from pixonomy.collecting.state_db import StateDatabase

_CHUNK = 20_000
_ORIGIN = re.compile(r"([^/?#]*//)?[^/?#]*")  # matches the beginning of any address
_IMAGE_COLUMNS = {
    "sha256": pl.String(), "number": pl.Int64(), "shard": pl.Int64(), "offset": pl.Int64(),
    "length": pl.Int64(), "perceptual_hash": pl.String(), "width": pl.Int64(),
    "height": pl.Int64(), "format": pl.String(), "fetched_at": pl.Float64(),
}  # fmt: skip
_FOUND = {
    "provider": pl.String(), "category": pl.String(), "keyword": pl.String(),
    "native_id": pl.String(), "image_url": pl.String(), "about": pl.String(),
    "found_at": pl.Float64(),
}  # fmt: skip
_ATTRIBUTION = ("page_url", "title", "creator", "license", "license_url")
_ABOUT = pl.Struct(
    {**{name: pl.String() for name in _ATTRIBUTION}, "width": pl.Int64(), "height": pl.Int64()}
)
_OCCURRENCE_COLUMNS = (
    "searches.provider, keywords.category, keywords.keyword, native_id, images.url, finds.about, "
    "finds.found_at"
)
_OCCURRENCE_TABLES = (
    "CROSS JOIN images ON images.number = finds.image "
    "CROSS JOIN searches ON searches.number = finds.search "
    "CROSS JOIN keywords ON keywords.number = searches.keyword"
)


@dataclass(frozen=True)
class KeywordCounts:
    """How far a keyword is.

    Attributes:
        kept: different images; `waiting`: addresses that are still to be fetched.
    """

    category: str
    keyword: str
    kept: int
    waiting: int


def count_images(state_db: StateDatabase) -> dict[str, int]:
    """Return how many addresses are in each state: waiting, kept, refused, failed."""
    rows = state_db.rows(
        "SELECT state, sum(images) FROM tallies GROUP BY state HAVING sum(images) > 0"
    )
    return dict(rows)


def count_waiting(state_db: StateDatabase) -> Counter[str]:
    """Return hosts → how many addresses wait there; this one count reads all that wait."""
    urls = state_db.rows("SELECT url FROM images WHERE state = 'waiting'")
    found: Counter[str] = Counter()
    for origin, count in Counter(_ORIGIN.match(url)[0] for (url,) in urls).items():  # type: ignore[index]
        found[host_of(origin)] += count
    return found


def count_reasons(state_db: StateDatabase, state: str) -> dict[str, int]:
    """Return why addresses are in this state, the most frequent reasons first."""
    rows = state_db.rows(
        "SELECT reason, images FROM tallies WHERE state = ? AND images > 0 ORDER BY 2 DESC, 1",
        state,
    )
    return dict(rows)


def sum_keywords(state_db: StateDatabase) -> list[KeywordCounts]:
    """Return how far each keyword is that was ever searched for."""
    rows = state_db.rows(
        "SELECT category, keywords.keyword, kept, coalesce(sum(finds), 0) FROM keywords "
        "LEFT JOIN searches ON searches.keyword = keywords.number "
        "LEFT JOIN (SELECT search, count(*) AS finds FROM finds WHERE is_waiting GROUP BY search) "
        "ON search = searches.number GROUP BY keywords.number ORDER BY keywords.number"
    )
    return [KeywordCounts(*row) for row in rows]


def read_images(state_db: StateDatabase) -> Iterator[pl.DataFrame]:
    """Yield the images that are kept, in their order, and where each was found first."""
    return _read_images(state_db, "")


def read_equal_hashes(state_db: StateDatabase) -> Iterator[pl.DataFrame]:
    """Yield the images whose perceptual hash another one has, too, as `read_images` does."""
    return _read_images(
        state_db,
        "WHERE perceptual_hash IN (SELECT perceptual_hash FROM pictures "
        "WHERE perceptual_hash IS NOT NULL GROUP BY 1 HAVING count(*) > 1) ",
    )


def _read_images(state_db: StateDatabase, chosen: str) -> Iterator[pl.DataFrame]:
    rows = state_db.rows(
        f"SELECT {', '.join(f'pictures.{name}' for name in _IMAGE_COLUMNS)}, {_OCCURRENCE_COLUMNS} "
        f"FROM pictures CROSS JOIN finds ON finds.number = pictures.first_find "
        f"{_OCCURRENCE_TABLES} {chosen}ORDER BY pictures.number"
    )
    for chunk in _chunks(rows, {**_IMAGE_COLUMNS, **_FOUND}):
        parsed = chunk.select(_parsed()).unnest("about").select(_ATTRIBUTION)
        yield chunk.drop("about", "found_at").hstack(parsed)


def read_search_results(state_db: StateDatabase) -> Iterator[pl.DataFrame]:
    """Yield each occurrence of an image that is kept, in the order of finding."""
    rows = state_db.rows(
        f"SELECT pictures.sha256, {_OCCURRENCE_COLUMNS} FROM finds {_OCCURRENCE_TABLES} "
        "CROSS JOIN pictures ON pictures.number = images.picture ORDER BY finds.number"
    )
    for chunk in _chunks(rows, {"sha256": pl.String(), **_FOUND}):
        yield chunk.with_columns(_parsed()).unnest("about")


def read_categories(state_db: StateDatabase, numbers: str) -> Iterator[pl.DataFrame]:
    """Yield, of images that were found for several keywords or are asked for, their categories.

    Args:
        numbers: of the images that are asked for, as a JSON list.
    """
    rows = state_db.rows(
        "SELECT DISTINCT picture, category FROM keyword_pictures "
        "JOIN keywords ON keywords.number = keyword_pictures.keyword WHERE picture IN ("
        "SELECT picture FROM keyword_pictures GROUP BY picture HAVING count(*) > 1 "
        "UNION SELECT value FROM json_each(?)) ORDER BY 1, 2",
        numbers,
    )
    return _chunks(rows, {"number": pl.Int64(), "category": pl.String()})


def read_unmarked(state_db: StateDatabase, kind: str) -> Iterator[pl.DataFrame]:
    """Yield the images whose perceptual hash is of another kind than that of this mark."""
    rows = state_db.rows(
        f"SELECT {', '.join(_IMAGE_COLUMNS)} FROM pictures WHERE perceptual_hash IS NOT NULL "
        "AND substr(perceptual_hash, 1, ?) <> ? ORDER BY number",
        len(kind), kind,
    )  # fmt: skip
    return _chunks(rows, _IMAGE_COLUMNS)


def count_odd(state_db: StateDatabase, numbers: str) -> dict[tuple[str, str], int]:
    """Return (category, keyword) → how many of its images are among these.

    Args:
        numbers: of images, as a JSON list.
    """
    rows = state_db.rows(
        "SELECT category, keywords.keyword, count(*) FROM keyword_pictures "
        "JOIN keywords ON keywords.number = keyword_pictures.keyword "
        "WHERE picture IN (SELECT value FROM json_each(?)) GROUP BY keywords.number",
        numbers,
    )
    return {(category, keyword): count for category, keyword, count in rows}


def _parsed() -> pl.Expr:
    return pl.col("about").str.json_decode(_ABOUT)


def _chunks(rows: sqlite3.Cursor, schema: dict[str, pl.DataType]) -> Iterator[pl.DataFrame]:
    """Yield rows as tables, at least one; as Python's objects only some of them are held."""
    some = rows.fetchmany(_CHUNK)
    yield pl.DataFrame(some, schema=schema, orient="row")
    while some := rows.fetchmany(_CHUNK):
        yield pl.DataFrame(some, schema=schema, orient="row")
