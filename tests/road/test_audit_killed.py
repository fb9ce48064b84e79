"""`audit` is killed at random moments; the same command still ends with the same findings."""

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

from pixonomy.road.index import index

PICTURES = 100  # a category: enough that worker processes look at them


def start(manifest: Path, output: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pixonomy", "audit", str(manifest), "-o", str(output)]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        [*command, "--network", "none"], start_new_session=True, stdout=quiet, stderr=quiet
    )


def finish(process: subprocess.Popen[bytes]) -> float:
    began = time.monotonic()
    assert process.wait(timeout=240) == 0
    return time.monotonic() - began


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def descendants(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    try:
        return list(psutil.Process(process.pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


@pytest.mark.slow
def test_an_audit_killed_at_random_moments_ends_with_the_uninterrupted_findings(
    tmp_path: Path, write_pictures: Callable[..., Path]
) -> None:
    folder = write_pictures(tmp_path / "pictures", PICTURES)
    (folder / "cross" / "text.jpg").write_text("This is no picture.")
    for number in range(5):
        data = (folder / "circle" / f"00{number}.jpg").read_bytes()
        (folder / "cross" / f"again{number}.jpg").write_bytes(data)
    index([folder], tmp_path / "m.parquet")
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    seconds = finish(start(tmp_path / "m.parquet", whole))

    chance = random.Random(20261122)
    for turn in range(5):
        process = start(tmp_path / "m.parquet", killed)
        time.sleep(chance.uniform(0.3, seconds))
        children = descendants(process)
        if turn % 2:  # the parent alone: its workers have to end themselves
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        _, alive = psutil.wait_procs(children, timeout=10)
        assert not alive, "a worker went on after its parent was killed"
    finish(start(tmp_path / "m.parquet", killed))

    assert names_in(killed) == names_in(whole)
    for name in ("findings", "survey", "pairs", "labels", "manifest"):
        one, other = (pl.read_parquet(run / f"{name}.parquet") for run in (whole, killed))
        assert one.equals(other), name
    assert np.array_equal(*(np.load(run / "embeddings.npy") for run in (whole, killed)))
    page, other_page = ((run / "audit.html").read_text("utf-8") for run in (whole, killed))
    assert page == other_page.replace(str(killed), str(whole))
