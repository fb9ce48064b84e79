"""Checks texts and lists that were stored as JSON, by whomever, and names what is wrong."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from pixonomy.errors import DataError

LONGEST_TEXT = 10_000  # letters of an id, a name, a description, a keyword
HUGE = 1e15  # a sum of money, or months: beyond it there is neither

_T = TypeVar("_T")


def read_text(value: object, where: str) -> str:
    """Return a text that is one; `where` names it in errors.

    Raises:
        DataError: if it is no text, is too long or holds half a character.
    """
    if not isinstance(value, str):
        seen = "missing" if value is None else f"{describe_value(value)}, not a text"
        raise DataError(f"{where} is {seen}")
    if len(value) > LONGEST_TEXT:
        raise DataError(f"{where} has {len(value):,} letters; at most {LONGEST_TEXT:,} are read")
    try:
        value.encode()
    except UnicodeEncodeError as error:  # half a surrogate pair
        raise DataError(f"{where} is {value[:20]!r}, which is no Unicode text") from error
    return value


def read_list(
    stored: object, where: str, most: int, read: Callable[[object, str], _T]
) -> tuple[_T, ...]:
    """Return what `read` makes of each entry; `where` names the list in errors.

    Raises:
        DataError: if it is no list, has more than `most` entries, or `read` refuses one.
    """
    if not isinstance(stored, Sequence) or isinstance(stored, str):
        raise DataError(f"{where} is {describe_value(stored)}, not a list")
    if len(stored) > most:
        raise DataError(f"{where} has {len(stored):,} entries; at most {most:,} are read")
    return tuple(read(one, f"{where}[{place}]") for place, one in enumerate(stored))


def describe_value(value: object) -> str:
    """Return what a value is, in at most forty letters."""
    if isinstance(value, Mapping | Sequence) and not isinstance(value, str):
        return "a dictionary" if isinstance(value, Mapping) else "a list"
    # Thousands of digits are more than Python writes down.
    is_huge = isinstance(value, int) and abs(value) > HUGE
    text = "a huge number" if is_huge else repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
