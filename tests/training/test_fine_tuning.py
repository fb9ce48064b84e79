from pathlib import Path

import numpy as np
import pytest

from pixonomy.arrays.image_shards import ImageShards, shard_path
from pixonomy.images.resize import ResizeSpec
from pixonomy.models.backend import use_threads
from pixonomy.models.zoo import ModelSettings, build_model
from pixonomy.training.batches import TrainingSet
from pixonomy.training.checkpoint import load_weights
from pixonomy.training.epochs import Training, fit_model
from pixonomy.training.fine_tuning import FROZEN, FineTuning, hold_out, keep_average, mix_weights
from pixonomy.training.recipe import Recipe
from pixonomy.training.run import RunFolder


def groups_of(sizes: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and group numbers: for each category the sizes of its groups."""
    labels, groups, number = [], [], 0
    for label, category in enumerate(sizes):
        for size in category:
            labels += [label] * size
            groups += [number] * size
            number += 1
    return np.array(labels), np.array(groups)


@pytest.mark.parametrize("seed", range(8))
def test_whole_groups_are_held_out_and_every_category_keeps_most_of_its_own(seed: int) -> None:
    labels, groups = groups_of([[10, 10, 10], [20, 5], [30], [4, 4, 4, 4]])
    is_held = hold_out(labels, groups, seed)
    assert is_held.any()
    for group in np.unique(groups):
        assert len(set(is_held[groups == group])) == 1
    for label in np.unique(labels):
        held = np.unique(groups[(labels == label) & is_held])
        assert len(held) <= 1
        assert not is_held[labels == label].all()
    assert not is_held[labels == 2].any()  # its only group


def test_of_many_categories_about_a_quarter_of_the_images_is_held_out() -> None:
    labels, groups = groups_of([[16, 16]] * 81)
    share = hold_out(labels, groups, 0).mean()
    assert 0.25 <= share < 0.27


def test_a_group_of_several_categories_is_only_held_out_if_all_keep_another() -> None:
    labels = np.array([0, 0, 1, 1, 0, 0])
    groups = np.array([0, 0, 0, 0, 1, 1])  # group 0 is all there is of category 1
    for seed in range(8):
        assert not hold_out(labels, groups, seed)[groups == 0].any()


def test_without_a_second_group_nothing_is_held_out() -> None:
    labels, groups = groups_of([[10], [10]])
    assert not hold_out(labels, groups, 0).any()


def test_mixed_weights_lie_on_the_straight_way_and_keep_their_type() -> None:
    start = [np.zeros((2, 3), np.float32), np.array([1, 3], np.float32)]
    end = [np.full((2, 3), 4, np.float32), np.array([2, 1], np.float32)]
    mixed = mix_weights(start, end, 0.25)
    assert [one.tolist() for one in mixed] == [[[1, 1, 1], [1, 1, 1]], [1.25, 2.5]]
    assert {one.dtype for one in mixed} == {np.dtype(np.float32)}
    for one, other in zip(mix_weights(start, end, 1.0), end, strict=True):
        assert one.tolist() == other.tolist()


def test_what_is_kept_lies_between_the_start_and_the_best_weights(tmp_path: Path) -> None:
    use_threads(1)
    recipe = Recipe(size=16, batch=8, epochs=1)
    labels = np.arange(24) % 3
    images = (
        np.random.default_rng(0).integers(0, 60, (24, 3, 16, 16)) + 60 * labels[:, None, None, None]
    )
    path = shard_path(tmp_path, 16, 0)
    path.parent.mkdir()
    np.save(path, images.astype(np.uint8))
    data = TrainingSet(ImageShards(tmp_path, ResizeSpec(16), (24,)), np.arange(16), labels, recipe)
    model = build_model(ModelSettings("compact", 16, 3, 64, 0.0, 0), "float32")
    training = Training(model, data, np.arange(16, 24), RunFolder(tmp_path / "run"))
    start = model.get_weights()
    fit_model(training)
    loss, accuracy = keep_average(training, start, 0.5)
    assert loss > 0
    assert 0 <= accuracy <= 1
    best, kept = load_weights(training.folder.best), load_weights(training.folder.averaged)
    for first, last, one in zip(start, best, kept, strict=True):
        middle = (np.asarray(first, np.float32) + np.asarray(last, np.float32)) / 2
        np.testing.assert_allclose(np.asarray(one, np.float32), middle, atol=1e-6)


def found(share: float, frozen: float, tuned: float) -> FineTuning:
    losses = {FROZEN: (0.2, frozen), "0.5": (0.2, tuned), "1.0": (0.3, tuned)}
    accuracies = {FROZEN: (0.9, 0.8), "0.5": (0.9, 0.7), "1.0": (0.9, 0.7)}
    return FineTuning(share, "source", 120, losses, accuracies)


def test_what_a_trial_showed_is_told_by_what_decided() -> None:
    told = found(0.0, 0.6, 1.0).in_words()
    assert "does not pay" in told
    assert "and on 120 held out by source: 0.400 frozen, at best 0.600 fine-tuned" in told
    told = found(0.5, 1.0, 0.6).in_words()
    assert told.startswith("Fine-tuning pays (")
    assert "0.600 frozen, at best 0.400 fine-tuned" in told
    assert "50 % of the way" in told
