"""Measures the images behind a manifest's rows batch by batch, on all cores, in the rows' order."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.auditing.earlier import Known, are_known, make_keys, read_times
from pixonomy.auditing.examine import (
    MEASURED,
    ExaminedImages,
    ExamineTask,
    examine_images,
)
from pixonomy.dataset.location import LOCATED, PLACED, locate
from pixonomy.executors.local import run
from pixonomy.images.embedding import Embedder
from pixonomy.progress import Context
from pixonomy.storage.tables import scan_parquet

_CHUNK = 64  # images a task: a fraction of a second of work
_FEW = 4 * _CHUNK  # not worth spawning processes for, which costs about a second

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Batches:
    """Where the rows come from, and what is known of their images.

    Attributes:
        base: what relative addresses hang from.
        count: rows of the manifest.
        part_rows: rows a batch.
        earlier: audits whose knowledge is used, the first that has some.
    """

    manifest: Path
    base: Path
    count: int
    part_rows: int
    embedder: Embedder | None
    earlier: Sequence[Known]

    def read(self, number: int) -> "Part":
        """Read one batch and find out which of its images have to be looked at."""
        start = number * self.part_rows
        with scan_parquet(self.manifest) as table:
            some = table.slice(start, self.part_rows)
            rows = some.select(LOCATED, "problem").collect()
        times = read_times(rows, self.base)
        part = Part(start, rows, times, _nothing(rows.height, self.embedder))
        is_pending = rows["problem"].is_null().to_numpy().copy()
        keys = make_keys(rows.select(*PLACED), self.base)
        for known in self.earlier:
            found = np.where(is_pending, known.find(keys), -1)
            places = part.take(known, np.flatnonzero(found >= 0), found[found >= 0])
            is_pending[places] = False
        part.pending = _in_file_order(rows, np.flatnonzero(is_pending))
        return part


@dataclass
class Part:
    """A batch of rows on the way to being known.

    Attributes:
        start: the number of its first row.
        rows: the columns `LOCATED` of the manifest.
        times: when their files were last written; see `read_times`.
        pending: places in it whose images have to be looked at, in the order of their files.
        looked_at, known: how many images were, or need not be, looked at.
    """

    start: int
    rows: pl.DataFrame
    times: pl.Series
    embeddings: npt.NDArray[np.float16]
    pending: Rows = field(default_factory=lambda: np.zeros(0, np.int64))
    looked_at: int = 0
    known: int = 0
    _measured: list[pl.DataFrame] = field(default_factory=list)
    _places: list[Rows] = field(default_factory=list)

    def take(self, known: Known, places: Rows, rows: Rows) -> Rows:
        """Take over what an earlier audit knows, in its `rows`, of the images at `places`.

        Returns:
            Those of the places whose files are the ones that that audit saw.
        """
        if not places.size:
            return places
        measured = known.read(rows)
        is_same = are_known(self.rows[places], self.times[places], measured)
        places, rows = places[is_same.to_numpy()], rows[is_same.to_numpy()]
        self._add(places, measured.filter(is_same))
        self.known += places.size
        if known.embeddings is not None:
            self.embeddings[places] = known.embeddings[rows]
        return places

    def see(self, seen: ExaminedImages) -> None:
        """Take what was seen of the next pending images."""
        count = seen.measured.height
        places = self.pending[self.looked_at : self.looked_at + count]
        self._add(places, seen.measured)
        self.looked_at += count
        if self.embeddings.shape[1]:
            self.embeddings[places] = seen.embeddings

    @property
    def is_whole(self) -> bool:
        """Whether all its images are known."""
        return self.looked_at == self.pending.size

    @property
    def table(self) -> pl.DataFrame:
        """All its rows with all that is known of them; nulls where nobody was to look."""
        places = np.concatenate([np.zeros(0, np.int64), *self._places])
        measured = pl.concat([pl.DataFrame(schema=MEASURED), *self._measured])
        measured = measured.with_columns(place=pl.Series(places, dtype=pl.Int64))
        etag = "etag" if "etag" in self.rows.columns else pl.lit(None, pl.String).alias("etag")
        rows = self.rows.select(
            "image_id", *PLACED, self.times, etag, place=pl.int_range(pl.len(), dtype=pl.Int64)
        )
        return rows.join(measured, on="place", how="left", maintain_order="left").drop("place")

    def _add(self, places: Rows, measured: pl.DataFrame) -> None:
        self._places.append(places)
        self._measured.append(measured.select(*MEASURED))


def measure_batches(batches: Batches, done: int, context: Context) -> Iterator[Part]:
    """Look at the images behind the first `done` batches; yield the others in order."""
    waiting: deque[Part] = deque()
    total = max(1, -(-batches.count // batches.part_rows))

    def tasks() -> Iterator[ExamineTask]:
        for number in range(done, total):
            part = batches.read(number)
            waiting.append(part)
            located = locate(part.rows[part.pending], batches.base)
            for start in range(0, len(located), _CHUNK):
                yield ExamineTask(located[start : start + _CHUNK], batches.embedder)

    few = batches.count <= _FEW
    for seen in run(examine_images, tasks(), 1 if few else context.cores):
        while waiting[0].is_whole:  # nothing in it was to be looked at
            yield waiting.popleft()
        part = waiting[0]
        part.see(seen)
        context.progress("looking at pictures", part.start + part.looked_at, batches.count)
        if part.is_whole:
            yield waiting.popleft()
    yield from waiting
    context.progress("looking at pictures", batches.count, batches.count)


def _nothing(count: int, embedder: Embedder | None) -> npt.NDArray[np.float16]:
    return np.zeros((count, embedder.dimensions if embedder else 0), np.float16)


def _in_file_order(rows: pl.DataFrame, places: Rows) -> Rows:
    """Order places by file and offset: neighbours in a file are then read together."""
    some = rows.select("uri", pl.coalesce("offset", pl.lit(0)), place=pl.int_range(pl.len()))
    return some[places].sort("uri", "offset", "place")["place"].to_numpy()
