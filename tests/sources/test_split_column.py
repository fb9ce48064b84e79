from pathlib import Path

import polars as pl
import pytest

from pixonomy.errors import SettingError
from pixonomy.sources.split_column import find_splits_in

TABLE = Path("t.csv")


def read(named: str | None = None, **columns: list[object]) -> list[str | None]:
    rows = pl.DataFrame(columns)
    return find_splits_in(dict(rows.to_dict()), named, TABLE).read(rows).to_list()


def test_splits_go_by_many_names_and_unsplit_is_none() -> None:
    words: list[object] = [" Train ", "VAL", "dev", "testing", "unsplit", "", None, "Training set"]
    expected = ["train", "validation", "validation", "test", None, None, None, "train"]
    assert read(split=words) == expected
    assert read(subset=["holdout", "trainset"]) == ["test", "train"]


def test_an_unknown_word_beside_known_ones_or_in_a_named_column_is_refused() -> None:
    with pytest.raises(SettingError, match=r"unknown split 'tset' in column 's'; known are train"):
        read(s=["train", "tset"])
    with pytest.raises(SettingError, match="unknown split 'exam' in column 'split'"):
        read(split=["exam"])
    assert read(split=[0, 1]) == [None, None]
    with pytest.raises(SettingError, match="unknown split '0' in column 'fold'"):
        read("fold", fold=[0, 1])


@pytest.mark.parametrize("values", [[False, True], [0, 1], ["no", "Yes"], [0.0, 1.0], ["f", "T"]])
def test_yes_and_no_are_splits(values: list[object]) -> None:
    assert read(is_valid=values) == ["train", "validation"]
    assert read(is_test=values) == ["train", "test"]
    assert read(is_train=values) == ["test", "train"]


def test_two_columns_of_yes_and_no_are_read_together() -> None:
    expected = ["test", "validation", "train"]
    assert read(is_test=[1, 0, 0], is_valid=[0, 1, 0]) == expected


def test_a_column_that_tells_no_splits_is_told_and_the_next_counts() -> None:
    columns = {"fold": pl.Series([0, 1]), "is_valid": pl.Series([True, False])}
    splits = find_splits_in(columns, None, TABLE)
    assert splits.names == {"is_valid"}
    assert splits.remarks == (
        "t.csv: column 'fold' tells no splits (0, 1) and was not used as such.",
        "t.csv: column 'is_valid' is read as the split: false is train, true is validation.",
    )


def test_an_empty_column_says_nothing() -> None:
    assert find_splits_in({"split": pl.Series([None])}, None, TABLE) == ((), ())
