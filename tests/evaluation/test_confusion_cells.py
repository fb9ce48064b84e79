import polars as pl

from pixonomy.evaluation.confusion_cells import (
    EXAMPLES_OF_A_CELL,
    EXAMPLES_OF_A_PAIR,
    MOST_EXAMPLES,
    PAIRS,
    choose_cells,
)
from pixonomy.evaluation.metrics import measure


def answer(pairs: dict[tuple[str, str], int]) -> pl.DataFrame:
    rows = [pair for pair, count in pairs.items() for _ in range(count)]
    return pl.DataFrame(
        {
            "image_id": [f"{row:05d}" for row in range(len(rows))],
            "label": [true for true, _ in rows],
            "predicted": [predicted for _, predicted in rows],
            "confidence": [(row % 97) / 97 for row in range(len(rows))],
        }
    )


def test_the_most_frequent_mistakes_show_their_surest_pictures() -> None:
    predictions = answer({("a", "b"): 9, ("b", "a"): 2, ("a", "a"): 50, ("b", "b"): 1})
    cells = choose_cells(predictions, measure(predictions, ["a", "b"], "a"))
    assert cells.pairs["count"].to_list() == [9] * EXAMPLES_OF_A_PAIR + [2] * 2
    first = cells.pairs.filter(count=9)["confidence"].to_list()
    assert first == sorted(predictions["confidence"][:9], reverse=True)[:EXAMPLES_OF_A_PAIR]


def test_right_answers_show_their_least_sure_pictures() -> None:
    predictions = answer({("a", "b"): 9, ("a", "a"): 50, ("b", "b"): 1})
    cells = choose_cells(predictions, measure(predictions, ["a", "b"], "a"))
    right = cells.others.filter(pl.col("true") == 0)
    assert right.height == EXAMPLES_OF_A_CELL
    least = predictions.filter(label="a", predicted="a")["confidence"].sort()[:EXAMPLES_OF_A_CELL]
    assert right["confidence"].to_list() == least.to_list()


def test_very_many_cells_stay_within_what_a_page_can_hold() -> None:
    labels = [f"c{k:02d}" for k in range(40)]
    pairs = {(one, other): 5 for one in labels for other in labels}
    predictions = answer(pairs)
    cells = choose_cells(predictions, measure(predictions, labels, "c00"))
    assert cells.pairs.height <= PAIRS * EXAMPLES_OF_A_PAIR
    assert MOST_EXAMPLES - EXAMPLES_OF_A_CELL < cells.others.height <= MOST_EXAMPLES
    per_cell = cells.others.group_by("true", "answered").len()["len"]
    assert set(per_cell) == {EXAMPLES_OF_A_CELL}


def test_a_flawless_classifier_has_right_answers_to_show() -> None:
    predictions = answer({("a", "a"): 3, ("b", "b"): 1})
    cells = choose_cells(predictions, measure(predictions, ["a", "b"], "a"))
    assert cells.pairs.height == 0
    assert cells.others["label"].to_list() == ["a", "a", "a", "b"]
