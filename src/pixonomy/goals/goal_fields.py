"""Reads what a saver enters for a goal, from a form or from JSON, and says what is wrong where."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import TypeVar

from pixonomy.errors import PixonomyError
from pixonomy.goals.calendar_months import add_months

MAX_AMOUNT = 10**9
NAME_LETTERS = 80
YEARS = 50
KEYS = ("name", "label", "amount", "currency", "by", "saved")
"""What `read_goal_fields` reads."""

_CENT = Decimal("0.01")
_FLOAT_ERROR = Decimal("1e-6")  # what sums of floats may be off by
_LABEL_LETTERS = 10_000  # a category's id has no more
_SUM = re.compile(r"(?:[0-9]{1,10}|[0-9]{1,3}(?:[, \u00a0\u202f][0-9]{3}){1,5})(?:\.[0-9]{1,2})?")
_MANY_DIGITS = re.compile(r"[0-9]{11,}(?:\.[0-9]*)?")
_SEPARATORS = re.compile(r"[, \u00a0\u202f]")
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HIDDEN = {"Cc", "Cs", "Zl", "Zp"}  # control characters, half characters, line separators

_T = TypeVar("_T")


class FieldErrors(PixonomyError):
    """Values that a saver entered and that cannot be.

    Attributes:
        fields: the key of each such value → one sentence.
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


@dataclass(frozen=True)
class GoalFields:
    """What a saver sets of a goal; all but the name may be left open.

    Attributes:
        label: the id of the category that it belongs to.
        amount: the sum to save, 0 to `MAX_AMOUNT`, in cents at the finest.
        currency: three capital letters, as in ISO 4217.
        by: the day by which it is to be saved.
        saved: what there is of it already.
    """

    name: str
    label: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    by: date | None = None
    saved: Decimal = Decimal(0)


def read_goal_fields(
    raw: Mapping[str, object], today: date, stored: GoalFields | None = None
) -> GoalFields:
    """Check what was entered; keys other than `KEYS` are passed over.

    Args:
        raw: texts of a form, or values of JSON; "" and None leave a field open.
        stored: the goal as it was, where one is changed: keys that `raw` lacks keep its values,
            and a day that has gone by since may stay.

    Raises:
        FieldErrors: with one sentence for each field.
    """
    problems: dict[str, str] = {}

    def read(key: str, reader: Callable[[object], _T], kept: _T) -> _T:
        if stored is not None and key not in raw:
            return kept
        try:
            return reader(raw.get(key))
        except FieldErrors as error:
            problems[key] = str(error)
            return kept

    before = stored or GoalFields("")
    fields = GoalFields(
        name=read("name", _read_name, before.name),
        label=read("label", _read_label, before.label),
        amount=read("amount", lambda value: read_sum(value, "amount"), before.amount),
        currency=read("currency", _read_currency, before.currency),
        by=read("by", lambda value: _read_day(value, today, before.by), before.by),
        saved=read("saved", lambda value: read_sum(value, "saved") or Decimal(0), before.saved),
    )
    if problems:
        raise FieldErrors(problems)
    return fields


def read_sum(value: object, key: str) -> Decimal | None:
    """Return a sum of money such as "1,200.50" or 1200.5; None for "" and None.

    Args:
        key: the field's, for the error.

    Raises:
        FieldErrors: if it is no number, is below 0, above `MAX_AMOUNT` or finer than cents.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    found = _read_text_sum(value, key) if isinstance(value, str) else _read_number(value, key)
    if found < 0:
        raise _refuse(key, f"{_show(value)} is below 0.")
    if found > MAX_AMOUNT:
        raise _refuse(key, f"{_show(value)} is above {MAX_AMOUNT:,}.")
    return abs(found)  # 0 for -0


def split_fields(fields: GoalFields, first_amount: Decimal) -> tuple[GoalFields, GoalFields]:
    """Return two goals in place of one; what is saved is shared out as the sums are.

    Raises:
        FieldErrors: of `first_amount`, unless the goal has a sum and it lies between 0 and that.
    """
    amount = fields.amount
    if amount is None:
        raise _refuse("first_amount", "Only a goal with a sum can be split: give it one first.")
    if not 0 < first_amount < amount:
        raise _refuse("first_amount", f"{first_amount:,} is not between 0 and {amount:,}.")
    saved = (fields.saved * first_amount / amount).quantize(_CENT, ROUND_DOWN)
    return (
        replace(fields, name=_number(fields.name, 1), amount=first_amount, saved=saved),
        replace(
            fields,
            name=_number(fields.name, 2),
            amount=amount - first_amount,
            saved=fields.saved - saved,
        ),
    )


def _number(name: str, place: int) -> str:
    end = f" ({place})"
    return name[: NAME_LETTERS - len(end)].rstrip() + end


def _refuse(key: str, sentence: str) -> FieldErrors:
    return FieldErrors({key: sentence})


def _show(value: object) -> str:
    is_huge = isinstance(value, int) and abs(value) > 10**20  # more digits than Python writes
    text = "A huge number" if is_huge else str(value)
    return text if len(text) <= 30 else text[:29] + "…"


def _read_text_sum(value: str, key: str) -> Decimal:
    text = value.strip()
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    if _MANY_DIGITS.fullmatch(digits):  # more than any sum that is accepted
        return sign * Decimal(10 * MAX_AMOUNT)
    if not _SUM.fullmatch(digits):
        raise _refuse(key, f"{_show(text)!r} is no number: write it as 1200 or 1,200.50.")
    return sign * Decimal(_SEPARATORS.sub("", digits))


def _read_number(value: object, key: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _refuse(key, "This is no number: write it as 1200 or 1200.50.")
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        raise _refuse(key, f"{value} is no number: write it as 1200 or 1200.50.")
    if abs(exact) > MAX_AMOUNT:
        return exact
    cents = exact.quantize(_CENT)
    if abs(cents - exact) > _FLOAT_ERROR:
        raise _refuse(key, f"{_show(value)} is finer than cents: two digits behind the point.")
    return cents


def _read_text(value: object, key: str, most: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _refuse(key, "This is no text.")
    if len(value) > 20 * most:
        raise _refuse(key, f"It has {len(value):,} letters; at most {most:,}.")
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if any(unicodedata.category(one) in _HIDDEN for one in text):
        raise _refuse(key, "It holds characters that cannot be shown.")
    if len(text) > most:
        raise _refuse(key, f"It has {len(text):,} letters; at most {most:,}.")
    return text


def _read_name(value: object) -> str:
    name = _read_text(value, "name", NAME_LETTERS)
    if not name:
        raise _refuse("name", f"Give the goal a name of 1 to {NAME_LETTERS} letters.")
    return name


def _read_label(value: object) -> str | None:
    return _read_text(value, "label", _LABEL_LETTERS) or None


def _read_currency(value: object) -> str | None:
    text = _read_text(value, "currency", NAME_LETTERS)
    if text and not _CURRENCY.fullmatch(text):
        raise _refuse("currency", f"{_show(text)!r} is no currency: write three letters, as USD.")
    return text.upper() or None


def _read_day(value: object, today: date, stored: date | None) -> date | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    day = _parse_day(value)
    last = add_months(today, 12 * YEARS)
    if day < today and day != stored:
        raise _refuse("by", f"{day} is past: choose {today} or later.")
    if last is not None and day > last:
        raise _refuse("by", f"{day} is more than {YEARS} years away: choose {last} or sooner.")
    return day


def _parse_day(value: object) -> date:
    if type(value) is date:
        return value
    text = value.strip() if isinstance(value, str) else ""
    try:
        if _ISO_DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:  # as the 30th of February
        pass
    raise _refuse("by", f"{_show(value)!r} is no date: write it as 2027-06-30.")
