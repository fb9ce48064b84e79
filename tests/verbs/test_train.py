"""Training by name: planned, skipped, refused, replaced, and never over other people's files."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pixonomy.bundle.load import load_bundle
from pixonomy.errors import ArtefactDiffers, SettingError
from pixonomy.storage.tables import read_parquet
from pixonomy.training.recipe import Recipe
from pixonomy.training.run import RunFolder
from pixonomy.verbs.train import Plan, TrainChoices, plan_training, recipe_of, train


@pytest.fixture
def arrays(run_copy: Path) -> Path:
    return run_copy / "data" / "arrays"


def times(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*")}


def plan(**changes: Any) -> Plan:
    recipe: dict[str, Any] = {"model": "compact", "size": 32, "epochs": 1, "batch": 16} | changes
    return Plan(Recipe(**recipe), None)


def test_a_run_is_trained_skipped_refused_and_replaced(arrays: Path, tmp_path: Path) -> None:
    run = tmp_path / "mine"
    result = train(arrays, run, plan())
    assert result.keys() == {"run", "bundle", "steps", "seconds", "validation", "device"}
    assert result["device"] == json.loads((run / "training.json").read_text())["device"]
    assert result["validation"].keys() == {"n", "accuracy", "loss"}
    assert result["steps"] > 0
    assert load_bundle(run).labels == ("cross", "gâteaux d'été", "stripes")

    before = times(run)
    assert train(arrays, run, plan()) == result
    assert (
        train(arrays, run, plan(device="cpu")) == result
    )  # where it is computed is not what it is
    assert times(run) == before

    (run / "notes.txt").write_text("mine")
    with pytest.raises(ArtefactDiffers, match=r"recipe\.seed was 0, now 3"):
        train(arrays, run, plan(seed=3))
    assert times(run).keys() == before.keys() | {str(run / "notes.txt")}

    train(arrays, run, plan(seed=3), overwrite=True)
    recipe = load_bundle(run).about["provenance"]["recipe"]
    assert isinstance(recipe, dict)
    assert recipe["seed"] == 3
    assert (run / "notes.txt").read_text() == "mine"


def test_labels_keep_their_names_in_run_and_bundle(fitted_run: Path) -> None:
    names = ["cross", "gâteaux d'été", "stripes"]
    assert json.loads((fitted_run / "run.json").read_text())["labels"] == names
    about = json.loads((fitted_run / "bundle" / "bundle.json").read_text())
    assert [(one["label"], one["name"]) for one in about["labels"]] == [
        (name, name) for name in names
    ]


def test_the_bundle_tells_how_many_training_pictures_each_label_has(fitted_run: Path) -> None:
    rows = read_parquet(fitted_run / "data" / "arrays" / "rows.parquet")
    train = rows.filter(pl.col("split") == "train")["label"].to_list()
    bundle = load_bundle(fitted_run)
    assert bundle.counts == tuple(train.count(label) for label in bundle.labels)
    assert sum(bundle.counts) == len(train) > 40


def test_only_a_missing_bundle_is_made_again(run_copy: Path) -> None:
    trained = (run_copy / "training.json").stat().st_mtime_ns
    (run_copy / "bundle" / "bundle.json").unlink()
    recipe = Recipe(**json.loads((run_copy / "run.json").read_text())["recipe"])
    train(run_copy / "data" / "arrays", run_copy, Plan(recipe, None))
    assert load_bundle(run_copy).labels[0] == "cross"
    assert (run_copy / "training.json").stat().st_mtime_ns == trained


def test_a_size_that_was_not_prepared_is_refused_before_the_run_begins(
    arrays: Path, tmp_path: Path
) -> None:
    with pytest.raises(SettingError, match="has no pictures of 64 px; it has 32 px"):
        train(arrays, tmp_path / "mine", plan(size=64))
    assert not (tmp_path / "mine").exists()


def test_a_run_that_never_began_does_not_bind_the_name(arrays: Path, tmp_path: Path) -> None:
    run = tmp_path / "mine"
    with pytest.raises(SettingError, match="There is no model 'resnet'"):
        train(arrays, run, plan(model="resnet"))
    assert train(arrays, run, plan())["steps"] > 0


@pytest.mark.parametrize("content", ["{}", "[]", '{"fingerprint": {"stage": "theirs"}}'])
def test_a_folder_with_somebody_elses_run_file_is_refused_and_kept(
    arrays: Path, tmp_path: Path, content: str
) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "run.json").write_text(content)
    for overwrite in (False, True):
        with pytest.raises(SettingError, match="holds other files"):
            train(arrays, theirs, plan(), overwrite)
    assert (theirs / "run.json").read_text() == content


def test_a_file_of_that_name_is_refused(arrays: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(SettingError, match="is no folder"):
        train(arrays, tmp_path / "mine", plan(), overwrite=True)


def test_what_is_no_arrays_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="no finished arrays"):
        train(tmp_path, tmp_path / "run", plan())


def test_without_weights_the_compact_recipe_is_planned() -> None:
    planned = plan_training(TrainChoices(weights="none", changes={"size": 40, "epochs": None}))
    assert (planned.recipe.model, planned.recipe.size, planned.weights_id) == ("compact", 40, None)
    assert planned.recipe.epochs == plan_training(TrainChoices(weights="none")).recipe.epochs


def test_a_weights_file_means_transfer_learning_and_is_known_by_its_hash(tmp_path: Path) -> None:
    (tmp_path / "w.weights.h5").write_bytes(b"")
    planned = plan_training(TrainChoices(weights=str(tmp_path / "w.weights.h5")))
    assert planned.recipe.model == "mobilenet"
    assert planned.weights_id is not None
    assert planned.weights_id.startswith("e3b0c44298fc1c14")


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        (TrainChoices(model="resnet"), "no model 'resnet'; known are airbench, compact, convnext"),
        (
            TrainChoices(recipe="mine"),
            "no recipe 'mine'; shipped are cifar10, cifar10-long, cifar10-transfer",
        ),
        (TrainChoices(weights="nowhere.h5"), "no weights file at nowhere.h5"),
        (TrainChoices(model="compact", weights="imagenet"), "compact has no pretrained weights"),
        (TrainChoices(weights="none", changes={"size": 4}), "size must be 8 to 1024, not 4"),
    ],
)
def test_wrong_choices_are_told_with_what_is_known(choices: TrainChoices, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        plan_training(choices)


def test_the_run_folder_holds_the_files_by_their_names(fitted_run: Path) -> None:
    folder = RunFolder(fitted_run)
    for path in (folder.about, folder.result, folder.history, folder.best, folder.predictions):
        assert path.is_file()


def test_a_recipe_without_epochs_needs_pretrained_weights() -> None:
    with pytest.raises(SettingError, match="there must be pretrained weights"):
        plan_training(TrainChoices(recipe="probe", weights="none"))


def test_a_recipe_file_for_a_pretrained_model_starts_from_imagenet(tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text('model = "mobilenet"\nsize = 64\n')
    assert plan_training(TrainChoices(recipe=str(recipe))).weights == "imagenet"
    assert plan_training(TrainChoices(recipe=str(recipe), weights="none")).weights is None


def test_compact_cannot_start_from_weights() -> None:
    with pytest.raises(SettingError, match="compact has no pretrained weights"):
        plan_training(TrainChoices(model="compact", weights="imagenet"))


@pytest.mark.parametrize(
    ("model", "size", "recipe"),
    [
        ("vgg16", None, "vgg16-50"),
        ("vgg19", 100, "vgg19-100"),
        ("vgg16", 64, "vgg16-50"),
        ("airbench", 32, "cifar10"),
        ("convnexttiny", 96, "transfer"),
    ],
)
def test_a_model_is_trained_by_the_recipe_that_suits_it_and_its_size(
    model: str, size: int | None, recipe: str
) -> None:
    assert recipe_of(model, size) == recipe


def test_a_pretrained_network_takes_the_transfer_recipe_by_its_name() -> None:
    planned = plan_training(TrainChoices(model="resnet50"))
    assert (planned.recipe.model, planned.weights) == ("resnet50", "imagenet")
    assert planned.recipe.freeze_norm


def test_the_model_may_be_a_recipe_also_beside_a_recipe_file(tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text("batch = 8\n")
    planned = plan_training(TrainChoices(model="probe", recipe=str(recipe)))
    assert (planned.recipe.model, planned.recipe.epochs, planned.recipe.batch) == (
        "mobilenet",
        0,
        8,
    )
    assert planned.weights == "imagenet"
    with pytest.raises(SettingError, match=r"Did you mean 'probe'\?"):
        plan_training(TrainChoices(model="prob"))
