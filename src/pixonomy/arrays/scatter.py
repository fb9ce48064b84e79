"""External shuffle: lays encoded images into buckets, in the order that shards need them.

A set larger than memory cannot be read in random order: each image would cost a seek, or a
request. So the bytes are copied once, in the order they lie in, each into the bucket of the
shards it belongs to; a bucket is small enough to be read in any order.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pixonomy.arrays.byte_ranges import ByteRanges, Numbers
from pixonomy.arrays.shard import Problems
from pixonomy.dataset.location import PARQUET, Location
from pixonomy.dataset.read import MAX_READ, read_all
from pixonomy.errors import UndecodableImage
from pixonomy.storage.address import Address
from pixonomy.storage.files import read_json, storage_errors, write_json

_BUCKET_BYTES = 256 * 1024**2  # what is read in random order stays in the page cache
TASK_BYTES = 64 * 1024**2  # a worker's memory


@dataclass(frozen=True)
class Scattering:
    """Where each image's bytes go: bucket and offset, int64 (n,) each."""

    folder: Path
    byte_ranges: ByteRanges
    bucket: Numbers
    offset: Numbers

    def buckets(self) -> ByteRanges:
        """Return the byte ranges as they are once all is scattered."""
        names = [bucket_path(self.folder, number) for number in range(int(self.bucket.max()) + 1)]
        # What was no plain range is one now, but for what is still compressed.
        plain = [None if _is_column(one) else one for one in self.byte_ranges.encodings]
        return ByteRanges(
            self.byte_ranges.rows,
            tuple(map(Address, names)),
            self.bucket.astype(np.int32),
            self.offset,
            self.byte_ranges.length,
            tuple(plain),
            self.byte_ranges.encoding,
            (None,) * len(names),
            np.where(self._is_judged_later(), self.byte_ranges.digest, -1),
            self.byte_ranges.checksum,
        )

    def _is_judged_later(self) -> npt.NDArray[np.bool_]:
        """Tell whose bytes are still compressed, so that only then they have the SHA-256."""
        is_packed = [one is not None and not _is_column(one) for one in self.byte_ranges.encodings]
        return np.array(is_packed, bool)[self.byte_ranges.encoding]


@dataclass(frozen=True)
class ScatterTask:
    """A chunk of the files: images that lie next to each other, and where they go."""

    folder: Path
    number: int
    byte_ranges: ByteRanges
    bucket: Numbers
    offset: Numbers


def bucket_path(folder: Path, number: int) -> Path:
    """Return where a bucket lies."""
    return folder / f"bucket-{number:05d}"


def plan_scattering(folder: Path, byte_ranges: ByteRanges, shard_rows: int) -> Scattering:
    """Decide the place of every image; it follows from the byte ranges alone.

    Args:
        byte_ranges: in the order of the shards; every length is known.
        shard_rows: images a shard; a bucket holds whole shards.
    """
    # A length that no image has is refused when it is read; it must not enlarge the buckets.
    length = np.minimum(byte_ranges.length, MAX_READ)
    mean = max(1.0, float(length.mean()))
    shards = max(1, int(_BUCKET_BYTES / (mean * shard_rows)))
    bucket = np.arange(len(byte_ranges)) // (shards * shard_rows)
    by_file = _in_file_order(byte_ranges)
    by_bucket = by_file[np.argsort(bucket[by_file], kind="stable")]
    offset = np.empty(len(byte_ranges), np.int64)
    # Each image begins where all before it, bucket by bucket, end; within its bucket further down.
    offset[by_bucket] = np.cumsum(length[by_bucket]) - length[by_bucket]
    firsts = np.full(int(bucket[-1]) + 1, np.iinfo(np.int64).max)
    np.minimum.at(firsts, bucket, offset)
    return Scattering(folder, byte_ranges, bucket, offset - firsts[bucket])


def scatter_tasks(scattering: Scattering) -> Iterator[ScatterTask]:
    """Cut the images, in the order of the files, into tasks of some 64 MiB."""
    by_file = _in_file_order(scattering.byte_ranges)
    ends = np.cumsum(scattering.byte_ranges.length[by_file])
    cuts = np.flatnonzero(np.diff(ends // TASK_BYTES)) + 1
    for number, places in enumerate(np.split(by_file, cuts)):
        yield ScatterTask(
            scattering.folder,
            number,
            scattering.byte_ranges.part(places),
            scattering.bucket[places],
            scattering.offset[places],
        )


def scatter(task: ScatterTask) -> Problems:
    """Copy the bytes of one chunk to their buckets, unless an earlier run has.

    Returns:
        Why an image could not be read, by its row in the manifest.
    """
    report = task.folder / f"scatter-{task.number:05d}.json"
    found = read_json(report)
    if found is not None:
        return {int(row): str(problem) for row, problem in found.items()}
    # As it lies there: what is compressed stays compressed.
    locations = [_as_it_lies(one) for one in task.byte_ranges.locations()]
    content: list[bytes] = [b""] * len(locations)
    problems: Problems = {}
    for place, data in read_all(locations):
        if isinstance(data, UndecodableImage):
            problems[int(task.byte_ranges.rows[place])] = str(data)
        else:
            content[place] = data
    _write(task, content)
    write_json(report, problems)
    return problems


def _write(task: ScatterTask, content: list[bytes]) -> None:
    """Write to each bucket what belongs there; neighbours in the files are neighbours in it."""
    for number in np.unique(task.bucket).tolist():
        places = np.flatnonzero(task.bucket == number)
        path = bucket_path(task.folder, number)
        with storage_errors(path):
            file = os.open(path, os.O_WRONLY | os.O_CREAT)
            try:
                for run in _runs(task, places, content):
                    first = int(task.offset[run[0]])
                    # At a planned offset: workers write one bucket at once, and a repeated task
                    # writes the same.
                    os.pwrite(file, b"".join(content[place] for place in run), first)
            finally:
                os.close(file)


def _runs(
    task: ScatterTask, places: npt.NDArray[np.intp], content: list[bytes]
) -> list[npt.NDArray[np.intp]]:
    """Cut places where an image that could not be read leaves a hole."""
    lengths = np.array([len(content[place]) for place in places])
    is_gap = task.offset[places][:-1] + lengths[:-1] != task.offset[places][1:]
    return np.split(places, np.flatnonzero(is_gap) + 1)


def _in_file_order(byte_ranges: ByteRanges) -> npt.NDArray[np.intp]:
    return np.lexsort((byte_ranges.offset, byte_ranges.file))


def _as_it_lies(one: Location) -> Location:
    if one.encoding is None or _is_column(one.encoding):
        return one
    # The SHA-256, which goes before what was seen of the file, is that of the unpacked bytes.
    seen = one.seen if one.sha256 is None else None
    return Location(one.image_id, one.file, one.offset, one.length, seen=seen)


def _is_column(encoding: str | None) -> bool:
    return encoding is not None and encoding.startswith(PARQUET)
