"""A run on any ONNX network: from images to a bundle that joins it with the heads."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pixonomy.bundle.load import load_bundle
from pixonomy.errors import SettingError
from pixonomy.inference.embed import EmbeddingNetwork
from pixonomy.progress import Context
from pixonomy.training.backbone import open_backbone
from pixonomy.verbs.classify import classify
from pixonomy.verbs.fit import FitChoices, fit
from pixonomy.verbs.train import TrainChoices, plan_training
from small_classifier import SmallClassifier

Call = Callable[..., tuple[int, Any, str]]

TAXONOMY = """\
[[category]]
id = "cross"
name = "Cross"
keywords = ["cross"]
[[category]]
id = "stripes"
name = "Zebras"
keywords = ["zebra"]
[[category]]
id = "gâteaux d'été"
name = "Cakes"
keywords = ["cake"]
"""


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "small.onnx"
    path.write_bytes(SmallClassifier().content())
    return path


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"changes": {"epochs": 2}}, "small.onnx stays as it is: a backbone of ONNX is not fine-"),
        ({"weights": "imagenet"}, "brings its own weights"),
        ({"model": "resnet50"}, "--backbone goes with --model probe"),
        ({"changes": {"size": 64}}, r"images of \[32\] pixels a side"),
        ({"recipe": "transfer"}, "epochs have to be 0"),
    ],
)
def test_what_a_frozen_network_cannot_do_is_refused_in_one_sentence(
    network: Path, choices: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        plan_training(TrainChoices(backbone=network, **choices))


def test_the_plan_takes_the_networks_size_and_says_what_was_understood(network: Path) -> None:
    reports: list[str] = []
    plan = plan_training(TrainChoices(backbone=network), Context(report=reports.append))
    assert (plan.recipe.size, plan.recipe.epochs, plan.recipe.model) == (32, 0, "onnx")
    assert plan.recipe.is_gated
    assert plan.weights_id == open_backbone(network).identity
    assert "embeds pictures of 32 px as 24 numbers" in reports[0]


@pytest.mark.slow
def test_a_fit_on_an_onnx_network_gives_one_model_that_answers_as_tested(
    fitted_images: Path, network: Path, tmp_path: Path
) -> None:
    (tmp_path / "shapes.toml").write_text(TAXONOMY, "utf-8")
    reports: list[str] = []
    training = TrainChoices(backbone=network)
    choices = FitChoices(training=training, categories=tmp_path / "shapes.toml")
    run, context = tmp_path / "run", Context(report=reports.append)
    fit([fitted_images], run, choices, context=context)
    assert any("Heads chosen by holding out clusters" in one for one in reports)
    evaluation = json.loads((run / "evaluation.json").read_text())
    assert {"linear probe", "answer by words alone"} <= evaluation["baselines"].keys()
    bundle = load_bundle(run)
    assert bundle.network.is_gated
    assert bundle.network.tells_novelty
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 32, 32), np.uint8)
    embeddings = EmbeddingNetwork(open_backbone(network).content).run(images)
    np.testing.assert_allclose(bundle.network.run(images).embeddings, embeddings, atol=1e-4)
    answers = [one for one in classify(run, [fitted_images / "cross"]).images if one.label]
    assert {one.rests_on for one in answers} <= {"training", "both", "words"}
    assert "--backbone" in (run / "model_card.md").read_text("utf-8")
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    fit([fitted_images], run, choices)
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before


@pytest.mark.slow
def test_a_network_without_named_classes_leaves_words_out_and_says_so(
    run_copy: Path, network: Path, tmp_path: Path, call: Call
) -> None:
    network.write_bytes(SmallClassifier(classes=10).content())
    arrays, output = run_copy / "data" / "arrays", tmp_path / "probe"
    code, _, errors = call("train", arrays, "-o", output, "--backbone", network)
    assert code == 0
    assert "Words have no say: the backbone has no named classes" in errors
    result = json.loads((output / "training.json").read_text())
    assert result["heads"]["without_words"].startswith("Words have no say")
    assert result["validation"]["n"] > 0
    assert result["steps"] == 0
    assert pl.read_parquet(output / "probe.parquet")["by_words"].null_count() > 0
