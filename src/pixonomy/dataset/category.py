"""One category of a taxonomy: its names, words and goals, as a value and as JSON.

The JSON stands in manifests, arrays, runs and bundles; what is read of it may come from anybody.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pixonomy.errors import DataError

LONGEST_TEXT = 10_000  # letters of an id, a name, a description, a keyword
MOST_KEYWORDS, MOST_GOALS = 10_000, 100  # of one category
_LARGEST = 1e15  # a sum of money, or months: beyond it there is neither

_T = TypeVar("_T")


@dataclass(frozen=True)
class GoalTemplate:
    """A goal that people might set for a category.

    Attributes:
        amount: the lowest and the highest usual sum, in the user's currency; None: it varies.
        months: the usual time to save for it.
    """

    name: str
    amount: tuple[float, float] | None = None
    months: int | None = None

    def as_json(self) -> dict[str, object]:
        """Return {name, amount, months}; null where nothing is known."""
        amount = None if self.amount is None else list(self.amount)
        return {"name": self.name, "amount": amount, "months": self.months}


@dataclass(frozen=True)
class Category:
    """A category: what it is called and what belongs to it.

    Attributes:
        id: what labels are; unlike names, no two categories share one.
        parent: the id of the category that it is a kind of; None: it is of the coarsest level.
        keywords: what to search for.
    """

    id: str
    name: str
    parent: str | None = None
    description: str = ""
    keywords: tuple[str, ...] = ()
    goals: tuple[GoalTemplate, ...] = ()

    def as_json(self, with_keywords: bool = True) -> dict[str, object]:
        """Return {name, parent, description, keywords, goals}, without what there is none of."""
        content: dict[str, object] = {"name": self.name}
        if self.parent is not None:
            content["parent"] = self.parent
        if self.description:
            content["description"] = self.description
        if self.keywords and with_keywords:
            content["keywords"] = list(self.keywords)
        if self.goals:
            content["goals"] = [one.as_json() for one in self.goals]
        return content


def read_category(identity: object, stored: object) -> Category:
    """Undo `Category.as_json`; keys of no field are passed over.

    Raises:
        DataError: naming the first field that is not of its type or size.
    """
    if not isinstance(stored, Mapping):
        raise DataError(f"it is {describe_value(stored)}, not a dictionary")
    parent = stored.get("parent")
    return Category(
        read_text(identity, "id"),
        read_text(stored.get("name"), "name"),
        None if parent is None else read_text(parent, "parent"),
        read_text(stored.get("description", ""), "description"),
        _read_list(stored.get("keywords", []), "keywords", MOST_KEYWORDS, read_text),
        _read_list(stored.get("goals", []), "goals", MOST_GOALS, read_goal),
    )


def read_goal(stored: object, where: str) -> GoalTemplate:
    """Undo `GoalTemplate.as_json`; `where` names it in errors.

    Raises:
        DataError: naming the first field that is not of its type or range.
    """
    if not isinstance(stored, Mapping):
        raise DataError(f"{where} is {describe_value(stored)}, not a dictionary")
    amount, months = stored.get("amount"), stored.get("months")
    if months is not None and not (type(months) is int and 1 <= months <= _LARGEST):
        raise DataError(
            f"{where}.months is {describe_value(months)}, not a whole number of 1 or more"
        )
    name = read_text(stored.get("name"), f"{where}.name")
    return GoalTemplate(name, None if amount is None else _read_amount(amount, where), months)


def _read_amount(amount: object, where: str) -> tuple[float, float]:
    if isinstance(amount, list) and len(amount) == 2 and all(map(_is_sum, amount)):
        low, high = amount
        if low <= high:
            return low, high
    raise DataError(f"{where}.amount is no list of two numbers of 0 or more, the smaller first")


def _is_sum(value: object) -> bool:
    is_number = type(value) in (int, float)  # True is an int, too
    return is_number and 0 <= value <= _LARGEST and math.isfinite(value)  # type: ignore[operator,arg-type]


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


def _read_list(
    stored: object, where: str, most: int, read: Callable[[object, str], _T]
) -> tuple[_T, ...]:
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
    is_huge = isinstance(value, int) and abs(value) > _LARGEST
    text = "a huge number" if is_huge else repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
