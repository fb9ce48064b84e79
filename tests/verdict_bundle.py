"""A bundle with goals that has one verdict for everything, to see each of the saver's pages."""

from pathlib import Path
from typing import Literal

from saving_bundle import GOALS as FEW_GOALS
from saving_bundle import give_goals

Fixed = Literal["sure", "unsure", "none"]

EMERGENCY: dict[str, object] = {
    "name": "Emergency fund",
    "amount": None,
    "months": 18,
    "currency": "USD",
    "source": "Advisers",
    "year": 2017,
    "formula": "months of spending",
    "per_unit": [3, 6],
}
GOALS = {**FEW_GOALS, "cross": [*FEW_GOALS["cross"], EMERGENCY]}
_KNOWN = {"n": 1000, "none_energy": -1e9, "none_novelty": 1e9}
_THRESHOLDS = {
    "sure": {**_KNOWN, "sure": 0.0, "sure_by_words": 0.0},
    "unsure": {**_KNOWN, "sure": 2.0, "sure_by_words": 2.0},
    "none": {"n": 1000, "none_energy": 1e9, "none_novelty": -1e9},
}


def make_verdict_bundle(run: Path, folder: Path, verdict: Fixed) -> Path:
    """Copy a run's bundle into a folder, with goals, and always this verdict."""
    return give_goals(run, folder, GOALS, _THRESHOLDS[verdict])
