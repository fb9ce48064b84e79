import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"


@pytest.mark.real_data
@pytest.mark.skipif(not DATA.is_dir(), reason="the real pictures are not at hand")
@pytest.mark.slow
def test_goals_are_answered_by_their_keywords_without_a_training_image() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "words.py"), str(DATA)]
    command += ["--sets", "goals", "clothing"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    goals, clothing = map(json.loads, done.stdout.splitlines())
    assert (goals["n"], goals["categories"], goals["folds"]) == (1500, 5, 9)
    assert goals["accuracy"] >= 0.65
    assert goals["mean_over_folds"] >= 0.75
    assert clothing["n"] == 186
    assert clothing["accuracy"] > 0.3  # three times chance, two of ten names being unknown
