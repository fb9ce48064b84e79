"""A bundle with goals that has one verdict for everything, to see each of the saver's pages."""

import json
from pathlib import Path
from shutil import copytree
from typing import Literal

from pixonomy.bundle.load import BUNDLE_FILE, seal

Fixed = Literal["sure", "unsure", "none"]

GOALS = {
    "cross": [
        {
            "name": "A new car",
            "amount": [2000, 6000],
            "months": 24,
            "currency": "USD",
            "source": "Edmunds",
            "source_url": "https://example.org/edmunds",
            "year": 2024,
        },
        {
            "name": "Emergency fund",
            "amount": None,
            "months": 18,
            "currency": "USD",
            "source": "Advisers",
            "year": 2017,
            "formula": "months of spending",
            "per_unit": [3, 6],
        },
    ],
    "stripes": [{"name": "A week away", "amount": None, "months": None}],
}
_KNOWN = {"n": 1000, "none_energy": -1e9, "none_novelty": 1e9}
_THRESHOLDS = {
    "sure": {**_KNOWN, "sure": 0.0, "sure_by_words": 0.0},
    "unsure": {**_KNOWN, "sure": 2.0, "sure_by_words": 2.0},
    "none": {"n": 1000, "none_energy": 1e9, "none_novelty": -1e9},
}


def make_verdict_bundle(run: Path, folder: Path, verdict: Fixed) -> Path:
    """Copy a run's bundle into a folder, with goals, and always this verdict."""
    copytree(run / "bundle", folder)
    about = json.loads((folder / BUNDLE_FILE).read_text("utf-8"))
    del about["digest"]
    about["calibration"].update(_THRESHOLDS[verdict])
    about["categories"] = {
        one["label"]: {"name": one["name"], "goals": GOALS.get(one["label"], [])}
        for one in about["labels"]
    }
    (folder / BUNDLE_FILE).write_text(json.dumps(seal(about)))
    (folder / "test.json").unlink(missing_ok=True)  # of the other digest
    return folder
