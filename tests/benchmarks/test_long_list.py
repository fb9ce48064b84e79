import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "long_list.py"


def run(*arguments: str) -> list[dict[str, Any]]:
    command = [sys.executable, str(SCRIPT), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_ledger_is_filled_measured_and_opened_again() -> None:
    *lines, end = run("--ledger", "--rows", "5000")
    assert [one["noted"] for one in lines] == list(range(500, 5001, 500))
    assert all(one["cpu_us"] > 0 and one["anonymous_mib"] > 0 for one in lines)
    assert (end["kept"], end["open_seconds"] < 5) == (5000, True)


@pytest.mark.slow
def test_a_list_is_collected_for_a_while_and_goes_on_after_a_kill() -> None:
    first, *lines, again = run("--rows", "50000", "--minutes", "0.1", "--intervals", "2")
    assert (first["rows"], len(lines)) == (50_000, 2)
    assert 0 < first["first_seconds"] < 60
    assert 0 < lines[0]["kept"] < lines[1]["kept"] < 50_000
    assert all(one["cpu_ms"] > 0 and one["anonymous_mib"] > 0 for one in lines)
    assert 0 < again["restart_seconds"] < 60
