"""`fit` is killed at ten random moments; the same command still ends with the same result."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import psutil
import pytest

from pixonomy.bundle.load import load_bundle

PICTURES = 160  # a category: enough that worker processes decode them
RECIPE = 'model = "compact"\nsize = 32\nepochs = 8\nbatch = 16\n'


def start(source: Path, run: Path, recipe: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pixonomy", "fit", str(source), "-o", str(run)]
    command += ["--recipe", str(recipe), "--weights", "none"]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, start_new_session=True, stdout=quiet, stderr=quiet)


def finish(process: subprocess.Popen[bytes]) -> float:
    began = time.monotonic()
    assert process.wait(timeout=240) == 0
    return time.monotonic() - began


def descendants(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    try:
        return list(psutil.Process(process.pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def partial_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if ".partial-" in path.name]


@pytest.mark.slow
def test_fit_killed_at_ten_random_moments_ends_with_the_uninterrupted_result(
    tmp_path: Path, write_pictures: Callable[..., Path]
) -> None:
    source = write_pictures(tmp_path / "pictures", PICTURES)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    seconds = finish(start(source, whole, recipe))

    chance = random.Random(20261122)
    for turn in range(10):
        process = start(source, killed, recipe)
        time.sleep(chance.uniform(0.3, seconds))
        children = descendants(process)
        if turn % 2:  # the parent alone: its workers have to end themselves
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        _, alive = psutil.wait_procs(children, timeout=10)
        assert not alive, "a worker went on after its parent was killed"
    finish(start(source, killed, recipe))

    assert_same_run(whole, killed)
    assert not partial_files(killed)


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
    source = write_pictures(tmp_path / "pictures", 12)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE.replace("epochs = 8", "epochs = 1"))
    finish(start(source, tmp_path / "run", recipe))
    before = (tmp_path / "run" / "data" / name).stat().st_mtime_ns
    finish(start(source, tmp_path / "run", recipe))
    assert (tmp_path / "run" / "data" / name).stat().st_mtime_ns == before
