from collections.abc import Sequence

import polars as pl
import pytest

from pixonomy.evaluation.metrics import Metrics, measure
from pixonomy.evaluation.sections import (
    compare_bars,
    compare_in_words,
    describe_weakness,
    tabulate_classes,
)

NAMES = {"cat": "Cat", "dog": "Dog", "fox": "Fox"}


def measure_answers(truth: Sequence[str], predicted: Sequence[str], majority: str) -> Metrics:
    table = pl.DataFrame({"label": truth, "predicted": predicted})
    return measure(table, list(NAMES), majority)


def mostly_right() -> Metrics:
    """80 of 100 pictures right, and 50 by always answering "cat"."""
    truth = ["cat"] * 50 + ["dog"] * 50
    return measure_answers(truth, ["cat"] * 50 + ["dog"] * 30 + ["fox"] * 20, "cat")


@pytest.mark.parametrize(
    ("share", "start"), [(0.5, "Clearly better"), (0.8, "Not clearly"), (0.98, "Clearly worse")]
)
def test_a_probe_is_compared_honestly_whichever_wins(share: float, start: str) -> None:
    majority, probe = compare_in_words(mostly_right(), {"linear probe": share}, NAMES)
    assert majority == "Clearly better than always answering “Cat” (50.0%)."
    assert probe.startswith(start)
    assert "the linear probe" in probe


def test_one_right_picture_is_not_called_clearly_better_than_anything() -> None:
    metrics = measure_answers(["cat"], ["cat"], "dog")
    (sentence,) = compare_in_words(metrics, {}, NAMES)
    assert sentence.startswith("Not clearly different from always answering “Dog” (0%)")


def test_always_answering_the_majority_is_no_better_than_that() -> None:
    metrics = measure_answers(["cat", "dog"] * 50, ["cat"] * 100, "cat")
    (sentence,) = compare_in_words(metrics, {}, NAMES)
    assert sentence.startswith("Not clearly different")


def test_the_majority_baseline_appears_once_and_the_rest_by_rank() -> None:
    baselines = {"linear probe": 0.4, "always the most common category": 0.5, "always cat": 0.5}
    names = [bar.name for bar in compare_bars(mostly_right(), baselines, NAMES)]
    ranked = ["Always answering Cat", "Linear probe", "Guessing at random"]
    assert names == ["This classifier", *ranked]


def test_categories_without_pictures_come_last_and_undefined() -> None:
    rows = tabulate_classes(mostly_right(), NAMES)
    assert [row.name for row in rows] == ["Dog", "Cat", "Fox"]
    assert rows[0].mistaken_for == "Fox (20)"
    assert (rows[2].precision, rows[2].recall, rows[2].interval, rows[2].f1) == ("0%", "–", "", "–")


def test_the_weakest_category_and_the_most_frequent_mistake_are_named() -> None:
    assert describe_weakness(mostly_right(), NAMES) == [
        "It is weakest at “Dog”: of 50 pictures it finds 30 (60.0%, 95% interval 46.2% to 72.4%).",
        "Its most frequent mistake: “Dog” taken for “Fox”, 20 of 20 mistakes.",
    ]


def test_that_a_category_of_few_pictures_is_the_weakest_can_be_chance() -> None:
    truth = ["cat"] * 10 + ["dog"] * 10
    metrics = measure_answers(truth, ["cat"] * 10 + ["dog"] * 9 + ["cat"], "cat")
    _, doubt, _ = describe_weakness(metrics, NAMES)
    assert doubt == "On so few, that it fares worse there than elsewhere can be chance."


def test_who_errs_not_has_no_weakness() -> None:
    assert describe_weakness(measure_answers(["cat"], ["cat"], "cat"), NAMES) == []
