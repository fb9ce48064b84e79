"""Makes one shard: decodes and resizes its images in every size."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pixonomy.arrays.byte_ranges import ByteRanges
from pixonomy.arrays.image_shards import shard_path
from pixonomy.dataset.read import read_all
from pixonomy.errors import UndecodableImage
from pixonomy.images.resize import ResizeSpec, frame_into
from pixonomy.storage.files import read_json, write_aside, write_json

Problems = dict[int, str]
"""Why an image is left out, by its row in the manifest."""

_HEADER_BYTES = 128  # of a .npy file of this shape


@dataclass(frozen=True)
class ShardTask:
    """One shard of every size: `ranges` in the order of its rows."""

    folder: Path
    shard: int
    ranges: ByteRanges
    resize_specs: tuple[ResizeSpec, ...]

    @property
    def report(self) -> Path:
        """The file that is written last: the shard is whole."""
        return self.folder / f"shard-{self.shard:05d}.json"


def write_shard(task: ShardTask) -> Problems:
    """Decode and resize a shard's images in every size, unless an earlier run has.

    Images are read in the order of the files, whatever the order of the rows.
    """
    found = _read_report(task)
    if found is not None:
        return found
    count = len(task.ranges)
    buffers = [np.empty((count, 3, one.size, one.size), np.uint8) for one in task.resize_specs]
    problems: dict[int, str] = {}
    for place, data in read_all(task.ranges.locations()):
        try:
            if isinstance(data, UndecodableImage):
                raise data
            frame_into(data, task.resize_specs, [buffer[place] for buffer in buffers])
        except UndecodableImage as error:
            problems[place] = str(error)
    is_good = np.ones(count, bool)
    is_good[list(problems)] = False
    for resize_spec, buffer in zip(task.resize_specs, buffers, strict=True):
        path = shard_path(task.folder, resize_spec.size, task.shard)
        _save(path, buffer[is_good] if problems else buffer)
    by_row = {int(task.ranges.rows[place]): problem for place, problem in problems.items()}
    write_json(task.report, {"rows": count, "problems": by_row})
    return by_row


def _save(path: Path, images: npt.NDArray[np.uint8]) -> None:
    # Not flushed: a worker that waits for the disk decodes nothing. `write_arrays` flushes all.
    with write_aside(path, is_flushed=False) as partial, partial.open("wb") as file:
        np.save(file, images)
        file.flush()
        if hasattr(os, "posix_fadvise"):  # begin to write now, not all at the end
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _read_report(task: ShardTask) -> Problems | None:
    """Return the problems of a finished shard; None if it is not finished, or not whole."""
    report = read_json(task.report)
    if report is None:
        return None
    problems = {int(row): str(problem) for row, problem in report["problems"].items()}
    count = report["rows"] - len(problems)
    return problems if _are_whole(task.folder, task.shard, count, task.resize_specs) else None


def _are_whole(folder: Path, shard: int, count: int, resize_specs: Sequence[ResizeSpec]) -> bool:
    """Return whether all of a shard's files are there in full: a power cut can leave less."""
    for resize_spec in resize_specs:
        path = shard_path(folder, resize_spec.size, shard)
        if (
            not path.exists()
            or path.stat().st_size != _HEADER_BYTES + count * 3 * resize_spec.size**2
        ):
            return False
    return True
