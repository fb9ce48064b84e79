"""`fit` is killed in each of its stages; the same command still ends with the same result."""

import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from killing import finish, kill_at_random, kill_in_stages, start
from pixonomy.bundle.load import load_bundle

PICTURES = 160  # a category: enough that worker processes decode them
RECIPE = 'model = "compact"\nsize = 32\nepochs = 3\nbatch = 32\n'
STAGES = ("data/split.parquet", "data/arrays/32", "history.csv", "bundle/bundle.json")


Begin = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def begin(tmp_path: Path, write_images: Callable[..., Path]) -> Begin:
    """Return what starts to fit a run of a name."""
    source, recipe = write_images(tmp_path / "pictures", PICTURES), tmp_path / "recipe.toml"
    recipe.write_text(RECIPE)

    def start_fit(run: str) -> "subprocess.Popen[bytes]":
        more = ("--recipe", recipe, "--weights", "none")
        return start("fit", source, "-o", tmp_path / run, *more)

    return start_fit


@pytest.mark.slow
def test_fit_killed_in_each_of_its_stages_ends_with_the_uninterrupted_result(
    tmp_path: Path, begin: Begin
) -> None:
    finish(begin("whole"))
    kill_in_stages(partial(begin, "killed"), [tmp_path / "killed" / stage for stage in STAGES])
    finish(begin("killed"))
    assert_same_run(tmp_path / "whole", tmp_path / "killed")


@pytest.mark.soak
def test_fit_killed_at_thirty_random_moments_ends_with_the_uninterrupted_result(
    tmp_path: Path, begin: Begin
) -> None:
    seconds = finish(begin("whole"))
    kill_at_random(partial(begin, "killed"), 30, seconds)
    finish(begin("killed"))
    assert_same_run(tmp_path / "whole", tmp_path / "killed")


def assert_same_run(whole: Path, killed: Path) -> None:
    one, other = (pl.read_parquet(run / "predictions.parquet") for run in (whole, killed))
    assert one.equals(other)
    with (
        np.load(whole / "checkpoints" / "best.npz") as first,
        np.load(killed / "checkpoints" / "best.npz") as second,
    ):
        for name in first.files:
            np.testing.assert_array_equal(first[name], second[name])
    histories = [pl.read_csv(run / "history.csv").drop("seconds") for run in (whole, killed)]
    assert histories[0].equals(histories[1])
    assert load_bundle(whole).calibration == load_bundle(killed).calibration
    for name in ("report.html", "evaluation.json", "training.json", "run.json"):
        assert (killed / name).stat().st_size > 100
    assert not [path for path in killed.rglob("*") if ".partial-" in path.name]


def test_a_finished_stage_is_not_done_again(
    fitted_images: Path, fitted_run: Path, tiny_recipe: Path
) -> None:
    data = fitted_run / "data"
    stages = (data / "manifest.parquet", data / "split.parquet", data / "arrays" / "arrays.json")
    before = [stage.stat().st_mtime_ns for stage in stages]
    more = ("--recipe", tiny_recipe, "--weights", "none")
    finish(start("fit", fitted_images, "-o", fitted_run, *more))
    assert [stage.stat().st_mtime_ns for stage in stages] == before
