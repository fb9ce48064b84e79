"""A folder goes in; the whole story, drawn, trained, evaluated and used offline, comes out."""

import time
from pathlib import Path
from typing import Any

from pixonomy.errors import SettingError
from pixonomy.files import printable, read_json, storage_errors, write_json
from pixonomy.gallery.draw import draw_fresh, draw_gallery
from pixonomy.progress import Surroundings
from pixonomy.road.classify import classify
from pixonomy.road.fit import FitChoices, fit
from pixonomy.road.train import TrainChoices

_DEFAULT = Surroundings()
_MARK = "demo.json"  # tells our own folder from one that people keep other things in
_FRESH_PER_CATEGORY = 4


def demo(
    output: Path,
    pictures_per_category: int = 300,
    seed: int = 0,
    surroundings: Surroundings = _DEFAULT,
) -> dict[str, Any]:
    """Draw pictures of five savings goals, fit a classifier on them, classify fresh ones.

    Returns:
        {gallery, run, bundle, report, planted, test, fresh: {right, sure, n, images}, seconds}.
    """
    began = time.monotonic()
    settings = {"pictures_per_category": pictures_per_category, "seed": seed}
    gallery = _draw(output, settings, surroundings)
    training = TrainChoices(model="compact", weights="none")
    fitted = fit(
        [gallery], output / "run", FitChoices(training=training), surroundings=surroundings
    )
    fresh = draw_fresh(output / "fresh", _FRESH_PER_CATEGORY, seed)
    answers = classify(output / "run", [path for path, _ in fresh], surroundings)["images"]
    truths = [truth for _, truth in fresh]
    planted = read_json(gallery / "planted.json")
    return {
        "gallery": printable(gallery),
        "run": fitted["run"],
        "bundle": fitted["bundle"],
        "report": fitted["report"],
        "planted": len(planted),
        "test": fitted["test"],
        "fresh": _count(answers, truths),
        "seconds": round(time.monotonic() - began, 2),
    }


def _draw(output: Path, settings: dict[str, int], surroundings: Surroundings) -> Path:
    """Draw the gallery, unless an earlier demo with the same settings has."""
    gallery = output / "gallery"
    drawn = read_json(output / _MARK)
    with storage_errors(output):
        if drawn is None and output.exists() and any(output.iterdir()):
            raise SettingError(
                f"{printable(output)} holds other files; choose an empty or new folder."
            )
    if drawn is not None and drawn != settings:
        raise SettingError(
            f"{printable(output)} holds a demo with other settings ({drawn}); choose another name."
        )
    write_json(output / _MARK, settings)
    if not (gallery / "planted.json").exists():
        draw_gallery(
            gallery, settings["pictures_per_category"], settings["seed"], surroundings.progress
        )
    return gallery


def _count(answers: list[dict[str, Any]], truths: list[str]) -> dict[str, Any]:
    images = [{**answer, "truth": truth} for answer, truth in zip(answers, truths, strict=True)]
    return {
        "n": len(images),
        "right": sum(one["top"][0]["label"] == one["truth"] for one in images),
        "sure": sum(one["verdict"] == "sure" for one in images),
        "images": images,
    }
