"""What earlier versions made is still read: manifests, arrays, runs and bundles.

Each zip holds 24 pictures of three categories and the run that `fit` made of them on that day, with
a network of eight filters a layer, so that it is small. `run/data` has the manifests and arrays.
"""

import shutil
import zipfile
from pathlib import Path

import polars as pl
import pytest

import pixonomy
from pixonomy.verbs.train import TrainChoices, plan_training

MADE = sorted(Path(__file__).parent.glob("*.zip"))


@pytest.fixture(params=MADE, ids=lambda path: path.stem)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return the folder with `pics/` and `run/` of one day."""
    with zipfile.ZipFile(request.param) as file:
        file.extractall(tmp_path)
    return tmp_path


def test_there_are_runs_of_several_days() -> None:
    assert [path.stem for path in MADE] == ["2026-11-28", "2026-11-30"]


def test_a_bundle_answers_as_it_did(made: Path) -> None:
    earlier = pl.read_parquet(made / "run" / "predictions.parquet").sort("image_id")
    answers = pixonomy.predict(made / "run", made / "pics", made / "now.parquet")
    assert (answers.rows, answers.problems) == (24, 0)
    now = pl.read_parquet(made / "now.parquet").filter(
        pl.col("image_id").is_in(earlier["image_id"].implode())
    )
    now = now.sort("image_id")
    assert now["image_id"].to_list() == earlier["image_id"].to_list()
    assert now["predicted"].to_list() == earlier["predicted"].to_list()
    assert (now["confidence"] - earlier["confidence"]).abs().max() < 1e-3  # type: ignore[operator]


def test_a_run_is_evaluated_with_the_accuracy_it_had(made: Path) -> None:
    earlier = pl.read_parquet(made / "run" / "predictions.parquet")
    is_right = earlier["predicted"].cast(pl.String) == earlier["label"].cast(pl.String)
    result = pixonomy.evaluate(made / "run")
    assert result.test is not None
    assert (result.test.n, result.test.accuracy) == (earlier.height, is_right.mean())


def test_its_arrays_are_trained_on(made: Path) -> None:
    plan = plan_training(TrainChoices("compact", changes={"epochs": 1, "size": 16}))
    result = pixonomy.train(made / "run" / "data" / "arrays", made / "again", plan)
    assert result.validation is not None
    assert result.validation.n > 0


def test_its_manifests_are_split_anew_and_looked_at(made: Path) -> None:
    data = made / "run" / "data"
    pixonomy.browse(data / "split.parquet", made / "page.html")
    # The pictures lay elsewhere: the manifest finds them by the paths in it, or says so.
    shutil.copytree(made / "pics", data / "pics")
    result = pixonomy.split(data / "manifest.parquet", made / "split.parquet")
    assert sum(result.splits.values()) + result.problems == 24
