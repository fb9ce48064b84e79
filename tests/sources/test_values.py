import polars as pl
import pytest

from pixonomy.sources.values import read_values, to_paths, to_text


def test_text_is_stripped_composed_and_null_where_it_says_nothing() -> None:
    values = [" x ", "", None, "\u00a0e\u0301\u200b\ufeff", "  "]
    assert to_text(pl.Series(values)).to_list() == ["x", None, None, "\u00e9", None]
    assert to_text(pl.Series([1, 2])).to_list() == ["1", "2"]
    assert to_text(pl.Series([None])).to_list() == [None]


def test_paths_keep_their_form() -> None:
    assert to_paths(pl.Series([" e\u0301.jpg\u00a0"])).to_list() == ["e\u0301.jpg"]
    assert to_paths(pl.Series([7.0])).to_list() == ["7"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([7.0, 1000003437.0, -0.0], ["7", "1000003437", "0"]),
        ([float("nan"), float("inf"), None], [None, None, None]),
        ([0.5, 1e-7, 2.5], ["0.5", "1e-7", "2.5"]),
        ([2.0**63, 1e300], [str(2**63), str(int(1e300))]),
    ],
)
def test_whole_floats_are_whole(values: list[float | None], expected: list[str | None]) -> None:
    assert to_text(pl.Series(values, dtype=pl.Float64)).to_list() == expected


def test_single_floats_keep_their_shortest_text() -> None:
    assert to_text(pl.Series([0.1, 3.0], dtype=pl.Float32)).to_list() == ["0.1", "3"]
    values = read_values(pl.Series([2.0**24], dtype=pl.Float32), "id", is_written=False)
    assert "'id' holds floats of 16777216 and more" in values.remarks[0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["0.0", "1.0", "NaN"], ["0", "1", None]),
        (["0", "1", "nan"], ["0", "1", None]),
        (["NA", "0.0"], [None, "0"]),
        (["0.5", "nan", "1.0"], ["0.5", None, "1.0"]),
        (["1.0", "v2.0"], ["1.0", "v2.0"]),
        (["1.0", "1"], ["1.0", "1"]),
        (["007", "1e3"], ["007", "1e3"]),
        (["nan", "nan"], ["nan", "nan"]),
    ],
)
def test_written_numbers_are_whole_where_all_are(
    values: list[str], expected: list[str | None]
) -> None:
    assert read_values(pl.Series(values), "label", is_written=True).text.to_list() == expected


def test_words_for_nothing_are_told() -> None:
    values = read_values(pl.Series(["cat", "N/A", "N/A", "null"]), "label", is_written=True)
    assert values.text.to_list() == ["cat", "N/A", "N/A", "null"]
    assert [one[:18] for one in values.remarks] == ["2 rows have 'N/A' ", "1 rows have 'null'"]
