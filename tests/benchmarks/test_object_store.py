import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "object_store.py"


def measure(*arguments: str) -> list[dict[str, Any]]:
    command = [sys.executable, str(SCRIPT), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [line for line in lines if line["client"] == "pixonomy"]


@pytest.mark.timed
def test_ranges_of_objects_cost_little() -> None:
    """The middle of three rounds; a busy machine only makes them dearer."""
    rounds = measure("--rounds", "3", "--reads", "300", "--mebibytes", "128")
    assert sorted(one["range_cpu_ms"] for one in rounds)[1] <= 0.5
    assert sorted(one["gb_cpu_s"] for one in rounds)[1] <= 1.2
