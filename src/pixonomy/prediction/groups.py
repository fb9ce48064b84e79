"""Orders a manifest's rows group after group and cuts them into parts of whole groups."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

_ROW, _FIRST = "row?", "first row?"  # the names of no column


@dataclass(frozen=True)
class Part:
    """Whole groups that stand together: how many, and their rows from `start` to before `end`."""

    start: int
    end: int
    groups: int


@dataclass(frozen=True)
class GroupedRows:
    """Rows of which those of one group stand together.

    Attributes:
        rows: to be read piece by piece.
        starts: the first row of each group, and the number of rows at the end, int64.
    """

    rows: pl.LazyFrame
    starts: npt.NDArray[np.int64]

    @property
    def height(self) -> int:
        """The number of rows."""
        return int(self.starts[-1])

    def chunks_of(self, size: int) -> list[Part]:
        """Return parts of `size` rows or, where a group needs it, more; at least one, if empty."""
        parts, first, groups = [], 0, len(self.starts) - 1
        while first < groups:
            start = int(self.starts[first])
            after = min(int(np.searchsorted(self.starts, start + size)), groups)
            parts.append(Part(start, int(self.starts[after]), after - first))
            first = after
        return parts or [Part(0, 0, 0)]


def group_rows(rows: pl.LazyFrame) -> GroupedRows:
    """Return the rows with those of one group together, groups in the order of their first rows.

    Rows that stand so already, as those of a catalogue do, are not read; others are sorted in
    memory.
    """
    starts, is_torn = _find_starts(rows)
    if is_torn:
        first = pl.col(_ROW).min().over("group_id").alias(_FIRST)
        ordered = rows.with_row_index(_ROW).with_columns(first).sort(_FIRST, _ROW)
        rows = ordered.drop(_FIRST, _ROW).collect().lazy()
        starts, _ = _find_starts(rows)
    return GroupedRows(rows, starts)


def _find_starts(rows: pl.LazyFrame) -> tuple[npt.NDArray[np.int64], bool]:
    """Return `GroupedRows.starts`, and whether a group stands in several places."""
    ids = rows.select("group_id").collect()["group_id"]
    is_start = ids.ne_missing(ids.shift()).to_numpy(writable=True)
    is_start[:1] = True  # whatever it is compared with
    starts = np.flatnonzero(is_start)
    return np.append(starts, len(ids)), ids.n_unique() < len(starts)
