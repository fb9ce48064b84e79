import gc
import io
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.arrays.image_shards import (
    OPEN_SHARDS,
    ROWS_FILE,
    Arrays,
    Images,
    ImageShards,
    read_arrays,
    shard_path,
)
from pixonomy.arrays.write import ArraySettings, write_arrays
from pixonomy.dataset.manifest import SPLITS, Manifest, conform, write_manifest
from pixonomy.errors import SettingError, StorageError
from pixonomy.images.resize import ResizeSpec
from pixonomy.sources.folder import index_folder


def write_shards(folder: Path, counts: list[int]) -> tuple[Images, ImageShards]:
    whole = np.random.default_rng(0).integers(0, 256, (sum(counts), 3, 8, 8), np.uint8)
    (folder / "8").mkdir(exist_ok=True)
    for shard, part in enumerate(np.split(whole, np.cumsum(counts)[:-1]) if counts else []):
        np.save(shard_path(folder, 8, shard), part)
    return whole, ImageShards(folder, ResizeSpec(8), tuple(counts))


@pytest.fixture
def arrays(write_images: Callable[..., Path], tmp_path: Path) -> Arrays:
    folder = write_images(tmp_path / "pictures", 10)
    rows = index_folder(folder, folder).rows.drop("modified_ns")
    splits = [SPLITS[number % 3] for number in range(rows.height)]
    rows = conform(rows.with_columns(pl.Series("split", splits)))
    write_manifest(tmp_path / "manifest.parquet", Manifest(rows, folder))
    write_arrays(tmp_path / "manifest.parquet", tmp_path / "out", ArraySettings((16, 8), "pad"), {})
    return read_arrays(tmp_path / "out")


def test_each_split_has_its_rows_and_together_they_are_all(arrays: Arrays) -> None:
    parts = [arrays.of_split(split) for split in SPLITS]
    for split, rows in zip(SPLITS, parts, strict=True):
        assert set(arrays.rows["split"].gather(rows)) == {split}
        assert rows.dtype == np.int64
        assert (np.diff(rows) > 0).all()
    assert sorted(np.concatenate(parts)) == list(range(30))
    assert arrays.of_split("nothing").size == 0


def test_arrays_of_before_told_of_their_labels_alone_what_they_are(arrays: Arrays) -> None:
    older = copy(arrays.about)
    del older["taxonomy"]
    older["names"] = {"1": "RED", "2": "BEER", "x": "x"}
    older["paths"] = {
        "1": ["DRINKS", "DRINKS / WINE", "1"],
        "2": ["DRINKS", "DRINKS / BEER", "2"],
        "x": [],
    }
    tree = replace(arrays, about=older).taxonomy
    assert tree is not None
    assert tree.path_names("1") == ["DRINKS", "WINE", "RED"]
    assert tree.path("2") == ["DRINKS", "DRINKS / BEER", "2"]
    assert (tree.path("x"), tree.leaves) == (["x"], ("1", "2", "x"))
    assert replace(arrays, about={**older, "names": {}, "paths": {}}).taxonomy is None


def test_pictures_come_in_the_order_asked_and_may_repeat(arrays: Arrays) -> None:
    images = arrays.images(16)
    whole = images.gather(np.arange(30))
    wanted = np.array([29, 0, 7, 7, 15])
    assert np.array_equal(images.gather(wanted), whole[wanted])
    assert whole.dtype == np.uint8
    assert whole.shape == (30, 3, 16, 16)


def test_each_size_has_its_pictures_and_fit(arrays: Arrays) -> None:
    assert arrays.images(8).gather(np.arange(2)).shape == (2, 3, 8, 8)
    assert arrays.images(8).resize_spec == ResizeSpec(8, "pad")


def test_a_size_that_is_not_there_names_those_that_are(arrays: Arrays) -> None:
    with pytest.raises(SettingError, match=r"no pictures of 32 px; it has 16, 8 px.*--size 32"):
        arrays.images(32)


def test_pictures_can_be_read_but_not_changed(arrays: Arrays) -> None:
    before = shard_path(arrays.folder, 16, 0).read_bytes()
    with pytest.raises(ValueError, match="read-only"):
        arrays.images(16).shard(0)[0] = 0
    arrays.images(16).gather(np.array([0]))[:] = 0
    assert shard_path(arrays.folder, 16, 0).read_bytes() == before


@pytest.mark.parametrize("is_there", [True, False])
def test_a_folder_that_holds_no_arrays_says_how_to_make_them(
    tmp_path: Path, is_there: bool
) -> None:
    folder = tmp_path if is_there else tmp_path / "nothing"
    with pytest.raises(SettingError, match=r"no finished arrays.*pixonomy prepare"):
        read_arrays(folder)


def test_damaged_rows_are_a_storage_error(arrays: Arrays) -> None:
    (arrays.folder / ROWS_FILE).write_bytes(b"damaged")
    with pytest.raises(StorageError, match=r"rows\.parquet is damaged"):
        read_arrays(arrays.folder)


@pytest.mark.parametrize("row", [-1, 30])
def test_a_row_that_is_not_there_is_refused(arrays: Arrays, row: int) -> None:
    with pytest.raises(IndexError, match="of 30 pictures"):
        arrays.images(16).gather(np.array([0, row]))


def test_no_rows_are_no_pictures(arrays: Arrays) -> None:
    assert arrays.images(16).gather(np.arange(0)).shape == (0, 3, 16, 16)


@given(st.lists(st.integers(0, 4), max_size=9), st.data())
@settings(deadline=None, max_examples=50)
def test_every_row_is_found_whatever_the_shards(counts: list[int], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole, images = write_shards(Path(folder), counts)
        row = st.integers(0, len(whole) - 1)
        rows = np.array(data.draw(st.lists(row, max_size=20)) if len(whole) else [], np.int64)
        assert np.array_equal(images.gather(rows), whole[rows])


def test_of_many_shards_only_a_few_are_open_at_a_time(tmp_path: Path) -> None:
    count = OPEN_SHARDS + 40
    whole, images = write_shards(tmp_path, [1] * count)
    for _ in range(2):
        assert np.array_equal(images.gather(np.arange(count)), whole)
    folder = str(tmp_path)
    opened = [one.path for one in psutil.Process().memory_maps(grouped=False)]
    assert 0 < sum(path.startswith(folder) for path in opened) <= OPEN_SHARDS
    del images
    opened = [one.path for one in psutil.Process().memory_maps(grouped=False)]
    assert not any(path.startswith(folder) for path in opened)


@pytest.fixture
def crowded_collector() -> Iterator[None]:
    """Collect garbage all the time, and let other threads run meanwhile."""
    threshold, interval = gc.get_threshold(), sys.getswitchinterval()

    def yield_to_others(phase: str, info: dict[str, int]) -> None:
        time.sleep(0)

    gc.callbacks.append(yield_to_others)
    gc.set_threshold(1)
    sys.setswitchinterval(1e-6)
    yield
    gc.callbacks.remove(yield_to_others)
    gc.set_threshold(*threshold)
    sys.setswitchinterval(interval)


def test_no_shard_is_called_damaged_because_other_threads_open_some(
    tmp_path: Path, crowded_collector: None
) -> None:
    count = 3 * OPEN_SHARDS
    whole, images = write_shards(tmp_path, [1] * count)

    def gather(seed: int) -> bool:
        rows = np.random.default_rng(seed).integers(0, count, 50)
        return np.array_equal(images.gather(rows), whole[rows])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(gather, range(200)))


def test_damaged_shards_are_told_with_what_to_do(tmp_path: Path) -> None:
    def damage(content: bytes) -> str:
        _, images = write_shards(tmp_path, [5])
        shard_path(tmp_path, 8, 0).write_bytes(content)
        with pytest.raises(StorageError) as raised:
            images.gather(np.array([0]))
        return str(raised.value)

    _, images = write_shards(tmp_path, [5])
    whole = shard_path(tmp_path, 8, 0).read_bytes()
    for content in (b"", whole[:50], whole[:-1], b"no array" * 20, whole.replace(b"{", b"[")):
        assert re.search(r"images-00000\.npy is damaged: .*prepare` again", damage(content))
    other = io.BytesIO()
    np.save(other, np.zeros((5, 3, 8, 9), np.uint8))
    assert "it holds uint8 (5, 3, 8, 9), not uint8 (5, 3, 8, 8)" in damage(other.getvalue())
    shard_path(tmp_path, 8, 0).unlink()
    with pytest.raises(StorageError, match=r"images-00000\.npy could not be read"):
        images.gather(np.array([0]))
