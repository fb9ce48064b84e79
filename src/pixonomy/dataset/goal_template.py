"""A goal that people might set for a category: usual sums, who found them and when, as JSON too."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from pixonomy.dataset.stored_values import HUGE, describe_value, read_text
from pixonomy.errors import DataError

FORMULAS = (
    "months of spending",
    "share of a price",
    "share of a home's value",
    "guests",
    "people and weeks",
)
"""What a sum may follow from: one number, or two, that only the saver knows."""
SHARES = ("share of a price", "share of a home's value")
"""Those of them that are multiplied with 0 to 1."""

FIRST_YEAR, LAST_YEAR = 1900, 2100
_CURRENCY = re.compile(r"[A-Z]{3}")
_ALWAYS_THERE = ("name", "amount", "months")


@dataclass(frozen=True)
class GoalTemplate:
    """A goal that people might set for a category.

    Attributes:
        amount: the lowest and the highest usual sum; None: it varies.
        months: the usual time to save for it; None: it varies.
        currency: of the sums, three capital letters as in ISO 4217; None: the user's.
        source: who found the sums; None: they are a guess.
        source_url: where that can be read.
        year: the one that the sums are of.
        formula: one of `FORMULAS`.
        per_unit: what the saver's numbers are multiplied with, lowest and highest: months,
            shares (0.1 is 10 %), or sums for each guest, person and week. There with a formula.
    """

    name: str
    amount: tuple[float, float] | None = None
    months: int | None = None
    currency: str | None = None
    source: str | None = None
    source_url: str | None = None
    year: int | None = None
    formula: str | None = None
    per_unit: tuple[float, float] | None = None

    def as_json(self) -> dict[str, object]:
        """Return the fields; name, amount and months always, the others where they are known."""
        named = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in named.items()
            if value is not None or key in _ALWAYS_THERE
        }


def read_goal(stored: object, where: str) -> GoalTemplate:
    """Undo `GoalTemplate.as_json`; keys of no field are passed over, `where` names it in errors.

    Raises:
        DataError: naming the first field that is not of its type or range, or lacks another.
    """
    if not isinstance(stored, Mapping):
        raise DataError(f"{where} is {describe_value(stored)}, not a dictionary")
    found = GoalTemplate(
        name=read_text(stored.get("name"), f"{where}.name"),
        amount=_read_range(stored.get("amount"), f"{where}.amount"),
        months=_read_whole(stored.get("months"), f"{where}.months", 1, int(HUGE)),
        currency=_read_currency(stored.get("currency"), f"{where}.currency"),
        source=_read_known_text(stored.get("source"), f"{where}.source"),
        source_url=_read_url(stored.get("source_url"), f"{where}.source_url"),
        year=_read_whole(stored.get("year"), f"{where}.year", FIRST_YEAR, LAST_YEAR),
        formula=_read_formula(stored.get("formula"), f"{where}.formula"),
        per_unit=_read_range(stored.get("per_unit"), f"{where}.per_unit"),
    )
    if found.source is not None and found.year is None:
        raise DataError(f"{where} has a source without the year that its sums are of")
    if found.source_url is not None and found.source is None:
        raise DataError(f"{where} has a source_url without a source that it belongs to")
    if (found.formula is None) != (found.per_unit is None):
        raise DataError(f"{where} has only one of formula and per_unit; they belong together")
    if found.formula in SHARES and found.per_unit is not None and found.per_unit[1] > 1:
        seen = describe_value(found.per_unit[1])
        raise DataError(f"{where} has a share of {seen}, above 1; 10 % is written as 0.1")
    return found


def _read_range(value: object, where: str) -> tuple[float, float] | None:
    if value is None:
        return None
    if isinstance(value, list) and len(value) == 2 and all(map(is_sum, value)):
        low, high = value
        if low <= high:
            return low, high
    raise DataError(f"{where} is no list of two numbers of 0 or more, the smaller first")


def is_sum(value: object) -> bool:
    """Tell whether a value is a number of 0 to `HUGE`."""
    is_number = type(value) in (int, float)  # True is an int, too
    return is_number and 0 <= value <= HUGE and math.isfinite(value)  # type: ignore[operator,arg-type]


def _read_whole(value: object, where: str, lowest: int, highest: int) -> int | None:
    if value is None:
        return None
    if type(value) is int and lowest <= value <= highest:
        return value
    until = f" to {highest}" if highest < HUGE else " or more"
    raise DataError(f"{where} is {describe_value(value)}, not a whole number of {lowest}{until}")


def _read_known_text(value: object, where: str) -> str | None:
    if value is None:
        return None
    text = read_text(value, where)
    if not text.strip():
        raise DataError(f"{where} is empty; leave it out where there is none")
    return text


def _read_currency(value: object, where: str) -> str | None:
    if value is None or (isinstance(value, str) and _CURRENCY.fullmatch(value)):
        return value
    raise DataError(f"{where} is {describe_value(value)}, not three capital letters such as 'USD'")


def _read_url(value: object, where: str) -> str | None:
    if value is None:
        return None
    text = read_text(value, where)
    if text.isprintable() and " " not in text and _is_web_address(text):
        return text
    raise DataError(f"{where} is {describe_value(value)}, no address that begins with https://")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:  # such as a bracket that never closes
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _read_formula(value: object, where: str) -> str | None:
    if value is None or value in FORMULAS:
        return value
    raise DataError(f"{where} is {describe_value(value)}; known: {', '.join(FORMULAS)}")
