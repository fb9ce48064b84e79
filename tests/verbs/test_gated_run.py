"""A probe whose head is chosen: from images to a bundle that says what its answers rest on."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pixonomy.bundle.load import load_bundle
from pixonomy.progress import Context
from pixonomy.verbs.classify import classify
from pixonomy.verbs.fit import FitChoices, fit
from pixonomy.verbs.predict import predict
from pixonomy.verbs.train import TrainChoices

pytestmark = pytest.mark.slow

RECIPE = 'model = "mobilenet"\nsize = 32\nepochs = 0\nfreeze_norm = true\nhead = "auto"\n'


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Random weights of MobileNetV2, with no head beside them."""
    from pixonomy.models.backend import building, keras

    path = tmp_path / "random_notop.weights.h5"
    with building("float32"):
        keras.utils.set_random_seed(0)
        shape = (3, 32, 32)
        keras.applications.MobileNetV2(
            include_top=False, weights=None, input_shape=shape
        ).save_weights(path)
    return path


def make(images: Path, output: Path, weights: Path, reports: list[str]) -> dict[str, object]:
    (output.parent / "recipe.toml").write_text(RECIPE)
    training = TrainChoices(recipe=str(output.parent / "recipe.toml"), weights=str(weights))
    fit([images], output, FitChoices(training=training), context=Context(report=reports.append))
    found: dict[str, object] = json.loads((output / "evaluation.json").read_text())
    return found


def test_a_probe_says_how_its_heads_were_chosen_and_what_each_answer_rests_on(
    fitted_images: Path, weights: Path, tmp_path: Path
) -> None:
    kernel = np.random.default_rng(0).normal(size=(1280, 1000)).astype(np.float16)
    np.savez(tmp_path / "random_head.npz", kernel=kernel, bias=np.zeros(1000))
    reports: list[str] = []
    evaluation = make(fitted_images, tmp_path / "run", weights, reports)
    heads = json.loads((tmp_path / "run" / "training.json").read_text())["heads"]
    assert evaluation["heads"] == heads
    assert heads["groups"] == "clusters of embeddings"
    assert len(heads["chosen"]) == 3
    assert any("Heads chosen by holding out" in one for one in reports)
    bundle = load_bundle(tmp_path / "run")
    assert bundle.network.is_gated
    assert bundle.calibration.temperature == 1.0
    answers = classify(tmp_path / "run", [fitted_images / "cross"]).images
    readable = [one for one in answers if one.label is not None]
    assert {one.rests_on for one in readable} <= {"training", "both", "words"}
    predict(tmp_path / "run", fitted_images, tmp_path / "table.parquet")
    table = pl.read_parquet(tmp_path / "table.parquet")
    assert table.filter(pl.col("problem").is_null())["rests_on"].null_count() == 0


def test_without_the_backbones_head_words_are_left_out_and_it_says_so(
    fitted_images: Path, weights: Path, tmp_path: Path
) -> None:
    reports: list[str] = []
    evaluation = make(fitted_images, tmp_path / "run", weights, reports)
    assert any("ImageNet head is not at hand" in one for one in reports)
    assert set(evaluation["rests_on"]) == {"training"}  # type: ignore[call-overload]


def fine_tune(images: Path, output: Path, weights: Path, learning_rate: float) -> dict[str, object]:
    recipe = output.parent / "tuned.toml"
    text = RECIPE.replace("epochs = 0", f"epochs = 3\nlearning_rate = {learning_rate}")
    recipe.write_text(text)
    training = TrainChoices(recipe=str(recipe), weights=str(weights))
    fit([images], output, FitChoices(training=training))
    told: dict[str, object] = json.loads((output / "training.json").read_text())
    return told


@pytest.fixture(scope="module")
def many_images(
    make_once: Callable[[str, Callable[[Path], Path]], Path], write_images: Callable[..., Path]
) -> Path:
    return make_once("many-images", lambda place: write_images(place, 48))


def test_where_fine_tuning_does_harm_the_network_stays_frozen_and_has_its_heads(
    many_images: Path, weights: Path, tmp_path: Path
) -> None:
    told = fine_tune(many_images, tmp_path / "run", weights, 0.05)
    shown = told["fine_tuning"]
    assert isinstance(shown, dict)
    assert shown["share"] == 0
    assert min(shown["losses"], key=lambda one: sum(shown["losses"][one])) == "frozen"
    assert told["steps"] == 0
    assert "heads" in told
    assert load_bundle(tmp_path / "run").network.is_gated
    assert not (tmp_path / "run" / "checkpoints" / "trial").exists()
