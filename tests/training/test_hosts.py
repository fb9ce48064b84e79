"""Two processes that train one network together on JAX."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import pixonomy
from pixonomy.cli.console import read_hosts
from pixonomy.errors import SettingError
from pixonomy.progress import Hosts
from pixonomy.training.checkpoint import load_weights
from pixonomy.training.run import RunFolder

RECIPE = """
model = "compact"
size = 32
epochs = 2
batch = 16
learning_rate = 1e-3
dropout = 0.2
cutmix = 1.0
"""


def test_hosts_are_read_from_one_text() -> None:
    assert read_hosts(None) == Hosts()
    assert read_hosts("10.0.0.1:1234,4,3") == Hosts("10.0.0.1:1234", 4, 3)


@pytest.mark.parametrize("text", ["here", "a:1,2,2", "a:1,2", "a,2,1", "a:1,x,0", "a:1,2,-1"])
def test_a_text_of_another_form_is_told(text: str) -> None:
    with pytest.raises(SettingError, match="ADDRESS:PORT,HOSTS,RANK"):
        read_hosts(text)


@pytest.fixture(scope="module")
def arrays(tmp_path_factory: pytest.TempPathFactory, write_images: Any) -> Path:
    folder = tmp_path_factory.mktemp("hosts")
    pixonomy.index([write_images(folder / "pictures", 40)], folder / "all.parquet")
    pixonomy.split(folder / "all.parquet", folder / "split.parquet")
    settings = pixonomy.ArraySettings((32,), "stretch")
    pixonomy.prepare(folder / "split.parquet", folder / "arrays", settings)
    (folder / "mine.toml").write_text(RECIPE)
    return folder


def start(folder: Path, run: Path, hosts: str | None) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "pixonomy", "train", str(folder / "arrays")]
    command += [
        "--weights",
        "none",
        "--recipe",
        str(folder / "mine.toml"),
        "-o",
        str(run),
        "--json",
    ]
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    if hosts is not None:
        environment["PIXONOMY_HOSTS"] = hosts
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.slow
def test_two_hosts_reach_what_one_reaches(arrays: Path, tmp_path: Path) -> None:
    pytest.importorskip("jax")
    alone = start(arrays, tmp_path / "alone", None)
    assert alone.wait() == 0
    place = f"127.0.0.1:{free_port()}"
    both = [start(arrays, tmp_path / "both", f"{place},2,{rank}") for rank in range(2)]
    answers = []
    for process in both:
        output, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors.decode()[-2000:]
        answers.append(json.loads(output))
    assert answers[0]["validation"] == pytest.approx(answers[1]["validation"], rel=1e-5)
    one, other = (load_weights(RunFolder(tmp_path / name).best) for name in ("alone", "both"))
    for mine, theirs in zip(one, other, strict=True):
        wanted, given = mine.astype(np.float64), theirs.astype(np.float64)
        assert np.abs(wanted - given).mean() <= 0.02 * np.abs(wanted).mean() + 1e-4
    assert (tmp_path / "both" / "bundle" / "bundle.json").exists()
    first = [pl.read_csv(tmp_path / name / "history.csv").row(0) for name in ("alone", "both")]
    assert first[0][1] == pytest.approx(first[1][1], rel=1e-3)  # the training loss
