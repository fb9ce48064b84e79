"""`audit` is killed in each of its stages; the same command still ends with the same findings."""

import re
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from killing import finish, kill_at_random, kill_in_stages, start
from pixonomy.verbs.index import index

PICTURES = 100  # a category: enough that worker processes look at them
STAGES = (".plan.json", "survey.parquet", "pairs.parquet", "labels.parquet")
Begin = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def begin(tmp_path: Path, write_images: Callable[..., Path]) -> Begin:
    """Return what starts to audit into a folder of a name."""
    folder = write_images(tmp_path / "pictures", PICTURES)
    (folder / "cross" / "text.jpg").write_text("This is no picture.")
    for number in range(5):
        data = (folder / "circle" / f"00{number}.jpg").read_bytes()
        (folder / "cross" / f"again{number}.jpg").write_bytes(data)
    index([folder], tmp_path / "m.parquet")

    def start_audit(output: str) -> "subprocess.Popen[bytes]":
        out = ("-o", tmp_path / output, "--network", "none")
        return start("audit", tmp_path / "m.parquet", *out)

    return start_audit


@pytest.mark.slow
def test_an_audit_killed_in_each_of_its_stages_ends_with_the_uninterrupted_findings(
    tmp_path: Path, begin: Begin
) -> None:
    finish(begin("whole"))
    kill_in_stages(partial(begin, "killed"), [tmp_path / "killed" / stage for stage in STAGES])
    finish(begin("killed"))
    assert_same_audit(tmp_path / "whole", tmp_path / "killed")


@pytest.mark.soak
def test_an_audit_killed_at_thirty_random_moments_ends_with_the_uninterrupted_findings(
    tmp_path: Path, begin: Begin
) -> None:
    seconds = finish(begin("whole"))
    kill_at_random(partial(begin, "killed"), 30, seconds)
    finish(begin("killed"))
    assert_same_audit(tmp_path / "whole", tmp_path / "killed")


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def assert_same_audit(whole: Path, killed: Path) -> None:
    assert names_in(killed) == names_in(whole)
    for name in ("findings", "survey", "pairs", "labels", "manifest"):
        one, other = (pl.read_parquet(run / f"{name}.parquet") for run in (whole, killed))
        assert one.equals(other), name
    assert np.array_equal(*(np.load(run / "embeddings.npy") for run in (whole, killed)))
    page, other_page = ((run / "audit.html").read_text("utf-8") for run in (whole, killed))
    assert undated(page) == undated(other_page).replace(str(killed), str(whole))


def undated(page: str) -> str:
    """Return a page without the moment it was made at, and how long that took."""
    return re.sub(r"Made on .*? UTC in [^,]*,", "", page)
