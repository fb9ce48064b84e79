from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pixonomy.arrays.image_shards import ImageShards, shard_path
from pixonomy.arrays.loader import Share
from pixonomy.errors import SettingError, StorageError
from pixonomy.images.resize import ResizeSpec
from pixonomy.training.batches import TrainingSet
from pixonomy.training.recipe import Recipe

SIZE = 16
PLAIN = {"flip": False, "shift": 0.0, "zoom": 0.0, "light": 0.0}


@pytest.fixture
def images(tmp_path: Path) -> ImageShards:
    generator = np.random.default_rng(0)
    for shard, rows in enumerate((7, 5)):
        path = shard_path(tmp_path, SIZE, shard)
        path.parent.mkdir(exist_ok=True)
        np.save(path, generator.integers(0, 256, (rows, 3, SIZE, SIZE), np.uint8))
    return ImageShards(tmp_path, ResizeSpec(SIZE), (7, 5))


def training_set(images: ImageShards, **changes: object) -> TrainingSet:
    recipe = Recipe(size=SIZE, batch=4, **{"epochs": 3, **changes})  # type: ignore[arg-type]
    return TrainingSet(images, np.arange(12), np.arange(12) % 3, recipe)


def test_batches_from_a_later_step_equal_those_of_a_whole_run(images: ImageShards) -> None:
    data = training_set(images, zoom=0.3, light=0.2)
    whole = list(data.batches(0))
    resumed = list(data.batches(5))
    assert len(whole) == 9
    for one, other in zip(whole[5:], resumed, strict=True):
        np.testing.assert_array_equal(one.images, other.images)
        np.testing.assert_array_equal(one.targets.labels, other.targets.labels)


def test_each_epoch_shows_every_picture_once_with_its_own_label(images: ImageShards) -> None:
    data = training_set(images, **PLAIN)
    originals = images.gather(np.arange(12))
    for epoch in range(3):
        seen = []
        for batch in list(data.batches(0))[3 * epoch : 3 * epoch + 3]:
            for image, label in zip(batch.images, batch.targets.labels, strict=True):
                (row,) = np.flatnonzero((originals == image).all(axis=(1, 2, 3)))
                assert label == row % 3
                seen.append(row)
        assert sorted(seen) == list(range(12))


def test_epochs_differ_in_their_order(images: ImageShards) -> None:
    batches = list(training_set(images, **PLAIN).batches(0))
    assert any(not np.array_equal(batches[i].images, batches[i + 3].images) for i in range(3))


def test_an_error_while_reading_reaches_the_one_who_waits(tmp_path: Path) -> None:
    missing = ImageShards(tmp_path, ResizeSpec(SIZE), (12,))
    with pytest.raises(StorageError, match="No such file"):
        list(training_set(missing).batches(0))


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("world", [2, 4])
def test_what_is_learnt_from_does_not_depend_on_hosts_or_threads(
    images: ImageShards, world: int, threads: int
) -> None:
    whole = training_set(images, zoom=0.3, light=0.2)
    hosts = [replace(whole, share=Share(rank, world), threads=threads) for rank in range(world)]
    batches = [list(host.batches(4)) for host in hosts]
    for one, *parts in zip(whole.batches(4), *batches, strict=True):
        np.testing.assert_array_equal(np.concatenate([part.images for part in parts]), one.images)
        np.testing.assert_array_equal(
            np.concatenate([part.targets.labels for part in parts]), one.targets.labels
        )


@pytest.mark.parametrize("change", [{"mixup": 0.4}, {"cutmix": 1.0}, {"mixup": 1, "cutmix": 1}])
def test_mixed_pictures_tell_both_labels_and_do_not_depend_on_hosts(
    images: ImageShards, change: dict[str, float]
) -> None:
    whole = training_set(images, **change)
    hosts = [replace(whole, share=Share(rank, 2)) for rank in range(2)]
    for one, *parts in zip(whole.batches(0), *(host.batches(0) for host in hosts), strict=True):
        targets = one.targets
        assert targets.others is not None
        assert targets.shares is not None
        np.testing.assert_array_equal(targets.others[::2], targets.labels[1::2])
        assert ((targets.shares >= 0) & (targets.shares <= 1)).all()
        for name in ("labels", "others", "shares"):
            joined = np.concatenate([getattr(part.targets, name) for part in parts])
            np.testing.assert_array_equal(joined, getattr(targets, name))
        np.testing.assert_array_equal(np.concatenate([part.images for part in parts]), one.images)


def test_a_share_of_the_batches_is_mixed_on_all_hosts_alike(images: ImageShards) -> None:
    whole = training_set(images, cutmix=1.0, mix_share=0.5, epochs=40)
    hosts = [replace(whole, share=Share(rank, 2)) for rank in range(2)]
    are_mixed = [
        [batch.targets.others is not None for batch in one.batches(0)] for one in (whole, *hosts)
    ]
    assert 0.3 < np.mean(are_mixed[0]) < 0.7
    assert are_mixed[1] == are_mixed[0] == are_mixed[2]


def test_rare_labels_count_more_and_pictures_one_on_average(images: ImageShards) -> None:
    data = replace(training_set(images), labels=np.array([0] * 9 + [2] * 3))
    weights = data.label_weights()
    assert weights.tolist() == pytest.approx([12 / 18, 1, 2])
    assert weights[data.labels].mean() == pytest.approx(1)


def test_hosts_that_cannot_share_a_batch_equally_are_refused(images: ImageShards) -> None:
    uneven = replace(training_set(images), share=Share(0, 3))
    with pytest.raises(SettingError, match=r"A batch of 4 pictures.*by 3 hosts"):
        uneven.batches(0)


def test_a_set_smaller_than_a_batch_is_one_step_an_epoch(images: ImageShards) -> None:
    recipe = Recipe(size=SIZE, batch=64, epochs=2)
    data = TrainingSet(images, np.arange(3), np.zeros(12, np.int64), recipe)
    assert [len(batch.targets.labels) for batch in data.batches(0)] == [3, 3]


def test_each_picture_is_seen_both_ways_in_any_two_epochs(images: ImageShards) -> None:
    data = training_set(images, **(PLAIN | {"flip": True}))
    originals = images.gather(np.arange(12))
    ways: list[set[int]] = [set() for _ in range(12)]
    firsts = []
    for number, batch in enumerate(data.batches(0)):
        for image in batch.images:
            for way, known in enumerate((originals, originals[..., ::-1])):
                (found,) = (known == image).all(axis=(1, 2, 3)).nonzero()
                for row in found.tolist():
                    ways[row].add(way)
                    if number < 3:
                        firsts.append(way)
    assert ways == [{0, 1}] * 12
    assert 0 < sum(firsts) < 12


def test_balanced_batches_show_rare_labels_as_often_as_frequent_ones(images: ImageShards) -> None:
    labels = np.array([0] * 9 + [2] * 3)
    data = replace(training_set(images, balance="batches"), labels=labels)
    shown = [batch.targets.labels for batch in data.batches(0)]
    for epoch in range(3):
        seen = np.concatenate(shown[3 * epoch : 3 * epoch + 3])
        assert np.bincount(seen).tolist() == [6, 0, 6]
