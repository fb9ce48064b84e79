"""Opens a folder of arrays: its rows, and its images as memory-mapped shards."""

import mmap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import NotRequired, TypedDict

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.dataset.taxonomy import Category, Taxonomy
from pixonomy.errors import SettingError, StorageError
from pixonomy.images.resize import Fit, ResizeSpec
from pixonomy.storage.files import printable, read_json, storage_errors
from pixonomy.storage.tables import read_parquet

ARRAYS_FILE = "arrays.json"
ROWS_FILE = "rows.parquet"
PROBLEMS_FILE = "problems.parquet"

Images = npt.NDArray[np.uint8]
"""uint8, shape (n, 3, size, size), RGB."""

Rows = npt.NDArray[np.int64]
"""Row numbers, int64, shape (n,)."""

# NumPy parses headers by `ast`, where two threads at once can fail in Python 3.11.0 to 3.11.7
# (CPython issue 106905): a whole shard was called damaged.
_PARSING = Lock()

OPEN_SHARDS = 128  # maps kept open: each takes a file descriptor, of which a process has few


def shard_path(folder: Path, size: int, shard: int) -> Path:
    """Return where the shard of that number lies for images of `size` pixels."""
    return folder / str(size) / f"images-{shard:05d}.npy"


class ArraysRecord(TypedDict):
    """What `arrays.json` says; arrays of an earlier Pixonomy do not say all of it."""

    sizes: list[int]
    fit: Fit
    rows: int
    shards: list[int]
    fingerprint: Mapping[str, object]
    manifest: NotRequired[str]
    base: NotRequired[str]
    taxonomy: NotRequired[object]  # see `Taxonomy.as_json`
    names: NotRequired[dict[str, str]]  # of labels; in earlier ones, as `paths`
    paths: NotRequired[dict[str, list[str]]]


@dataclass(frozen=True)
class Arrays:
    """Decoded images of one or more sizes and the rows they belong to.

    Attributes:
        rows: the manifest's rows, in the order of the images.
        problems: the manifest's rows that are left out, each with its `problem`.
        about: the content of `arrays.json`.
    """

    folder: Path
    rows: pl.DataFrame
    problems: pl.DataFrame
    about: ArraysRecord

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes at hand, in pixels."""
        return tuple(self.about["sizes"])

    @cached_property
    def taxonomy(self) -> Taxonomy | None:
        """The tree that the labels belong to, where the manifest has one.

        Raises:
            DataError: if what is stored is none.
        """
        if "taxonomy" not in self.about:
            return _read_older(self.about.get("names", {}), self.about.get("paths", {}))
        stored = self.about["taxonomy"]
        return None if stored is None else Taxonomy.from_json(stored)

    def images(self, size: int) -> "ImageShards":
        """Open the images of one size.

        Raises:
            SettingError: naming the sizes at hand, if there is none of this size.
        """
        if size not in self.sizes:
            raise SettingError(
                f"{printable(self.folder)} has no pictures of {size} px; it has "
                f"{', '.join(map(str, self.sizes))} px. Run `pixonomy prepare --size {size}`."
            )
        return ImageShards(
            self.folder, ResizeSpec(size, self.about["fit"]), tuple(self.about["shards"])
        )

    def of_split(self, split: str) -> Rows:
        """Return the row numbers of a split, in the order of the rows."""
        return (self.rows["split"] == split).arg_true().to_numpy().astype(np.int64)


@dataclass(frozen=True)
class ImageShards:
    """The images of one size, memory-mapped; image i belongs to row i.

    Safe to be read by several threads.
    """

    folder: Path
    resize_spec: ResizeSpec
    shard_rows: tuple[int, ...]

    @cached_property
    def starts(self) -> Rows:
        """The first row of each shard, and the number of rows at the end."""
        return np.concatenate(([0], np.cumsum(self.shard_rows))).astype(np.int64)

    @property
    def image_bytes(self) -> int:
        """The bytes of one image."""
        return 3 * self.resize_spec.size**2

    @cached_property
    def shard(self) -> Callable[[int], Images]:
        """Return the map of the shard of that number, read-only; the latest few stay open.

        Raises:
            StorageError: if its file is missing, damaged or not of this size and length.
        """
        # Made of the parts: a bound method would keep `self`, and with it all maps, alive.
        opened = partial(_map_shard, self.folder, self.resize_spec.size, self.shard_rows)
        return lru_cache(OPEN_SHARDS)(opened)

    def gather(self, rows: Rows) -> Images:
        """Copy the images of these rows into one array, uint8 (n, 3, size, size).

        Neighbours that lie in one shard are copied in one go: ascending rows are fastest.

        Raises:
            IndexError: if a row is not among the images.
            StorageError: if a shard cannot be read.
        """
        size = self.resize_spec.size
        batch = np.empty((len(rows), 3, size, size), np.uint8)
        if not len(rows):
            return batch
        shards = np.searchsorted(self.starts, rows, "right") - 1
        if not 0 <= shards.min() <= shards.max() < len(self.shard_rows):
            raise IndexError(f"rows {rows.min()} to {rows.max()} of {self.starts[-1]} pictures")
        places = rows - self.starts[shards]
        changes = np.flatnonzero(np.diff(shards)) + 1
        for start, stop in pairwise((0, *changes.tolist(), len(rows))):
            shard = self.shard(int(shards[start]))
            # Mode "raise" would check each row again and copy through a buffer.
            np.take(shard, places[start:stop], 0, out=batch[start:stop], mode="clip")
        return batch


def _read_older(names: Mapping[str, str], paths: Mapping[str, Sequence[str]]) -> Taxonomy | None:
    """Return the tree that arrays held once as names and paths of the labels alone."""
    categories: dict[str, Category] = {}
    for label, name in names.items():
        *above, _ = paths.get(label) or [label]
        parent: str | None = None
        for one in above:
            own = one.removeprefix(f"{parent} / ")  # a branch was called by all above it, too
            categories.setdefault(one, Category(one, own, parent))
            parent = one
        categories[label] = Category(label, name, parent)
    return Taxonomy(categories) if categories else None


def _map_shard(folder: Path, size: int, shard_rows: Sequence[int], shard: int) -> Images:
    path = shard_path(folder, size, shard)
    expected = (shard_rows[shard], 3, size, size)
    with storage_errors(path):
        try:
            with _PARSING:
                mapped = np.lib.format.open_memmap(path, mode="r")
        except OSError:
            raise
        except Exception as error:  # a damaged header raises half a dozen kinds
            raise _damaged(path, folder, str(error)) from error
    if mapped.shape != expected or mapped.dtype != np.uint8:
        found = f"{mapped.dtype} {mapped.shape}"
        raise _damaged(path, folder, f"it holds {found}, not uint8 {expected}")
    memory: object = mapped.base
    if hasattr(mmap, "MADV_WILLNEED") and isinstance(memory, mmap.mmap):
        # Random picks from a cold disk crawl; nearly always the whole shard is wanted anyway.
        memory.madvise(mmap.MADV_WILLNEED)
    return np.asarray(mapped)


def _damaged(path: Path, folder: Path, reason: str) -> StorageError:
    return StorageError(
        f"{printable(path)} is damaged: {reason}. "
        f"Remove {printable(folder)} and run `pixonomy prepare` again."
    )


def read_arrays(folder: Path) -> Arrays:
    """Open a folder of arrays.

    Raises:
        SettingError: if there is none, or it is unfinished, or this is a file.
        StorageError: if it cannot be read or is damaged.
    """
    if folder.is_file():
        name = printable(folder)
        raise SettingError(
            f"{name} is a file, not a folder of arrays; where it is a manifest with splits, run "
            f"`pixonomy prepare {name} --size 64 -o ARRAYS` first, then give ARRAYS."
        )
    about: ArraysRecord | None = read_json(folder / ARRAYS_FILE)
    if about is None:
        raise SettingError(
            f"{printable(folder)} holds no finished arrays. `pixonomy prepare` makes them."
        )
    rows, problems = (read_parquet(folder / name) for name in (ROWS_FILE, PROBLEMS_FILE))
    return Arrays(folder, rows, problems, about)
