"""Reads the category of each row from a table with a column for each category.

As labelling services write it (`_classes.csv`): a 1 in the column of the image's category, a 0 in
all others.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, NoReturn

import polars as pl

from pixonomy.errors import DataError
from pixonomy.sources.values import to_text

_MEANS_ONE = ("1", "1.0", "true")
_MEANS_ZERO = ("0", "0.0", "false")
_NUMBERING = ("", "unnamed: 0", "index")


class OneHot(NamedTuple):
    """Labels, and the columns that told them."""

    labels: pl.Series
    columns: tuple[str, ...]
    remark: str


def read_one_hot(
    rows: pl.DataFrame, others: Sequence[str], name: str, place_of: Callable[[int], str]
) -> OneHot | None:
    """Read the `others` as categories if each of their values is 0 or 1.

    Args:
        others: the columns that are nothing else; numbers of rows among them do not count.
        name: of the file, for sentences.
        place_of: says where the row of a number is.

    Returns:
        None if there are fewer than two such columns, or other columns beside them.

    Raises:
        DataError: if a row has several categories; names the line.
    """
    columns = [one for one in others if not _is_numbering(rows, one)]
    if len(columns) < 2 or not all(_is_binary(rows[one]) for one in columns):
        return None
    counts = pl.Series([0], dtype=pl.Int32).new_from_index(0, rows.height)
    labels = pl.Series([None], dtype=pl.String).new_from_index(0, rows.height)
    for one in columns:
        is_one = _is_one(rows[one])
        counts += is_one.cast(pl.Int32)
        labels = labels.set(is_one, one)
    if not counts.sum():
        return None
    several = (counts > 1).arg_true()
    if len(several):
        _refuse(rows, columns, several, f"{name}, {place_of(int(several[0]))}")
    some = ", ".join(columns[:5]) + (" …" if len(columns) > 5 else "")
    return OneHot(
        labels,
        tuple(columns),
        f"{name} has a column of 0 and 1 for each of {len(columns)} categories ({some}); read as "
        "such.",
    )


def _refuse(rows: pl.DataFrame, columns: Sequence[str], several: pl.Series, place: str) -> NoReturn:
    first = rows[int(several[0])]
    named = [one for one in columns if _is_one(first[one])[0]]
    raise DataError(
        f"{place}: several categories for one picture are not supported "
        f"({', '.join(named[:3])}; {len(several)} such rows). Leave one 1 in each row."
    )


def _is_numbering(rows: pl.DataFrame, column: str) -> bool:
    if column.lower() not in _NUMBERING and not column.startswith("column "):
        return False
    numbers = rows[column].cast(pl.Int64, strict=False)
    return not numbers.has_nulls() and bool((numbers.diff().drop_nulls() == 1).all())


def _is_binary(values: pl.Series) -> bool:
    if values.dtype == pl.Boolean:
        return True
    head = to_text(values.head(100)).drop_nulls().str.to_lowercase()
    if not head.is_in([*_MEANS_ONE, *_MEANS_ZERO]).all():
        return False
    text = to_text(values).str.to_lowercase()
    return bool(text.is_in([*_MEANS_ONE, *_MEANS_ZERO]).fill_null(value=True).all())


def _is_one(values: pl.Series) -> pl.Series:
    return to_text(values).str.to_lowercase().is_in(_MEANS_ONE).fill_null(value=False)
