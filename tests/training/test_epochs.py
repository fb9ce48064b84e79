from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_softmax

from pixonomy.arrays.image_shards import ImageShards, shard_path
from pixonomy.errors import DataError, StorageError
from pixonomy.images.resize import ResizeSpec
from pixonomy.models.backend import use_threads
from pixonomy.models.zoo import ModelSettings, build_model
from pixonomy.training.batches import TrainingSet
from pixonomy.training.checkpoint import load_weights
from pixonomy.training.epochs import Training, fit_model, measure_logits
from pixonomy.training.recipe import Recipe
from pixonomy.training.run import RunFolder

SIZE, ROWS = 32, 48
RECIPE = Recipe(size=SIZE, batch=8, epochs=3, dropout=0.5, zoom=0.2, light=0.1)


class Killed(Exception):
    """Stands for a kill between two steps."""


@pytest.fixture
def images(tmp_path: Path) -> ImageShards:
    generator = np.random.default_rng(0)
    labels = np.arange(ROWS) % 3
    images = generator.integers(0, 60, (ROWS, 3, SIZE, SIZE)) + 60 * labels[:, None, None, None]
    path = shard_path(tmp_path, SIZE, 0)
    path.parent.mkdir()
    np.save(path, images.astype(np.uint8))
    return ImageShards(tmp_path, ResizeSpec(SIZE), (ROWS,))


def training(images: ImageShards, folder: Path, recipe: Recipe = RECIPE) -> Training:
    use_threads(1)
    settings = ModelSettings(recipe.model, SIZE, 3, recipe.dense, recipe.dropout, recipe.seed)
    data = TrainingSet(images, np.arange(36), np.arange(ROWS) % 3, recipe)
    model = build_model(settings, "mixed_bfloat16")
    # A clock that jumps: every step is followed by a checkpoint, in mid-epoch too.
    ticks = iter(range(0, 10**6, 100))
    return Training(
        model, data, np.arange(36, ROWS), RunFolder(folder), clock=lambda: float(next(ticks))
    )


EVERYTHING = replace(
    RECIPE,
    average=0.9,
    mixup=0.4,
    cutmix=1.0,
    accumulate=2,
    balance="batches",
    schedule="linear",
    test_flip=True,
)


@pytest.mark.parametrize(("recipe", "stops"), [(RECIPE, (1, 3, 4, 6)), (EVERYTHING, (5,))])
def test_training_killed_at_any_step_ends_as_if_it_had_never_stopped(
    images: ImageShards, tmp_path: Path, recipe: Recipe, stops: tuple[int, ...]
) -> None:
    whole = training(images, tmp_path / "whole", recipe)
    expected = fit_model(whole)

    def kill(work: str, done: int, total: int) -> None:
        if done - 1 in stops and done not in seen:
            seen.add(done)
            raise Killed

    seen = set[int]()
    for _ in stops:
        with pytest.raises(Killed):
            fit_model(replace(training(images, tmp_path / "broken", recipe), progress=kill))
    resumed = training(images, tmp_path / "broken", recipe)
    given = fit_model(resumed)

    assert given.step == expected.step
    assert given.best_epoch == expected.best_epoch
    for one, other in zip(whole.model.get_weights(), resumed.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    for entry, other_entry in zip(expected.history, given.history, strict=True):
        assert {k: v for k, v in entry.items() if k != "seconds"} == {
            k: v for k, v in other_entry.items() if k != "seconds"
        }


def test_the_best_epoch_by_validation_loss_is_kept(images: ImageShards, tmp_path: Path) -> None:
    done = training(images, tmp_path)
    position = fit_model(done)
    losses = [entry["validation_loss"] for entry in position.history]
    assert position.best_epoch == int(np.argmin(losses)) + 1
    assert position.best_loss == min(losses)
    done.model.set_weights(load_weights(done.folder.best))
    validation = done.training_set.images.gather(done.validation)
    logits = np.asarray(done.model.predict_on_batch(validation))
    loss, _ = measure_logits(logits, done.training_set.labels[done.validation])
    assert loss == pytest.approx(min(losses), rel=1e-6)


def test_the_average_of_the_weights_is_what_is_kept(images: ImageShards, tmp_path: Path) -> None:
    done = training(images, tmp_path, replace(RECIPE, average=0.9))
    position = fit_model(done)
    assert position.best_epoch > 0
    kept = load_weights(done.folder.best)
    latest = done.model.get_weights()
    assert any(not np.array_equal(one, other) for one, other in zip(kept, latest, strict=True))


def test_patience_stops_training_early(images: ImageShards, tmp_path: Path) -> None:
    recipe = replace(RECIPE, epochs=30, patience=1, learning_rate=0.0, weight_decay=0.0)
    assert len(fit_model(training(images, tmp_path, recipe)).history) < 30


def test_a_diverging_loss_is_told_with_the_rate(images: ImageShards, tmp_path: Path) -> None:
    broken = training(images, tmp_path, replace(RECIPE, learning_rate=1e-3))
    weights = broken.model.get_weights()
    broken.model.set_weights([np.full_like(w, np.nan) for w in weights])
    with pytest.raises(DataError, match="Lower learning_rate"):
        fit_model(broken)


def test_a_damaged_checkpoint_is_told(images: ImageShards, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.latest.parent.mkdir()
    folder.latest.write_bytes(b"PK\x03\x04 half a file")
    with pytest.raises(StorageError, match="damaged; start anew with --overwrite"):
        fit_model(training(images, tmp_path))


def test_the_loss_is_that_of_the_best_temperature() -> None:
    # Of many pictures: with few, the temperature is a cautious one.
    logits = np.log(np.array([[0.7, 0.3], [0.2, 0.8], [0.6, 0.4], [0.9, 0.1]], np.float32))
    logits, labels = np.tile(logits, (500, 1)), np.tile([0, 1, 1, 0], 500)
    loss, accuracy = measure_logits(logits, labels)
    wanted = [
        -log_softmax(logits / temperature, axis=1)[np.arange(2000), labels].mean()
        for temperature in np.geomspace(0.05, 20, 4000)
    ]
    assert loss == pytest.approx(min(wanted), rel=1e-4)
    assert accuracy == 0.75


def test_the_loss_does_not_depend_on_the_scale_of_the_logits() -> None:
    logits = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    labels = np.where(np.arange(50) % 3 == 0, 1, logits.argmax(axis=1))
    loss, _ = measure_logits(logits, labels)
    assert measure_logits(3 * logits, labels)[0] == pytest.approx(loss, rel=1e-4)
