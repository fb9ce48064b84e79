import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pixonomy.arrays.byte_ranges import ByteRanges
from pixonomy.arrays.image_shards import shard_path
from pixonomy.arrays.shard import ShardTask, write_shard
from pixonomy.images.resize import ResizeSpec, frame
from pixonomy.storage.address import Address

FRAMINGS = (ResizeSpec(16), ResizeSpec(24, "pad"))


@pytest.fixture
def task(tmp_path: Path, write_images: Callable[..., Path]) -> ShardTask:
    folder = write_images(tmp_path / "pictures", 3)
    files = sorted(folder.glob("*/*.jpg"))
    count = len(files)
    ranges = ByteRanges(
        np.arange(count) + 100,
        tuple(map(Address, files)),
        np.arange(count, dtype=np.int32)[::-1].copy(),
        np.zeros(count, np.int64),
        np.full(count, -1),
        (None,),
        np.zeros(count, np.int32),
        (None,) * len(files),
        np.full(count, -1),
        np.zeros(count, np.uint32),
    )
    return ShardTask(tmp_path / "out", 3, ranges, FRAMINGS)


def stored(task: ShardTask, resize_spec: ResizeSpec) -> np.ndarray:
    return np.asarray(np.load(shard_path(task.folder, resize_spec.size, task.shard)))


def test_each_picture_stands_at_the_place_of_its_row_in_every_size(task: ShardTask) -> None:
    assert write_shard(task) == {}
    for resize_spec in FRAMINGS:
        paths = [Path(str(one.file)) for one in task.ranges.locations()]
        wanted = [frame(path.read_bytes(), resize_spec) for path in paths]
        assert np.array_equal(stored(task, resize_spec), np.stack(wanted))


def test_broken_pictures_are_left_out_and_told_by_their_row(task: ShardTask) -> None:
    broken = Path(str(task.ranges.locations()[2].file))
    broken.write_bytes(b"broken")
    assert write_shard(task) == {102: "not a picture in a known format"}
    assert len(stored(task, FRAMINGS[0])) == len(task.ranges) - 1
    assert write_shard(task) == {102: "not a picture in a known format"}, "read from its report"


def test_a_finished_shard_is_not_written_again(task: ShardTask) -> None:
    write_shard(task)
    before = shard_path(task.folder, 16, 3).stat().st_mtime_ns
    write_shard(task)
    assert shard_path(task.folder, 16, 3).stat().st_mtime_ns == before


@pytest.mark.parametrize("left", [0, 100, -1])
def test_a_shard_that_a_power_cut_has_shortened_is_written_anew(task: ShardTask, left: int) -> None:
    write_shard(task)
    path = shard_path(task.folder, 24, 3)
    whole = path.read_bytes()
    path.write_bytes(whole[:left])
    write_shard(task)
    assert path.read_bytes() == whole


def test_the_report_is_plain_json(task: ShardTask) -> None:
    write_shard(task)
    assert json.loads(task.report.read_text()) == {"rows": len(task.ranges), "problems": {}}
