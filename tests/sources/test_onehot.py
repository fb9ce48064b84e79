import polars as pl
import pytest

from pixonomy.errors import DataError
from pixonomy.sources.onehot import OneHot, read_one_hot


def read(**columns: list[object]) -> OneHot | None:
    rows = pl.DataFrame(columns)
    return read_one_hot(rows, rows.columns, "t.csv", lambda row: f"line {row + 2}")


@pytest.mark.parametrize(
    ("one", "zero"), [("1", "0"), (" 1 ", " 0"), ("1.0", "0.0"), (1, 0), (1.0, 0.0), (True, False)]
)
def test_the_column_with_the_one_is_the_label(one: object, zero: object) -> None:
    found = read(cat=[one, zero, zero], dog=[zero, one, zero])
    assert found is not None
    assert found.labels.to_list() == ["cat", "dog", None]
    assert found.columns == ("cat", "dog")
    assert "2 categories (cat, dog)" in found.remark


def test_several_ones_in_a_row_are_refused_by_line() -> None:
    with pytest.raises(DataError, match=r"t.csv, line 3: several categories .*\(a, b; 1 such rows"):
        read(a=[1, 1, 0], b=[0, 1, 0], c=[0, 0, 1])


@pytest.mark.parametrize(
    "columns",
    [
        {"cat": [1, 0]},
        {"cat": [1, 0], "width": [300, 200]},
        {"cat": [0.7, 0.3], "dog": [0.3, 0.7]},
        {"cat": [0, 0], "dog": [0, 0]},
    ],
)
def test_other_columns_are_no_categories(columns: dict[str, list[object]]) -> None:
    assert read(**columns) is None


def test_numbers_of_rows_do_not_count() -> None:
    columns: dict[str, list[object]] = {"Unnamed: 0": [5, 6], "cat": [1, 0], "dog": [0, 1]}
    found = read(**columns)
    assert found is not None
    assert found.columns == ("cat", "dog")
