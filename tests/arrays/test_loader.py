import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.arrays.image_shards import Images, ImageShards, shard_path
from pixonomy.arrays.loader import Loader, Order, Share, Step, balance, shuffle
from pixonomy.errors import SettingError, StorageError
from pixonomy.images.resize import ResizeSpec

COUNTS = st.lists(st.integers(0, 9), max_size=12)


def made_up(counts: list[int]) -> ImageShards:
    return ImageShards(Path(), ResizeSpec(8), tuple(counts))


def loader_threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("loader")]


@pytest.fixture
def images(tmp_path: Path) -> ImageShards:
    counts = (7, 0, 5, 8)
    (tmp_path / "8").mkdir()
    for shard, rows in enumerate(counts):
        values = np.arange(rows) + sum(counts[:shard])
        images = np.broadcast_to(values[:, None, None, None], (rows, 3, 8, 8))
        np.save(shard_path(tmp_path, 8, shard), images.astype(np.uint8))
    return ImageShards(tmp_path, ResizeSpec(8), counts)


@given(COUNTS, st.integers(0, 2**32), st.integers(0, 1000), st.data())
@settings(deadline=None)
def test_an_epoch_is_a_permutation_that_seed_and_epoch_decide(
    counts: list[int], seed: int, epoch: int, data: st.DataObject
) -> None:
    chosen = data.draw(st.sets(st.sampled_from(range(sum(counts))))) if sum(counts) else set()
    rows = np.array(sorted(chosen), np.int64)
    order = shuffle(made_up(counts), rows, seed, epoch)
    assert sorted(order) == sorted(chosen)
    assert np.array_equal(order, shuffle(made_up(counts), rows, seed, epoch))
    assert np.array_equal(order, shuffle(made_up(counts), rows[::-1], seed, epoch))


def test_other_seeds_and_epochs_give_other_orders() -> None:
    keys = ((0, 0), (0, 1), (1, 0), (1, 1))
    orders = [tuple(shuffle(made_up([50, 50]), np.arange(100), *key)) for key in keys]
    assert len(set(orders)) == 4


def test_large_arrays_are_read_window_by_window() -> None:
    # Shards of 256 MiB: two of them are a window, and no third may come in between.
    images = ImageShards(Path(), ResizeSpec(1024), (85,) * 8)
    shards = shuffle(images, np.arange(85 * 8), 0, 0) // 85
    windows = [set(shards[start : start + 170]) for start in range(0, 680, 170)]
    assert all(len(window) == 2 for window in windows)
    assert set().union(*windows) == set(range(8))


def test_twelve_million_rows_in_thousands_of_shards_are_ordered_in_seconds() -> None:
    images = ImageShards(Path(), ResizeSpec(50), (1789,) * 6915)
    began = time.process_time()
    order = shuffle(images, np.arange(1789 * 6915), 0, 0)
    assert time.process_time() - began < 10
    assert order.dtype == np.int64
    assert np.array_equal(np.bincount(order), np.ones(1789 * 6915))
    # In a stretch no longer than a window, rows of a few shards only: of two windows of 38.
    assert len(np.unique(order[: 1789 * 38] // 1789)) <= 2 * 38


@given(COUNTS.filter(any), st.integers(1, 40), st.sampled_from([1, 2, 3, 4]), st.data())
@settings(deadline=None)
def test_the_parts_of_all_hosts_are_the_batch_and_an_epoch_shows_each_row_once(
    counts: list[int], batch: int, world: int, data: st.DataObject
) -> None:
    images, rows = made_up(counts), np.arange(sum(counts))
    if min(batch, len(rows)) % world:
        with pytest.raises(SettingError, match=rf"shared equally by {world} hosts"):
            Order(images, rows, batch, 7, Share(0, world))
        return
    whole = Order(images, rows, batch, 7)
    hosts = [Order(images, rows, batch, 7, Share(rank, world)) for rank in range(world)]
    first = data.draw(st.integers(0, 3 * whole.steps_per_epoch))
    end = 3 * whole.steps_per_epoch
    parts = [list(host.steps(first, end)) for host in hosts]
    for one, *shares in zip(whole.steps(first, end), *parts, strict=True):
        assert {share.number for share in shares} == {one.number}
        assert {len(share.rows) for share in shares} == {whole.step_rows // world}
        assert np.array_equal(np.concatenate([share.rows for share in shares]), one.rows)
    seen = np.concatenate([one.rows for one in whole.steps(0, whole.steps_per_epoch)])
    assert len(seen) == len(set(seen.tolist())) == len(rows) // whole.step_rows * whole.step_rows


@given(COUNTS.filter(any), st.integers(1, 9), st.integers(0, 60))
@settings(deadline=None)
def test_steps_from_any_number_on_equal_those_of_a_whole_run(
    counts: list[int], batch: int, first: int
) -> None:
    order = Order(made_up(counts), np.arange(sum(counts)), batch, 3)
    whole = list(order.steps(0, 60))
    resumed = list(order.steps(first, 60))
    assert [one.number for one in resumed] == list(range(first, 60))
    for one, other in zip(whole[first:], resumed, strict=True):
        assert np.array_equal(one.rows, other.rows)


@pytest.mark.parametrize(("rank", "world"), [(-1, 2), (2, 2), (0, 0)])
def test_a_rank_outside_the_world_is_refused(rank: int, world: int) -> None:
    with pytest.raises(SettingError, match=rf"rank must be .* not {rank}"):
        Share(rank, world)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(0, 9), st.integers(0, 9))
def test_a_balanced_pass_shows_all_labels_equally_often_and_repeats_none_too_soon(
    labels: list[int], seed: int, epoch: int
) -> None:
    rows, of_row = 3 * np.arange(len(labels)), np.array(labels)
    drawn = balance(rows, of_row, seed, epoch)
    assert len(drawn) == len(rows)
    np.testing.assert_array_equal(drawn, balance(rows, of_row, seed, epoch))
    shown = [int((of_row[drawn // 3] == label).sum()) for label in set(labels)]
    assert max(shown) - min(shown) <= 1
    for label in set(labels):
        times = np.bincount(drawn // 3, minlength=len(labels))[of_row == label]
        assert times.max() - times.min() <= 1


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_batches_are_the_same_whatever_the_number_of_threads(
    images: ImageShards, threads: int
) -> None:
    steps = list(Order(images, np.arange(20), 4, 0).steps(0, 15))

    def gather(step: Step) -> Images:
        time.sleep(0.001 * (step.number % 3))  # so that later ones are ready earlier
        return images.gather(step.rows)

    with Loader(gather, steps, threads) as loader:
        for step, batch in zip(steps, loader, strict=True):
            assert np.array_equal(batch[:, 0, 0, 0], step.rows)


def test_only_a_bounded_number_is_made_ahead() -> None:
    taken: list[int] = []

    def make(task: int) -> int:
        taken.append(task)
        return task

    with Loader(make, range(1000), 2) as loader:
        assert [next(loader) for _ in range(3)] == [0, 1, 2]
        time.sleep(0.05)
        assert len(taken) <= 2 + 4


def test_threads_end_with_the_last_result() -> None:
    loader = Loader(str, range(5), 2)
    assert list(loader) == ["0", "1", "2", "3", "4"]
    assert loader_threads() == []
    assert list(loader) == []


def test_threads_end_when_the_one_who_waits_stops_early() -> None:
    with Loader(str, iter(range(10**9)), 3) as loader:
        for text in loader:
            if text == "7":
                break
        assert loader_threads()
    assert loader_threads() == []
    assert list(loader) == []


def test_threads_end_when_a_loader_is_forgotten() -> None:
    loader = Loader(str, iter(range(10**9)), 2)
    next(loader)
    del loader
    deadline = time.monotonic() + 5
    while loader_threads() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert loader_threads() == []


def test_an_error_comes_out_where_its_result_is_awaited() -> None:
    loader = Loader(lambda task: 10 // (3 - task), range(9), 2)
    assert [next(loader), next(loader), next(loader)] == [3, 5, 10]
    with pytest.raises(ZeroDivisionError):
        next(loader)
    assert loader_threads() == []
    assert list(loader) == []


def test_a_truncated_shard_is_told_in_a_sentence(images: ImageShards) -> None:
    path = shard_path(images.folder, 8, 2)
    path.write_bytes(path.read_bytes()[:-100])
    steps = Order(images, np.arange(20), 4, 0).steps(0, 5)
    with (
        pytest.raises(StorageError, match=r"images-00002\.npy is damaged"),
        Loader(lambda step: images.gather(step.rows), steps, 2) as loader,
    ):
        list(loader)
    assert loader_threads() == []


def test_the_time_waited_is_counted() -> None:
    clock = iter([0.0, 5.0, 100.0, 102.0, 200.0, 200.0])
    with Loader(str, range(2), 1, lambda: next(clock)) as loader:
        next(loader)
        assert loader.seconds_waited == 5.0
        next(loader)
        assert loader.seconds_waited == 7.0


def test_the_next_result_is_made_while_one_is_used() -> None:
    is_made = threading.Event()

    def make(task: int) -> None:
        if task == 1:
            is_made.set()

    with Loader(make, range(3), 1) as loader:
        next(loader)
        assert is_made.wait(timeout=10)
