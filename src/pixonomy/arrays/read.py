"""A folder of arrays goes in; pictures come out, in an order that `(seed, epoch)` alone decides."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.errors import SettingError
from pixonomy.files import printable, read_json, read_parquet
from pixonomy.images.resize import Framing

ARRAYS_FILE = "arrays.json"
ROWS_FILE = "rows.parquet"
PROBLEMS_FILE = "problems.parquet"

Images = npt.NDArray[np.uint8]
"""uint8, shape (n, 3, size, size), RGB."""

_WINDOW_BYTES = 512 * 1024**2  # shards shuffled together: random access stays within this much


def shard_path(folder: Path, size: int, shard: int) -> Path:
    """Return where the shard of that number lies for pictures of `size` pixels."""
    return folder / str(size) / f"images-{shard:05d}.npy"


@dataclass(frozen=True)
class Arrays:
    """Decoded pictures of one or more sizes and the rows they belong to.

    Attributes:
        rows: the manifest's rows, in the order of the pictures.
        problems: the manifest's rows that are left out, each with its `problem`.
        about: the content of `arrays.json`.
    """

    folder: Path
    rows: pl.DataFrame
    problems: pl.DataFrame
    about: dict[str, Any]

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes at hand, in pixels."""
        return tuple(self.about["sizes"])

    def pictures(self, size: int) -> "Pictures":
        """Open the pictures of one size.

        Raises:
            SettingError: naming the sizes at hand, if there is none of this size.
        """
        if size not in self.sizes:
            raise SettingError(
                f"{printable(self.folder)} has no pictures of {size} px; it has "
                f"{', '.join(map(str, self.sizes))} px. Run `pixonomy prepare --size {size}`."
            )
        return Pictures(self.folder, Framing(size, self.about["fit"]), tuple(self.about["shards"]))

    def of_split(self, split: str) -> npt.NDArray[np.int64]:
        """Return the row numbers of a split, in the order of the rows."""
        return (self.rows["split"] == split).arg_true().to_numpy().astype(np.int64)


@dataclass(frozen=True)
class Pictures:
    """The pictures of one size, memory-mapped; picture i belongs to row i."""

    folder: Path
    framing: Framing
    shard_rows: tuple[int, ...]

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """The first row of each shard, and the number of rows at the end."""
        return np.concatenate(([0], np.cumsum(self.shard_rows))).astype(np.int64)

    @cached_property
    def shards(self) -> list[Images]:
        """One memory-mapped array a shard."""
        size = self.framing.size
        count = len(self.shard_rows)
        return [
            np.load(shard_path(self.folder, size, shard), mmap_mode="r" if rows else None)
            for shard, rows in zip(range(count), self.shard_rows, strict=True)
        ]

    def gather(self, rows: npt.NDArray[np.int64]) -> Images:
        """Copy the pictures of these rows into one array, uint8 (n, 3, size, size)."""
        size = self.framing.size
        batch = np.empty((len(rows), 3, size, size), np.uint8)
        shards = np.searchsorted(self.starts, rows, "right") - 1
        for place, (shard, row) in enumerate(zip(shards, rows, strict=True)):
            batch[place] = self.shards[shard][row - self.starts[shard]]
        return batch

    def shuffle(self, rows: npt.NDArray[np.int64], seed: int, epoch: int) -> npt.NDArray[np.int64]:
        """Order rows for one pass: shards in random order, rows shuffled in windows of shards.

        The order depends on its arguments alone, so a resumed pass reads on where it was.
        """
        generator = np.random.default_rng([seed, epoch])
        shard_of_row = np.searchsorted(self.starts, rows, "right") - 1
        order = generator.permutation(len(self.shard_rows))
        largest = max(self.shard_rows, default=1) * 3 * self.framing.size**2
        window = max(1, _WINDOW_BYTES // max(1, largest))
        stretches = [
            generator.permutation(rows[np.isin(shard_of_row, order[start : start + window])])
            for start in range(0, len(order), window)
        ]
        return np.concatenate(stretches) if stretches else rows


def read_arrays(folder: Path) -> Arrays:
    """Open a folder of arrays.

    Raises:
        SettingError: if there is none, or it is unfinished.
        StorageError: if it cannot be read or is damaged.
    """
    about = read_json(folder / ARRAYS_FILE)
    if about is None:
        raise SettingError(
            f"{printable(folder)} holds no finished arrays. `pixonomy prepare` makes them."
        )
    rows, problems = (read_parquet(folder / name) for name in (ROWS_FILE, PROBLEMS_FILE))
    return Arrays(folder, rows, problems, about)
