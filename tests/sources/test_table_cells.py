import polars as pl
import pytest

from pixonomy.errors import DataError
from pixonomy.sources.table_cells import CheckedLabels, check_labels, check_paths


def check(*labels: str | None) -> CheckedLabels:
    return check_labels(pl.Series(labels, dtype=pl.String), "label", "t.csv", "line {}".format)


@pytest.mark.parametrize(
    "labels",
    [
        ("cat", "dog", "cat|dog"), ("cat", "dog", "cat; dog"), ("cat", None, "['cat', 'dog']"),
        ("a", "b", '["a", "b"]'), ("a", "b", "{'a', 'b'}"), ("a", "b", "('a', 'b')"),
    ],
)  # fmt: skip
def test_several_labels_are_refused_by_line(labels: tuple[str | None, ...]) -> None:
    with pytest.raises(DataError, match=r"t.csv, line 2: column 'label' holds several labels"):
        check(*labels)


@pytest.mark.parametrize(
    "label", ["Wine, red", "a|b", "x;y", "Cup (large, red)", "[draft]x", "R&B", "(a, b)"]
)
def test_signs_in_ordinary_names_do_no_harm(label: str) -> None:
    assert check("cat", label).labels.to_list() == ["cat", label]


@pytest.mark.parametrize("cell", ["['cat']", '["cat"]', "[cat]", "[ 'cat', ]"])
def test_a_list_of_one_label_is_that_label(cell: str) -> None:
    assert check(cell, "[]", "dog").labels.to_list() == ["cat", None, "dog"]


def test_labels_that_may_be_several_are_told() -> None:
    assert "such as 'rust scab'" in check("rust", "scab", "rust scab").remarks[0]
    assert "such as 'rust|mould'" in check("rust", "rust|mould").remarks[0]
    assert not check("rust", "a|b").remarks


@pytest.mark.parametrize(
    "path", ["a.jpg b.jpg", "a.jpg, b.PNG", "a.jpg|b.jpg", "['a.jpg', 'b.jpg']", "a.jpg\nb.jpg"]
)
def test_several_pictures_are_refused_by_line(path: str) -> None:
    with pytest.raises(DataError, match=r"t.csv, line 1: column 'path' holds several pictures"):
        check_paths(pl.Series([None, path]), "path", "t.csv", "line {}".format)


@pytest.mark.parametrize("path", ["my photo 1.jpg", "a;b.jpg", "a,b", "x" * 300, "a.jpgs b"])
def test_signs_in_ordinary_paths_do_no_harm(path: str) -> None:
    check_paths(pl.Series([path]), "path", "t.csv", "line {}".format)
