from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.arrays.read import ROWS_FILE, Arrays, Pictures, read_arrays, shard_path
from pixonomy.arrays.write import ArraySettings, write_arrays
from pixonomy.errors import SettingError, StorageError
from pixonomy.images.resize import Framing
from pixonomy.manifest import SPLITS, Manifest, conform
from pixonomy.sources.folder import index_folder

COUNTS = st.lists(st.integers(0, 9), max_size=12)


@pytest.fixture
def arrays(write_pictures: Callable[..., Path], tmp_path: Path) -> Arrays:
    folder = write_pictures(tmp_path / "pictures", 10)
    rows = index_folder(folder, folder).drop("modified_ns")
    splits = [SPLITS[number % 3] for number in range(rows.height)]
    manifest = Manifest(conform(rows.with_columns(pl.Series("split", splits))), folder)
    write_arrays(manifest, tmp_path / "out", ArraySettings((16, 8), "pad"), {})
    return read_arrays(tmp_path / "out")


def test_each_split_has_its_rows_and_together_they_are_all(arrays: Arrays) -> None:
    parts = [arrays.of_split(split) for split in SPLITS]
    for split, rows in zip(SPLITS, parts, strict=True):
        assert set(arrays.rows["split"].gather(rows)) == {split}
        assert rows.dtype == np.int64
        assert (np.diff(rows) > 0).all()
    assert sorted(np.concatenate(parts)) == list(range(30))
    assert arrays.of_split("nothing").size == 0


def test_pictures_come_in_the_order_asked_and_may_repeat(arrays: Arrays) -> None:
    pictures = arrays.pictures(16)
    whole = pictures.gather(np.arange(30))
    wanted = np.array([29, 0, 7, 7, 15])
    assert np.array_equal(pictures.gather(wanted), whole[wanted])
    assert whole.dtype == np.uint8
    assert whole.shape == (30, 3, 16, 16)


def test_each_size_has_its_pictures_and_fit(arrays: Arrays) -> None:
    assert arrays.pictures(8).gather(np.arange(2)).shape == (2, 3, 8, 8)
    assert arrays.pictures(8).framing == Framing(8, "pad")


def test_a_size_that_is_not_there_names_those_that_are(arrays: Arrays) -> None:
    with pytest.raises(SettingError, match=r"no pictures of 32 px; it has 16, 8 px.*--size 32"):
        arrays.pictures(32)


def test_pictures_can_be_read_but_not_changed(arrays: Arrays) -> None:
    before = shard_path(arrays.folder, 16, 0).read_bytes()
    with pytest.raises(ValueError, match="read-only"):
        arrays.pictures(16).shards[0][0] = 0
    arrays.pictures(16).gather(np.array([0]))[:] = 0
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


@given(COUNTS, st.integers(0, 2**32), st.integers(0, 1000), st.data())
@settings(deadline=None)
def test_an_epoch_is_a_permutation_that_seed_and_epoch_decide(
    counts: list[int], seed: int, epoch: int, data: st.DataObject
) -> None:
    pictures = Pictures(Path(), Framing(8), tuple(counts))
    chosen = data.draw(st.sets(st.sampled_from(range(sum(counts))))) if sum(counts) else set()
    rows = np.array(sorted(chosen), np.int64)
    order = pictures.shuffle(rows, seed, epoch)
    assert sorted(order) == sorted(chosen)
    again = Pictures(Path(), Framing(8), tuple(counts)).shuffle(rows, seed, epoch)
    assert np.array_equal(order, again)


def test_other_seeds_and_epochs_give_other_orders() -> None:
    pictures = Pictures(Path(), Framing(8), (50, 50))
    rows = np.arange(100)
    orders = [tuple(pictures.shuffle(rows, *key)) for key in ((0, 0), (0, 1), (1, 0), (1, 1))]
    assert len(set(orders)) == 4


def test_large_arrays_are_read_window_by_window() -> None:
    # Shards of 256 MiB: two of them are a window, and no third may come in between.
    pictures = Pictures(Path(), Framing(1024), (85,) * 8)
    shards = pictures.shuffle(np.arange(85 * 8), 0, 0) // 85
    windows = [set(shards[start : start + 170]) for start in range(0, 680, 170)]
    assert all(len(window) == 2 for window in windows)
    assert set().union(*windows) == set(range(8))
