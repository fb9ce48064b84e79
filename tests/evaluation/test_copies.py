"""Test pictures that training knows in another copy are found by each of the marks."""

import polars as pl
import pytest

from pixonomy.evaluation.copies import DuplicateCheck, check_duplicates


def rows_of(*rows: tuple[str, str, str | None, str | None]) -> pl.DataFrame:
    names = ["image_id", "split", "duplicate_group", "sha256"]
    return pl.DataFrame(rows, dict.fromkeys(names, pl.String), orient="row")


ROWS = rows_of(
    ("t1", "train", "d", "1"),
    ("t2", "train", None, "2"),
    ("v1", "validation", "e", "3"),
    ("a", "test", "d", "4"),
    ("b", "test", None, "2"),
    ("c", "test", None, "6"),
    ("d", "test", "e", "3"),
    ("e", "test", None, "7"),
)
PREDICTIONS = pl.DataFrame(
    {"image_id": list("abcde"), "label": ["x"] * 5, "predicted": ["x", "x", "y", "x", "y"]}
)


def share(check: DuplicateCheck, name: str) -> list[float]:
    found = getattr(check, name)
    return [found.n, found.accuracy]


def test_a_copy_is_one_by_mark_or_by_bytes_and_only_of_training() -> None:
    check = check_duplicates(PREDICTIONS, ROWS)
    assert (check.n, check.unknown, check.is_known) == (2, 0, True)
    assert share(check, "all") == [5, 0.6]
    assert share(check, "without") == pytest.approx([3, 1 / 3])
    assert share(check, "copies") == [2, 1.0]


def test_another_picture_of_a_trained_product_counts_as_a_copy() -> None:
    groups = pl.Series("group_id", ["g1", "g2", "g3", "g4", "g5", "g2", "g3", "g8"])
    check = check_duplicates(PREDICTIONS, ROWS.with_columns(groups))
    assert check.n == 3
    assert share(check, "copies") == pytest.approx([3, 2 / 3])


def test_the_json_tells_the_three_shares() -> None:
    told = check_duplicates(PREDICTIONS, ROWS).as_json()
    assert list(told) == ["in_training", "unknown", "all", "without", "copies"]
    assert isinstance(told["without"], dict)
    assert list(told["without"]) == ["n", "accuracy", "accuracy_low", "accuracy_high", "units"]


def test_where_there_are_none_all_is_without() -> None:
    check = check_duplicates(PREDICTIONS.tail(1), ROWS)
    assert (check.n, check.copies) == (0, None)
    assert check.all == check.without


def test_what_nobody_looked_at_is_not_called_free_of_copies() -> None:
    marks = ("duplicate_group", "sha256")
    blank = ROWS.with_columns(pl.lit(None, pl.String).alias(name) for name in marks)
    assert not check_duplicates(PREDICTIONS, blank).is_known
    assert not check_duplicates(PREDICTIONS, ROWS.drop(marks)).is_known
    half = pl.when(pl.col("image_id") == "e").then(None).otherwise("sha256").alias("sha256")
    some = check_duplicates(PREDICTIONS, ROWS.with_columns(half))
    assert (some.is_known, some.unknown) == (True, 1)


def test_predictions_of_other_pictures_have_no_copies() -> None:
    check = check_duplicates(PREDICTIONS.clear(), ROWS)
    assert (check.n, check.all, check.is_known) == (0, None, True)
