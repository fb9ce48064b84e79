"""What `index` saw of a file, and whether the file is still in that state."""

import hashlib
from dataclasses import dataclass

import polars as pl

CHANGED = "the file was changed since it was indexed: run `pixonomy index` again"
"""The problem of an image whose file is another than the one that was indexed."""

MISSING = "the file is missing"
"""The problem of an image whose file is not there."""

SEEN_COLUMNS = ("modified_ns", "etag", "indexed_ns")
"""The manifest's columns that a `Seen` is made from, in the order of its attributes."""

SKEW_NS = 2 * 10**9
"""By which the clock of a file server, or the grain of its times, may be off."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What `index` saw of the file that holds an image; None where it did not look.

    Attributes:
        modified_ns: when the file was last written, ns since 1970 (`st_mtime_ns`).
        etag: the ETag of an object.
        indexed_ns: when `index` looked, ns since 1970; where it looked at the table alone.
    """

    modified_ns: int | None = None
    etag: str | None = None
    indexed_ns: int | None = None

    def is_of(self, modified_ns: int | None, etag: str | None) -> bool:
        """Return whether a file that is in this state now may be the one that was seen."""
        if self.etag is not None and etag is not None:
            return self.etag == etag
        if modified_ns is None:
            return True
        if self.modified_ns is not None:
            return self.modified_ns == modified_ns
        return self.indexed_ns is None or modified_ns <= self.indexed_ns + SKEW_NS


def note(rows: pl.DataFrame, uri: str, seen: Seen) -> pl.DataFrame:
    """Add `SEEN_COLUMNS` to the rows of a source.

    Args:
        uri: of the source: images in it are as old as the file is. Those in other files were
            not looked at; a file of them that is written after `seen.indexed_ns` was changed.
    """
    is_inside = pl.col("uri") == uri
    return rows.with_columns(
        pl.when(is_inside).then(pl.lit(seen.modified_ns, pl.Int64)).alias("modified_ns"),
        pl.when(is_inside).then(pl.lit(seen.etag, pl.String)).alias("etag"),
        pl.when(~is_inside).then(pl.lit(seen.indexed_ns, pl.Int64)).alias("indexed_ns"),
    )


def to_seen(rows: pl.DataFrame) -> list[Seen | None]:
    """Return what was seen of the rows' files, as far as they have `SEEN_COLUMNS`."""
    lacking = [pl.lit(None).alias(name) for name in SEEN_COLUMNS if name not in rows.columns]
    states = rows.with_columns(lacking).select(SEEN_COLUMNS)
    return [
        Seen(*state) if any(one is not None for one in state) else None
        for state in states.iter_rows()
    ]


def has_digest(data: bytes, digest: str) -> bool:
    """Return whether the SHA-256 of some bytes is, or begins with, these hexadecimal digits."""
    return hashlib.sha256(data).hexdigest().startswith(digest.lower())
