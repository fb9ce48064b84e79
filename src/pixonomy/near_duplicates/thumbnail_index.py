"""The thumbnails and embeddings of all images that take part, mapped from a file.

Millions of thumbnails do not fit in memory: they are laid into a file of this process's own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.images.descriptor import THUMBNAIL_SIDE
from pixonomy.near_duplicates.dct_vectors import Thumbnails, to_thumbnails
from pixonomy.near_duplicates.windows import Floats
from pixonomy.storage.files import partial_path, remove, storage_errors
from pixonomy.storage.tables import scan_parquet

_SLICE = 50_000  # rows read at once
_SAMPLE = 20_000  # embeddings that decide which of their directions matter
_DIRECTIONS = 96

Embeddings = npt.NDArray[np.floating]


@dataclass(frozen=True)
class ThumbnailIndex:
    """What is known of all images that take part.

    Attributes:
        rows: int64 (n,), the number of each one's row in the image statistics.
        thumbnails: uint8 (n, 1024), mapped.
        path: of the file they lie in; see `map_thumbnails`.
        embeddings: returns those of some images (start, end), float32 (m, d) of unit length.
    """

    rows: npt.NDArray[np.int64]
    thumbnails: Thumbnails
    path: Path
    embeddings: Callable[[int, int], Floats] | None = None


@contextmanager
def open_thumbnail_index(
    statistics: Path, embeddings: Embeddings | None
) -> Iterator[ThumbnailIndex]:
    """Gather what is known of images; the file that holds it is gone when the block ends.

    Args:
        statistics: the image statistics, a Parquet file with columns sha256 and descriptor.
            Rows without them take no part, and of equal sha256 the first stands for all.
        embeddings: (rows of that file, d), or None.
    """
    rows = _read_rows(statistics)
    path = partial_path(statistics.with_name(f"{statistics.name}.thumbnails"))
    try:
        with storage_errors(path):
            thumbnails = _lay(statistics, rows, path) if len(rows) else _no_thumbnails()
        reader = _reader(embeddings, rows) if embeddings is not None and len(rows) else None
        yield ThumbnailIndex(rows, thumbnails, path, reader)
    finally:
        remove(path)


def map_thumbnails(path: Path) -> Thumbnails:
    """Map the thumbnails that another process has laid into a file: uint8 (n, 1024)."""
    with storage_errors(path):
        return np.memmap(path, np.uint8, "r").reshape(-1, THUMBNAIL_SIDE**2)


def _read_rows(statistics: Path) -> npt.NDArray[np.int64]:
    with scan_parquet(statistics) as table:
        known = (
            table.select("sha256", has_descriptor=pl.col("descriptor").is_not_null())
            .with_row_index("row")
            .filter("has_descriptor", pl.col("sha256").is_not_null())
            .group_by("sha256")
            .agg(pl.col("row").min())
            .select(pl.col("row").sort())
            .collect()
        )
    return known["row"].to_numpy().astype(np.int64)


def _lay(statistics: Path, rows: npt.NDArray[np.int64], path: Path) -> Thumbnails:
    shape = (len(rows), THUMBNAIL_SIDE**2)
    thumbnails: Thumbnails = np.memmap(path, np.uint8, "w+", shape=shape)
    with scan_parquet(statistics) as table:
        for first in range(0, int(rows[-1]) + 1, _SLICE):
            start, end = np.searchsorted(rows, [first, first + _SLICE])
            some = table.slice(first, _SLICE).select("descriptor").collect()["descriptor"]
            wanted = some.gather(rows[start:end] - first)
            thumbnails[start:end] = to_thumbnails(wanted.to_list())
    return thumbnails


def _no_thumbnails() -> Thumbnails:
    return np.empty((0, THUMBNAIL_SIDE**2), np.uint8)


def _reader(embeddings: Embeddings, rows: npt.NDArray[np.int64]) -> Callable[[int, int], Floats]:
    """Return what reads embeddings, reduced to the directions in which they differ most."""
    sample = _unit(embeddings[rows[:: max(1, len(rows) // _SAMPLE)]])
    middle = sample.mean(0)
    # Principal directions of a sample, the widest last; fewer numbers make the index small.
    _, directions = np.linalg.eigh(np.cov(sample - middle, rowvar=False))
    components = directions[:, ::-1][:, :_DIRECTIONS].astype(np.float32)

    def read(start: int, end: int) -> Floats:
        return _unit((_unit(embeddings[rows[start:end]]) - middle) @ components)

    return read


def _unit(vectors: Embeddings) -> Floats:
    values = np.asarray(vectors, np.float32)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.maximum(lengths, 1e-6), np.float32)
