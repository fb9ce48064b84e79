from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.arrays import scatter as module
from pixonomy.arrays.byte_ranges import ByteRanges
from pixonomy.arrays.scatter import bucket_path, plan_scattering, scatter, scatter_tasks
from pixonomy.dataset.read import read_all
from pixonomy.errors import UndecodableImage
from pixonomy.storage.address import Address


def make_extents(files: list[Path], lengths: list[list[int]], seed: int) -> ByteRanges:
    """Lay ranges one behind another in each file, and mix them."""
    file, offset, length = [], [], []
    for number, ranges in enumerate(lengths):
        ends = np.cumsum(ranges, dtype=np.int64)
        file += [number] * len(ranges)
        offset += (ends - ranges).tolist()
        length += ranges
    count = len(file)
    whole = ByteRanges(
        np.arange(count),
        tuple(map(Address, files)),
        np.array(file, np.int32),
        np.array(offset, np.int64),
        np.array(length, np.int64),
        (None,),
        np.zeros(count, np.int32),
        (None,) * len(files),
        np.full(count, -1),
        np.zeros(count, np.uint32),
    )
    return whole.take(np.random.default_rng(seed).permutation(count))


def scatter_all(
    work: Path, byte_ranges: ByteRanges, shard_rows: int
) -> tuple[ByteRanges, dict[int, str]]:
    work.mkdir(exist_ok=True)
    scattering = plan_scattering(work, byte_ranges, shard_rows)
    problems: dict[int, str] = {}
    for task in scatter_tasks(scattering):
        problems |= scatter(task)
    return scattering.buckets(), problems


def contents(byte_ranges: ByteRanges) -> list[bytes | str]:
    found: list[bytes | str] = [""] * len(byte_ranges)
    for place, data in read_all(byte_ranges.locations()):
        found[place] = str(data) if isinstance(data, UndecodableImage) else data
    return found


LENGTHS = st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=30), min_size=1, max_size=3)


@settings(max_examples=60, deadline=None)
@given(LENGTHS, st.integers(1, 9), st.integers(1, 400), st.integers(1, 300), st.integers(0, 9))
def test_every_picture_is_found_again_whatever_the_buckets_and_tasks(
    tmp_path_factory: pytest.TempPathFactory,
    lengths: list[list[int]],
    shard_rows: int,
    bucket_bytes: int,
    task_bytes: int,
    seed: int,
) -> None:
    folder = tmp_path_factory.mktemp("scatter")
    generator = np.random.default_rng(seed)
    files = [folder / f"source {number}" for number in range(len(lengths))]
    for file, ranges in zip(files, lengths, strict=True):
        file.write_bytes(generator.bytes(sum(ranges)))
    byte_ranges = make_extents(files, lengths, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BUCKET_BYTES", bucket_bytes)
        patch.setattr(module, "TASK_BYTES", task_bytes)
        buckets, problems = scatter_all(folder / "work", byte_ranges, shard_rows)
    assert problems == {}
    assert contents(buckets) == contents(byte_ranges)
    assert (buckets.rows == byte_ranges.rows).all()
    shards = np.arange(len(byte_ranges)) // shard_rows
    for shard in np.unique(shards):
        assert len(set(buckets.file[shards == shard])) == 1, "a shard lies in one bucket"


@pytest.fixture
def sources(tmp_path: Path) -> Callable[[], ByteRanges]:
    def make() -> ByteRanges:
        files = [tmp_path / "a", tmp_path / "b"]
        for number, file in enumerate(files):
            file.write_bytes(bytes([number]) * 200)
        return make_extents(files, [[20] * 10, [20] * 10], 1)

    return make


def test_pictures_that_cannot_be_read_are_told_and_the_others_are_whole(
    sources: Callable[[], ByteRanges], tmp_path: Path
) -> None:
    byte_ranges = sources()
    (tmp_path / "a").write_bytes(b"\0" * 110)
    buckets, problems = scatter_all(tmp_path / "work", byte_ranges, 4)
    assert problems == dict.fromkeys(range(5, 10), "the file ends before the picture does")
    for row, found in zip(byte_ranges.rows.tolist(), contents(buckets), strict=True):
        if row not in problems:
            assert found == bytes([row // 10]) * 20


def test_a_length_that_no_picture_has_does_not_stretch_the_buckets(
    sources: Callable[[], ByteRanges], tmp_path: Path
) -> None:
    byte_ranges = sources()
    byte_ranges.length[3] = 2**62
    buckets, problems = scatter_all(tmp_path / "work", byte_ranges, 20)
    assert problems == {int(byte_ranges.rows[3]): "larger than 256 MiB"}
    assert (
        sum(
            found == bytes([row // 10]) * 20
            for row, found in zip(byte_ranges.rows.tolist(), contents(buckets), strict=True)
        )
        == 19
    )


def test_a_stretch_that_an_earlier_run_has_finished_is_not_read_again(
    sources: Callable[[], ByteRanges], tmp_path: Path
) -> None:
    byte_ranges = sources()
    buckets, _ = scatter_all(tmp_path / "work", byte_ranges, 4)
    before = contents(buckets)
    (tmp_path / "a").unlink()
    again, problems = scatter_all(tmp_path / "work", byte_ranges, 4)
    assert problems == {}
    assert contents(again) == before
    assert bucket_path(tmp_path / "work", 0).exists()
