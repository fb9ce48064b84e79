"""What a taxonomy says of its categories is what the trained bundle answers with."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import pixonomy
from conftest import MakeOnce
from pixonomy.arrays.image_shards import read_arrays
from pixonomy.bundle.load import load_bundle
from pixonomy.cli.main import run
from pixonomy.dataset.manifest import read_manifest
from pixonomy.dataset.read_taxonomy import read_taxonomy
from pixonomy.sampling.draw import SampleChoices
from pixonomy.training.run import read_run
from pixonomy.verbs.fit import FitChoices, fit
from pixonomy.verbs.index import IndexChoices, index
from pixonomy.verbs.sample import sample
from pixonomy.verbs.train import TrainChoices

Call = Callable[..., tuple[int, Any, str]]

TAXONOMY = """
title = "Shapes"
[[category]]
id = "lines"
name = "Made of lines"
[[category]]
id = "cross"
name = "A cross\\u001b[31m"
parent = "lines"
description = "Two lines that meet."
keywords = ["plus sign"]
[[category.goal]]
name = "Draw a cross"
amount = [5, 12.5]
months = 2
[[category.goal]]
name = "Frame it"
formula = "share of a price"
low = 0.1
high = 0.25
currency = "EUR"
year = 2024
source = "Framers"
source_url = "https://framers.example/2024"
[[category.goal]]
name = "Rub it out"
[[category]]
id = "stripes"
name = "Stripes"
parent = "lines"
[[category]]
id = "circle"
name = "Round thing"
[[category]]
id = "square"
name = "A square: nobody has drawn one"
"""
GOALS = [
    {"name": "Draw a cross", "amount": [5, 12.5], "months": 2},
    {
        "name": "Frame it", "amount": None, "months": None, "currency": "EUR", "source": "Framers",
        "source_url": "https://framers.example/2024", "year": 2024,
        "formula": "share of a price", "per_unit": [0.1, 0.25],
    },
    {"name": "Rub it out", "amount": None, "months": None},
]  # fmt: skip


def write_taxonomy(folder: Path) -> Path:
    (folder / "shapes.toml").write_text(TAXONOMY)
    return folder / "shapes.toml"


@pytest.fixture(scope="module")
def place(make_once: MakeOnce, write_images: Callable[..., Path], tiny_recipe: Path) -> Path:
    """A folder with `photos`, `shapes.toml` and the `run` that was fitted on both."""

    def make(at: Path) -> None:
        photos = write_images(at / "photos", 16)
        choices = FitChoices(
            training=TrainChoices(recipe=str(tiny_recipe), weights="none"),
            categories=write_taxonomy(at),
        )
        fit([photos], at / "run", choices)

    return make_once("shapes", make)


def test_it_goes_unchanged_from_the_manifest_into_the_arrays_and_the_run(place: Path) -> None:
    taxonomy, data = read_taxonomy(place / "shapes.toml"), place / "run" / "data"
    for name in ("manifest", "split"):
        assert read_manifest(data / f"{name}.parquet").taxonomy == taxonomy
    assert read_arrays(data / "arrays").taxonomy == taxonomy
    in_run = read_run(place / "run")[1].taxonomy
    assert in_run == taxonomy.restrict(["circle", "cross", "stripes"])
    assert in_run.categories["cross"].keywords == ("plus sign",)


def test_a_sample_and_a_manifest_of_a_manifest_have_it_too(place: Path, tmp_path: Path) -> None:
    manifest = place / "run" / "data" / "manifest.parquet"
    sample(manifest, tmp_path / "s.parquet", SampleChoices(("Made of lines",)))
    index([tmp_path / "s.parquet"], tmp_path / "again.parquet")
    again = read_manifest(tmp_path / "again.parquet")
    assert again.labels == ("cross", "stripes")
    assert again.taxonomy == read_manifest(manifest).taxonomy
    index([manifest], tmp_path / "coarse.parquet", IndexChoices(level=1))
    assert read_manifest(tmp_path / "coarse.parquet").labels == ("circle", "lines")


def test_the_bundle_holds_the_labels_and_what_lies_above_them(place: Path) -> None:
    stored = json.loads((place / "run" / "bundle" / "bundle.json").read_text())
    assert stored["categories"] == {
        "lines": {"name": "Made of lines"},
        "cross": {
            "name": "A cross\x1b[31m",
            "parent": "lines",
            "description": "Two lines that meet.",
            "goals": GOALS,
        },
        "stripes": {"name": "Stripes", "parent": "lines"},
        "circle": {"name": "Round thing"},
    }
    assert [one["name"] for one in stored["labels"]] == [
        "Round thing", "A cross\x1b[31m", "Stripes"
    ]  # fmt: skip


def test_classify_answers_with_names_paths_and_goals(place: Path, call: Call) -> None:
    code, answer, _ = call("classify", place / "run", place / "photos")
    assert code == 0
    by_label = {one["label"]: one for one in answer["images"] if one["label"] is not None}
    assert set(by_label) == {"circle", "cross", "stripes"}
    cross, circle = by_label["cross"], by_label["circle"]
    assert (cross["name"], cross["goals"]) == ("A cross\x1b[31m", GOALS)
    assert cross["category_path"] == ["Made of lines", "A cross\x1b[31m"]
    assert circle["name"] == "Round thing"
    assert not {"category_path", "goals"} & circle.keys()
    assert "goals" not in by_label["stripes"]


def test_a_loaded_classifier_answers_the_same(place: Path) -> None:
    classifier = pixonomy.load(place / "run")
    answers = classifier(sorted((place / "photos" / "cross").iterdir()))
    found = next(one for one in answers if one.label == "cross")
    assert found.category_path == ("Made of lines", "A cross\x1b[31m")
    assert [one.as_json() for one in found.goals or ()] == GOALS


def test_the_table_shows_names_that_no_terminal_obeys_and_goals(
    place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    classifier, photos = pixonomy.load(place / "run"), place / "photos"
    photo = next(one for one in photos.glob("cross/*") if classifier(one).label == "cross")
    assert run(["classify", str(place / "run"), str(photo)]) == 0
    shown = capfd.readouterr().out
    assert r"Made of lines / A cross\x1b[31m" in shown
    assert "\n    Draw a cross (5 to 12.5, a guess, 2 months)\n" in shown
    assert "\n    Frame it (10 to 25 % of the price, Framers 2024)\n    Rub it out\n" in shown
    assert run(["classify", str(place / "run"), str(photos)]) == 0
    shown += capfd.readouterr().out
    assert "Round thing" in shown
    assert "\x1b" not in shown


def test_predictions_name_the_category(place: Path, call: Call, tmp_path: Path) -> None:
    manifest = place / "run" / "data" / "manifest.parquet"
    code, answer, _ = call("predict", place / "run", manifest, "-o", tmp_path / "p.parquet")
    assert code == 0
    table = pl.read_parquet(answer["predictions"]).select("predicted", "predicted_name").unique()
    names = load_bundle(place / "run").names
    assert dict(table.iter_rows()).items() <= {
        "circle": names[0], "cross": names[1], "stripes": names[2]
    }.items()  # fmt: skip


def test_the_evaluation_tells_how_near_mistakes_are(place: Path) -> None:
    stored = json.loads((place / "run" / "evaluation.json").read_text())["hierarchy"]
    assert [(one["level"], one["categories"]) for one in stored["levels"]] == [(1, 2), (2, 3)]


def test_a_ring_of_parents_is_told_before_anything_is_read(tmp_path: Path, call: Call) -> None:
    ring = TAXONOMY.replace('name = "Made of lines"', 'name = "x"\nparent = "cross"')
    (tmp_path / "ring.toml").write_text(ring)
    code, answer, _ = call(
        "index", tmp_path / "none", "-o", tmp_path / "m.parquet", "--categories",
        tmp_path / "ring.toml",
    )  # fmt: skip
    assert code == 2
    assert "'lines' lies below itself ('lines' → 'cross' → 'lines')" in answer["error"]["message"]


@pytest.mark.parametrize("levels", [2, 4])
def test_a_table_of_any_number_of_levels_gives_labels_at_each(
    write_images: Callable[..., Path], tmp_path: Path, levels: int
) -> None:
    photos, names = write_images(tmp_path / "photos", 2), tmp_path / "names.csv"
    columns = ",".join(f"category_level{level}" for level in range(1, levels + 1))
    above = "".join(f"LEVEL {level}," for level in range(1, levels))
    lines = [f"{label},{above}{label.upper()}" for label in ("circle", "cross", "stripes")]
    names.write_text("\n".join([f"category_id,{columns}", *lines]))
    index([photos], tmp_path / "m.parquet", IndexChoices(categories=names))
    manifest = read_manifest(tmp_path / "m.parquet")
    assert manifest.labels == ("circle", "cross", "stripes")
    assert manifest.taxonomy is not None
    assert manifest.taxonomy.path_names("cross")[-2:] == [f"LEVEL {levels - 1}", "CROSS"]
    index([photos], tmp_path / "1.parquet", IndexChoices(categories=names, level=1))
    assert read_manifest(tmp_path / "1.parquet").labels == ("LEVEL 1",)
