"""Finds the columns of a table whose values name splits: train and test, or yes and no."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pixonomy.errors import SettingError
from pixonomy.sources.columns import key_of
from pixonomy.sources.splits import SPLIT_NAMES
from pixonomy.sources.values import to_text
from pixonomy.storage.files import printable

_YES = frozenset({"1", "true", "yes", "y", "t", "1.0"})
_NO = frozenset({"0", "false", "no", "n", "f", "0.0"})
_FLAGS: Mapping[str, tuple[str, str]] = {  # the split where it is so, and where it is not
    "isvalid": ("validation", "train"),
    "isvalidation": ("validation", "train"),
    "isval": ("validation", "train"),
    "istest": ("test", "train"),
    "istrain": ("train", "test"),
}


class SplitColumn(NamedTuple):
    """A column that tells splits.

    Attributes:
        splits: by value, as `to_text` writes it in lower case.
        is_flag: it says yes or no to one split; another column may say so of another.
    """

    name: str
    splits: Mapping[str, str | None]
    is_flag: bool = False

    def read(self, rows: pl.DataFrame) -> pl.Series:
        """Return the split of each row."""
        text = to_text(rows[self.name]).str.to_lowercase()
        return text.replace_strict(self.splits, default=None, return_dtype=pl.String)


class Splits(NamedTuple):
    """The columns that tell splits, and sentences about them."""

    columns: tuple[SplitColumn, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def names(self) -> set[str]:
        """The names of the columns."""
        return {one.name for one in self.columns}

    def read(self, rows: pl.DataFrame) -> pl.Series:
        """Return the split of each row; null where no column says one."""
        splits = pl.Series([None], dtype=pl.String).new_from_index(0, rows.height)
        for one in self.columns:
            read = one.read(rows)
            # "Not for testing" leaves room for another column's "for validation".
            is_sure = read != "train" if one.is_flag and one is not self.columns[-1] else None
            splits = splits.fill_null(read if is_sure is None else read.set(~is_sure, None))
        return splits


def find_splits_in(values: Mapping[str, pl.Series], named: str | None, table: Path) -> Splits:
    """Tell which columns name splits: words as in `SPLIT_NAMES`, or yes and no (`is_valid`).

    Args:
        values: the distinct values of each column that may, by its name, the most usual first.
        named: the one that a person named, who meant it.

    Raises:
        SettingError: for an unknown split in a column that was named or is called "split", or
            among known ones. Numbers are folds, which are told.
    """
    found: list[SplitColumn] = []
    remarks: list[str] = []
    for name, distinct in values.items():
        words = sorted(set(to_text(distinct).drop_nulls().str.to_lowercase()))
        one = _understand(name, words)
        unknown = [word for word in words if word not in one.splits]
        is_meant = name == named or (name.lower() == "split" and not _are_numbers(words))
        if unknown and (is_meant or (one.splits and not one.is_flag)):
            raise _refuse(unknown, name, table)
        if unknown or not words:
            remarks += [_describe_unknown(unknown, name, table)] if unknown else []
        elif not found or (found[0].is_flag and one.is_flag):
            found.append(one)
            remarks += [_describe_flag(one, table)] if one.is_flag else []
    return Splits(tuple(found), tuple(remarks))


def _understand(name: str, words: Sequence[str]) -> SplitColumn:
    flag = _FLAGS.get(key_of(name))
    if flag is not None:
        known = {word: flag[word in _NO] for word in words if word in _YES | _NO}
        return SplitColumn(name, dict[str, str | None](known), is_flag=True)
    splits = {word: SPLIT_NAMES[key] for word in words if (key := _word(word)) is not None}
    return SplitColumn(name, splits)


def _are_numbers(words: Sequence[str]) -> bool:
    return all(re.fullmatch(r"[+-]?\d+(\.\d+)?", word) for word in words)


def _word(text: str) -> str | None:
    """Return the word in `SPLIT_NAMES` that a value is: "train", "training set", "trainset"."""
    if text in SPLIT_NAMES:
        return text
    plain = key_of(text).removesuffix("set").removesuffix("split").removesuffix("data")
    return plain if plain in SPLIT_NAMES else None


def _refuse(unknown: Sequence[str], name: str, table: Path) -> SettingError:
    return SettingError(
        f"{printable(table)} has the unknown split {unknown[0][:80]!r} in column {name!r}; "
        f"known are {', '.join(SPLIT_NAMES)}. Write one of them, or rename the column."
    )


def _describe_unknown(unknown: Sequence[str], name: str, table: Path) -> str:
    some = ", ".join(word[:40] for word in unknown[:5])
    return f"{printable(table)}: column {name!r} tells no splits ({some}) and was not used as such."


def _describe_flag(one: SplitColumn, table: Path) -> str:
    readings = ", ".join(f"{word} is {split}" for word, split in sorted(one.splits.items()))
    return f"{printable(table)}: column {one.name!r} is read as the split: {readings}."
