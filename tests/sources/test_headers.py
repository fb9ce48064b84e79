import polars as pl
import pytest

from pixonomy.errors import DataError
from pixonomy.sources.headers import MOST_COLUMNS, clean, read_headers


def is_known(name: str) -> bool:
    return name in ("path", "label")


def test_names_are_cleaned() -> None:
    assert clean(" \ufeffe\u0301\u00a0") == "\u00e9"


def test_names_are_made_unique_and_empty_ones_numbered() -> None:
    headers = read_headers(["path", "", "a", "a", "column 2", ""], "t.csv", is_known)
    assert headers.names == ["path", "column 2'", "a", "a (4)", "column 2", "column 6"]
    rows = pl.DataFrame({name: [None if name == "column 6" else "x"] for name in headers.names})
    assert headers.meaningful(rows) == headers.names[:-1]


def test_two_columns_of_one_known_name_are_refused() -> None:
    with pytest.raises(DataError, match="two columns 'label'"):
        read_headers(["path", "label", " label"], "t.csv", is_known)


def test_thousands_of_columns_are_refused() -> None:
    with pytest.raises(DataError, match=f"{MOST_COLUMNS + 1} columns"):
        read_headers(["a"] * (MOST_COLUMNS + 1), "t.csv", is_known)


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (["a/0.jpg", "cat"], ["path", "label"]),
        (["cat", "a/0.jpg"], ["label", "path"]),
        (["a/0.jpg", "cat", ""], ["path", "label"]),
        (["a/0.jpg"], ["path"]),
    ],
)
def test_a_first_row_with_a_picture_is_no_header(cells: list[str], names: list[str]) -> None:
    headers = read_headers(cells, "t.csv", is_known)
    assert headers.is_made_up
    assert headers.names == names
