"""What happens where there is no network: in a network namespace of its own, with no route out."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path

import pytest

CUT_OFF = ["unshare", "--map-root-user", "--net"]


def can_cut_off() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*CUT_OFF, "true"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not can_cut_off(), reason="no network namespace to be had")


def command(*arguments: str) -> list[str]:
    return [*CUT_OFF, sys.executable, "-m", "pixonomy", *arguments, "--json"]


def environment(folder: Path) -> dict[str, str]:
    """Return an empty home: weights that this machine has cached must not be found."""
    return {**os.environ, "KERAS_HOME": str(folder / "keras"), "HOME": str(folder)}


def test_fit_says_in_one_sentence_that_it_trains_from_scratch(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    source = write_images(tmp_path / "pictures", 8)
    words = command("fit", str(source), "-o", str(tmp_path / "run"), "--size", "32")
    with subprocess.Popen(
        words, stderr=subprocess.PIPE, text=True, env=environment(tmp_path)
    ) as process:
        assert process.stderr is not None
        said = list(takewhile(lambda line: not line.startswith("Epoch "), process.stderr))
        process.kill()  # that it goes on to the end is told elsewhere
    (sentence,) = [line for line in said if "weights" in line]
    assert "training `compact` from scratch" in sentence
    about = json.loads((tmp_path / "run" / "run.json").read_text())
    assert about["recipe"]["model"] == "compact"
    assert about["weights"] is None


@pytest.mark.slow
def test_a_model_that_needs_weights_is_refused_with_what_to_do(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    source = write_images(tmp_path / "pictures", 8)
    run = str(tmp_path / "run")
    words = command("fit", str(source), "-o", run, "--model", "probe", "--size", "32")
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env=environment(tmp_path)
    )
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert error["kind"] == "WeightsUnavailable"
    assert "--weights FILE" in error["message"]


@pytest.mark.slow
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
    done = subprocess.run(
        [*CUT_OFF, sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=environment(tmp_path),
    )
    assert float(done.stdout) < 60
