"""`fit` is killed in each of its stages; the same command still ends with the same result."""

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


def fit(source: Path, run: Path, recipe: Path) -> tuple[object, ...]:
    return "fit", source, "-o", run, "--recipe", recipe, "--weights", "none"


@pytest.fixture
def commands(
    tmp_path: Path, write_pictures: Callable[..., Path]
) -> Callable[[str, int], tuple[object, ...]]:
    """Return what gives the command that makes a run of so many epochs."""
    source, recipe = write_pictures(tmp_path / "pictures", PICTURES), tmp_path / "recipe.toml"

    def command(run: str, epochs: int) -> tuple[object, ...]:
        recipe.write_text(RECIPE.replace("epochs = 3", f"epochs = {epochs}"))
        return fit(source, tmp_path / run, recipe)

    return command


def partial_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if ".partial-" in path.name]


@pytest.mark.slow
def test_fit_killed_in_each_of_its_stages_ends_with_the_uninterrupted_result(
    tmp_path: Path, commands: Callable[[str, int], tuple[object, ...]]
) -> None:
    finish(start(*commands("whole", 3)))
    begin = partial(start, *commands("killed", 3))
    kill_in_stages(begin, [tmp_path / "killed" / stage for stage in STAGES])
    finish(begin())
    assert_same_run(tmp_path / "whole", tmp_path / "killed")
    assert not partial_files(tmp_path / "killed")


@pytest.mark.soak
def test_fit_killed_at_thirty_random_moments_ends_with_the_uninterrupted_result(
    tmp_path: Path, commands: Callable[[str, int], tuple[object, ...]]
) -> None:
    seconds = finish(start(*commands("whole", 8)))
    begin = partial(start, *commands("killed", 8))
    kill_at_random(begin, 30, seconds)
    finish(begin())
    assert_same_run(tmp_path / "whole", tmp_path / "killed")
    assert not partial_files(tmp_path / "killed")


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


@pytest.mark.parametrize("name", ["manifest.parquet", "split.parquet"])
def test_a_finished_stage_is_not_done_again(
    tmp_path: Path, write_pictures: Callable[..., Path], name: str
) -> None:
XX