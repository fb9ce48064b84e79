"""Reads a manifest's rows in any order, chunk by chunk, however many there are."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from pixonomy.arrays.byte_ranges import Numbers
from pixonomy.storage.tables import scan_parquet, write_parquet

_CHUNK = 500_000  # rows in memory at once
_PLACE = "place in the order"


def shuffle_rows(manifest: Path, order: Numbers, folder: Path) -> Iterator[pl.DataFrame]:
    """Yield the rows of a manifest in `order`.

    Args:
        manifest: a Parquet file of rows.
        order: int64 (n,): row numbers, each at most once.
        folder: where rows of a large manifest wait; the caller removes it.

    Yields:
        The next rows, with all columns; at most half a million.
    """
    chunks = -(-len(order) // _CHUNK)
    if chunks <= 1:
        yield _take(manifest, order)
        return
    _scatter(manifest, order, chunks, folder)
    for chunk in range(chunks):
        parts = sorted(folder.glob(f"rows-{chunk:05d}-*.parquet"))
        pieces = [pl.read_parquet(part) for part in parts]
        yield pl.concat(pieces).sort(_PLACE).drop(_PLACE)


def _take(manifest: Path, order: Numbers) -> pl.DataFrame:
    """Read a few rows; the manifest may be much longer than they are."""
    wanted = np.sort(order)
    end = int(wanted[-1]) + 1 if len(wanted) else 0
    with scan_parquet(manifest) as table:
        pieces = [table.slice(0, 0).collect()]
        for start in range(0, end, _CHUNK):
            first, last = np.searchsorted(wanted, (start, start + _CHUNK))
            pieces.append(table.slice(start, _CHUNK).collect()[wanted[first:last] - start])
    return pl.concat(pieces)[np.searchsorted(wanted, order)]


def _scatter(manifest: Path, order: Numbers, chunks: int, folder: Path) -> None:
    """Read the manifest once, in its own order, and lay each row to its chunk."""
    places = np.full(int(order.max()) + 1, -1)
    places[order] = np.arange(len(order))
    folder.mkdir(parents=True, exist_ok=True)
    with scan_parquet(manifest) as table:
        for piece, start in enumerate(range(0, len(places), _CHUNK)):
            place = places[start : start + _CHUNK]
            rows = table.slice(start, len(place)).collect()
            rows = rows.with_columns(pl.Series(_PLACE, place)).filter(pl.col(_PLACE) >= 0)
            for chunk in range(chunks):
                within = pl.col(_PLACE).is_between(
                    chunk * _CHUNK, (chunk + 1) * _CHUNK, closed="left"
                )
                part = folder / f"rows-{chunk:05d}-{piece:05d}.parquet"
                write_parquet(part, rows.filter(within))
