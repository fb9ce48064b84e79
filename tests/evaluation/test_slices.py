"""Accuracy by where pictures come from, worst first."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

from pixonomy.evaluation.slices import ROWS_AT_MOST, Slice, find_slice_columns, measure_slices


def measured(
    tested: Mapping[Any, tuple[int, int]], trained: Mapping[Any, int] | None = None
) -> Slice:
    """Measure values of which so many of so many test pictures are right; others are trained on."""
    values = [value for value, (_, n) in tested.items() for _ in range(n)]
    right = [place < good for good, n in tested.values() for place in range(n)]
    train = [value for value, n in (trained or {}).items() for _ in range(n)]
    ids = [str(number) for number in range(len(values) + len(train))]
    rows = pl.DataFrame(
        {
            "image_id": ids,
            "split": ["test"] * len(values) + ["train"] * len(train),
            "keyword": pl.Series([*values, *train], dtype=pl.String),
        }
    )
    predictions = pl.DataFrame(
        {
            "image_id": ids[: len(values)],
            "label": ["a"] * len(values),
            "predicted": ["a" if good else "b" for good in right],
        }
    )
    (slice_,) = measure_slices(predictions, rows, ["keyword"])
    return slice_


def lines(slice_: Slice) -> list[tuple[str | None, int, int, float, int]]:
    return [(one.value, one.values, one.n, one.accuracy, one.train) for one in slice_.rows]


def test_the_worst_come_first_and_of_equals_those_with_more_pictures() -> None:
    slice_ = measured(
        {"sea": (9, 10), "beach": (5, 10), "sand": (10, 20), "sun": (5, 5)},
        {"sea": 7, "mountain": 3},
    )
    assert lines(slice_) == [
        ("sand", 1, 20, 0.5, 0),
        ("beach", 1, 10, 0.5, 0),
        ("sea", 1, 10, 0.9, 7),
        ("sun", 1, 5, 1.0, 0),
    ]
    assert (slice_.values, slice_.unseen, slice_.hidden) == (4, 3, 0)
    assert slice_.rows[2].accuracy_low == pytest.approx(0.596, abs=1e-3)


def test_few_pictures_are_told_together_and_pictures_without_a_value_last() -> None:
    slice_ = measured({"sea": (9, 10), "a": (0, 4), "b": (3, 4), None: (1, 2)}, {"a": 1, None: 3})
    assert lines(slice_) == [
        ("sea", 1, 10, 0.9, 0),
        (None, 2, 8, 0.375, 1),
        (None, 0, 2, 0.5, 3),
    ]
    assert (slice_.values, slice_.unseen) == (3, 2)


def test_at_most_fifty_are_shown_and_the_rest_counted() -> None:
    slice_ = measured({f"{n:03d}": (n % 6, 5) for n in range(60)} | {"z": (0, 1)})
    assert (len(slice_.rows), slice_.hidden) == (ROWS_AT_MOST + 1, 10)
    assert slice_.rows[0].accuracy == 0


def test_keyword_and_provider_come_first_and_only_columns_that_tell_something() -> None:
    count = 12
    rows = pl.DataFrame(
        {
            "image_id": [str(n) for n in range(count)],
            "label": ["a"] * count,
            "sha256": ["s"] * count,
            "source": [str(n % 3) for n in range(count)],
            "one": ["same"] * count,
            "own": [f"name {n}" for n in range(count)],
            "format": [str(n % 2) for n in range(count)],
            "width": [n % 2 for n in range(count)],
            "provider": ["museum"] * count,
            "keyword": [None, "sea"] * (count // 2),
        }
    )
    assert find_slice_columns(rows, rows["image_id"]) == ["keyword", "provider", "source"]
    without = rows.with_columns(keyword=pl.lit(None, pl.String))
    assert find_slice_columns(without, rows["image_id"]) == ["provider", "source"]
    assert find_slice_columns(rows.select("image_id", "label"), rows["image_id"]) == []


def test_the_json_is_plain() -> None:
    told = measured({"sea": (1, 5)}).as_json()
    assert told["column"] == "keyword"
    assert isinstance(told["rows"], tuple)
    assert told["rows"][0]["value"] == "sea"
