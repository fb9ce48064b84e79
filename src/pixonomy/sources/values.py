"""Reads a column of any plain type as text to compare: labels, groups, splits."""

from typing import NamedTuple

import polars as pl

_BLANK = r"[\s\x{feff}\x{200b}\x{2060}]+"
_BLANKS = rf"^{_BLANK}|{_BLANK}$"
_WHOLE = r"^[+-]?\d+\.0$"
_NUMBER = r"^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$"
_NO_WORDS = ("nan", "null", "none", "na", "n/a", "nil", "<na>", "undefined", "missing")
_EXACT = ((pl.Float32, 2**24), (pl.Float64, 2**53))  # whole numbers up to here are apart


class Values(NamedTuple):
    """Text, and sentences about what was read in it."""

    text: pl.Series
    remarks: tuple[str, ...] = ()


def to_text(values: pl.Series) -> pl.Series:
    """Return values as text: without blanks around it, in Unicode's form NFC, null for nothing.

    Whole floats are written whole (7.0 is "7", 1e16 is "10000000000000000"); NaN and infinities are
    nothing; booleans are "true" and "false".
    """
    text = to_paths(values)
    is_plain = (text.str.len_bytes() == text.str.len_chars()).all()
    return text if is_plain else text.str.normalize("NFC")


def to_paths(values: pl.Series) -> pl.Series:
    """Return values as text without blanks around it, else as it was written; null for nothing."""
    if values.dtype.is_float():
        return _from_floats(values)
    text = values.cast(pl.String).str.strip_chars()
    if (text.str.len_bytes() != text.str.len_chars()).any():
        text = text.str.replace_all(_BLANKS, "")
    return text.set(text == "", None)


def _from_floats(values: pl.Series) -> pl.Series:
    is_number = values.is_finite()
    numbers = values.set(~is_number, None).cast(pl.Float64)
    is_whole = (numbers == numbers.round()).fill_null(value=False)
    is_small = is_whole & (numbers.abs() < 2**63)
    plain = numbers.set(~is_small, None).cast(pl.Int64).cast(pl.String)
    large = {one: str(int(one)) for one in numbers.filter(is_whole & ~is_small).unique()}
    # Of Float32 the shortest text of its own: 0.1, not 0.10000000149011612.
    other = values.set(~is_number, None).cast(pl.String)
    if large:
        other = numbers.replace_strict(large, default=other, return_dtype=pl.String)
    return plain.fill_null(other)


def read_values(values: pl.Series, column: str, is_written: bool) -> Values:
    """Return a column as text, and what a person should know of it.

    Args:
        is_written: numbers were written as text, as CSV has them: where every one is like "7.0"
            they are whole, and "nan" beside numbers alone is nothing.
    """
    text = to_text(values)
    exact = next((most for kind, most in _EXACT if values.dtype == kind), None)
    if exact is not None:
        if _is_beyond(values, exact):
            return Values(text, (
                f"Column {column!r} holds floats of {exact} and more: different numbers may have "
                "become one before the table was written; store them as text or integers.",
            ))  # fmt: skip
        return Values(text)
    if not is_written and values.dtype != pl.String:
        return Values(text)
    if is_written:
        text = _whole(text)
    return Values(text, _describe_words(text, column))


def _is_beyond(values: pl.Series, exact: int) -> bool:
    return bool((values.set(~values.is_finite(), None).abs() >= exact).any())


def _whole(text: pl.Series) -> pl.Series:
    """Read numbers as a data frame writes a column of them with gaps: 7.0, nan."""
    first = text.drop_nulls().head(1)
    if first.is_empty() or not (first.str.contains(_NUMBER) | _is_no_word(first)).all():
        return text
    words = _is_no_word(text)
    numbers = text.filter(~words.fill_null(value=True))
    if numbers.is_empty() or not numbers.str.contains(_NUMBER).all():
        return text
    text = text.set(words.fill_null(value=False), None)
    return text.str.strip_suffix(".0") if numbers.str.contains(_WHOLE).all() else text


def _is_no_word(text: pl.Series) -> pl.Series:
    return text.str.to_lowercase().is_in(_NO_WORDS)


def _describe_words(text: pl.Series, column: str) -> tuple[str, ...]:
    if not _is_no_word(text.unique()).any():
        return ()
    words = text.filter(_is_no_word(text).fill_null(value=False)).value_counts(sort=True)
    return tuple(
        f"{count} rows have {word!r} in column {column!r}, which is taken as a word; leave the "
        "cell empty where there is nothing."
        for word, count in words.head(3).iter_rows()
    )
