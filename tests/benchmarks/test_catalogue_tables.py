"""A whole catalogue goes through `sample` and `split` within a minute and 6 GiB."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "catalogue_tables.py"


def measure(*options: str) -> Any:
    """Run the benchmark, which checks the tables it made, and return what it measured."""
    call = [sys.executable, str(BENCHMARK), "--json", *options]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_hundredth_of_a_catalogue_goes_through_sample_and_split() -> None:
    found = measure("--products", "70000")
    preset, balanced, split = found["results"]
    assert 5_000 < preset["groups"] <= 7_916
    assert balanced["groups"] == 10_000
    assert split["groups"] == 70_000
    assert split["rows"] == pytest.approx(70_000 * 1.75, rel=0.01)


@pytest.mark.soak
def test_a_whole_catalogue_takes_less_than_a_minute_and_six_gib() -> None:
    found = measure()
    preset, _, split = found["results"]
    assert preset["groups"] == 7_916
    assert split["rows"] > 12_300_000
    assert found["seconds"] < 60
    assert found["peak_gib"] < 6
