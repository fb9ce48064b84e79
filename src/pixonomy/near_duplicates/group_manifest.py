"""Reads a manifest with its duplicate groups, found first where that takes minutes."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pixonomy.dataset.manifest import COLUMNS, Manifest, read_manifest
from pixonomy.near_duplicates.hashes import group_duplicates
from pixonomy.progress import Context
from pixonomy.storage.tables import scan_parquet

HASHED_AT_MOST = 100_000
"""How many images are read to look for duplicates: minutes of work. The millions of a catalogue
take an hour or more, which is for `audit`."""


def read_grouped(path: Path, columns: Sequence[str], context: Context) -> Manifest:
    """Read the columns that matter; look for duplicates where that takes minutes.

    Whoever hashed millions of images has marked their duplicates, so those marks are taken.

    Args:
        columns: what is read of a long manifest; of a short one all of `COLUMNS` are, too.
    """
    rows, unhashed = count_unhashed(path)
    if max(unhashed, 0 if unhashed else rows) > HASHED_AT_MOST:
        return read_manifest(path, columns)
    known = read_manifest(path, tuple(dict.fromkeys((*COLUMNS, *columns))))
    return group_duplicates(known, context.cores, context.progress)


def count_unhashed(path: Path) -> tuple[int, int]:
    """Return the number of usable rows, and of those that nobody has hashed yet."""
    with scan_parquet(path) as rows:
        usable = rows.filter(pl.col("problem").is_null()).select("sha256")
        counts = usable.select(pl.len(), unhashed=pl.col("sha256").null_count())
        total, unhashed = counts.collect(engine="streaming").row(0)
    return total, unhashed
