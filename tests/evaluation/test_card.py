from dataclasses import replace

import polars as pl

from pixonomy.evaluation.card import write_card
from pixonomy.evaluation.examples import ImageSource
from pixonomy.evaluation.metrics import measure
from pixonomy.evaluation.report import Report
from pixonomy.pages.provenance import Provenance

LABELS = ("cat", "dog")
NAMES = {"cat": "Cat", "dog": "Dog | <b>wolf</b>"}


def make_report() -> Report:
    predictions = pl.DataFrame(
        {
            "image_id": ["1", "2", "3"],
            "group_id": ["1", "2", "3"],
            "label": ["cat", "cat", "dog"],
            "predicted": ["cat", "dog", "dog"],
            "confidence": [0.9, 0.6, 0.7],
            "verdict": ["sure", "unsure", "sure"],
        }
    )
    nothing = pl.DataFrame(schema={"image_id": pl.String, "problem": pl.String})
    return Report(
        title="pets",
        metrics=measure(predictions, LABELS, "cat"),
        evaluated_split="test",
        labels=LABELS,
        names=NAMES,
        predictions=predictions,
        images=ImageSource(lambda _: {}),
        history=None,
        baselines={"linear probe": 0.5},
        counts=pl.DataFrame(schema={"label": pl.String}),
        problems=nothing,
        facts={"model": "compact", "bundle (digest)": "sha256:abc"},
        notes=("Only 3 pictures were tested: the interval is wide.",),
        provenance=Provenance("2 May 2026", "pets", None, "pixonomy evaluate pets"),
    )


def test_the_card_tells_what_the_model_is_for_and_how_far_to_trust_it() -> None:
    card = write_card(make_report())
    assert card.startswith("# Model card: pets\n")
    for heading in ("The model", "What it is for", "How good it is", "Each category", "Limits"):
        assert f"\n## {heading}\n" in card
    assert "| accuracy | 66.7% |" in card
    assert "sha256:abc" in card
    assert "Only 3 pictures were tested" in card
    assert "- It is weakest at “" in card
    assert "pixonomy evaluate pets" in card


def test_names_cannot_break_its_tables() -> None:
    (row,) = [line for line in write_card(make_report()).splitlines() if line.startswith("| Dog")]
    assert "Dog \\| \\<b\\>wolf" in row
    assert row.replace("\\|", "").count("|") == 7


def test_without_test_pictures_it_says_that_nothing_is_known() -> None:
    card = write_card(replace(make_report(), metrics=None))
    assert "Unknown: no labelled picture" in card
    assert "## Each category" not in card
