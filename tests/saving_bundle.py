"""A bundle whose categories have goals, for tests of the saver's pages and API."""

import json
from collections.abc import Mapping
from pathlib import Path
from shutil import copytree

from pixonomy.bundle.load import BUNDLE_FILE, seal

GOALS: dict[str, list[dict[str, object]]] = {
    "cross": [
        {
            "name": "A new car",
            "amount": [2000, 6000],
            "months": 24,
            "currency": "USD",
            "source": "Edmunds",
            "source_url": "https://example.org/edmunds",
            "year": 2024,
        }
    ],
    "stripes": [{"name": "A week away", "amount": None, "months": None}],
}


def give_goals(
    run: Path,
    folder: Path,
    goals: Mapping[str, list[dict[str, object]]] = GOALS,
    calibration: Mapping[str, float] | None = None,
) -> Path:
    """Copy a run's bundle into a folder, with goals for some of its categories.

    Args:
        calibration: what is put in the place of the bundle's own thresholds.
    """
    copytree(run / "bundle", folder)
    about = json.loads((folder / BUNDLE_FILE).read_text("utf-8"))
    del about["digest"]
    about["calibration"].update(calibration or {})
    about["categories"] = {
        one["label"]: {"name": one["name"], "goals": goals.get(one["label"], [])}
        for one in about["labels"]
    }
    (folder / BUNDLE_FILE).write_text(json.dumps(seal(about)))
    (folder / "test.json").unlink(missing_ok=True)  # of the other digest
    return folder
