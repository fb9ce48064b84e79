"""What happens where there is no network: in a network namespace of its own, with no route out."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CUT_OFF = ["unshare", "--map-root-user", "--net"]


def can_cut_off() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*CUT_OFF, "true"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not can_cut_off(), reason="no network namespace to be had")


def pixonomy(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*CUT_OFF, sys.executable, "-m", "pixonomy", *arguments, "--json"]
    # An empty home: weights that this machine has cached must not be found.
    environment = {**os.environ, "KERAS_HOME": str(folder / "keras"), "HOME": str(folder)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_fit_says_in_one_sentence_that_it_trains_from_scratch(
    tmp_path: Path, write_pictures: Callable[..., Path]
) -> None:
    source = write_pictures(tmp_path / "pictures", 8)
    done = pixonomy(tmp_path, "fit", str(source), "-o", str(tmp_path / "run"), "--size", "32")
    assert done.returncode == 0
    (sentence,) = [line for line in done.stderr.splitlines() if "weights" in line]
    assert "training `compact` from scratch" in sentence
    about = json.loads((tmp_path / "run" / "run.json").read_text())
    assert about["recipe"]["model"] == "compact"
    assert about["weights"] is None


def test_a_model_that_needs_weights_is_refused_with_what_to_do(
    tmp_path: Path, write_pictures: Callable[..., Path]
) -> None:
    source = write_pictures(tmp_path / "pictures", 8)
    run = str(tmp_path / "run")
    done = pixonomy(tmp_path, "fit", str(source), "-o", run, "--model", "probe", "--size", "32")
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert error["kind"] == "WeightsUnavailable"
    assert "--weights FILE" in error["message"]


def test_a_dead_network_is_known_for_one_within_seconds(tmp_path: Path) -> None:
    code = """
import time
from pixonomy.models.pretrained import WeightsUnavailable, fetch_weights
began = time.monotonic()
try:
    fetch_weights("mobilenet")
except WeightsUnavailable:
    print(time.monotonic() - began)
"""
    environment = {**os.environ, "KERAS_HOME": str(tmp_path / "keras"), "HOME": str(tmp_path)}
    done = subprocess.run(
        [*CUT_OFF, sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert float(done.stdout) < 60
