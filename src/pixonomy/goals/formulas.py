"""The numbers that only a saver knows, and the sums that follow from them."""

from dataclasses import dataclass, replace
from decimal import Decimal

from pixonomy.goals.goal_fields import MAX_AMOUNT

_NAMES = {"USD": "dollars", "EUR": "euros", "GBP": "pounds"}
_MONEY = "money"  # stands for the currency's name, which the goal says
_ONE = {"guests": "guest", "people": "person", "weeks": "week"}


@dataclass(frozen=True)
class Question:
    """A number that only the saver knows.

    Attributes:
        key: its name in `numbers` and in forms.
        label: the question, for people.
        unit: what it counts; "" for a sum of money of no known currency.
        lowest, highest: what is accepted.
    """

    key: str
    label: str
    unit: str
    lowest: float
    highest: float


@dataclass(frozen=True)
class Formula:
    """What is multiplied with the lowest and the highest that are usual for one unit.

    Attributes:
        questions: the numbers that are multiplied with each other.
        request: what the saver is asked for.
        per_unit: what the range means; `{share}` in per cent, `{range}` as numbers, `{money}`.
        given: the answers, in words.
    """

    questions: tuple[Question, ...]
    request: str
    per_unit: str
    given: str


FORMULAS = {
    "months of spending": Formula(
        (Question("monthly_spending", "What do you spend in a month?", _MONEY, 1, 10**7),),
        "Enter what you spend in a month",
        "{range} months of spending",
        "For {0} a month",
    ),
    "share of a price": Formula(
        (Question("price", "What is the price?", _MONEY, 1, MAX_AMOUNT),),
        "Enter the price",
        "{share} of the price",
        "For a price of {0}",
    ),
    "share of a home's value": Formula(
        (Question("home_value", "What is the home worth?", _MONEY, 1, MAX_AMOUNT),),
        "Enter what the home is worth",
        "{share} of its value",
        "For a home worth {0}",
    ),
    "guests": Formula(
        (Question("guests", "How many guests do you expect?", "guests", 1, 10_000),),
        "Enter how many guests you expect",
        "{money} a guest",
        "For {0}",
    ),
    "people and weeks": Formula(
        (
            Question("people", "How many people go?", "people", 1, 1_000),
            Question("weeks", "For how many weeks?", "weeks", 0.1, 520),
        ),
        "Enter how many people go, and for how many weeks",
        "{money} a person and week",
        "For {0} and {1}",
    ),
}
"""By the names that a taxonomy has for them (`pixonomy.dataset.goal_template.FORMULAS`)."""


def questions_of(formula: str | None, currency: str | None) -> tuple[Question, ...]:
    """Return what is asked for a formula; nothing without one."""
    asked = FORMULAS[formula].questions if formula in FORMULAS else ()
    unit = _NAMES.get(currency or "", currency or "")
    return tuple(replace(one, unit=unit) if one.unit == _MONEY else one for one in asked)


def write_range(low: Decimal, high: Decimal, currency: str | None) -> str:
    """Return sums in words: "2,000 to 6,000 dollars"."""
    low, high = _plain(low), _plain(high)
    sums = f"{low:,f}" if low == high else f"{low:,f} to {high:,f}"
    return f"{sums} {_NAMES.get(currency, currency)}" if currency else sums


def write_per_unit(formula: str, low: Decimal, high: Decimal, currency: str | None) -> str:
    """Return what is usual for one unit in words: "3 to 6 months of spending"."""
    return FORMULAS[formula].per_unit.format(
        range=write_range(low, high, None),
        share=f"{write_range(100 * low, 100 * high, None)} %",
        money=write_range(low, high, currency),
    )


def write_given(formula: str, numbers: tuple[Decimal, ...], currency: str | None) -> str:
    """Return the saver's answers in words: "For 2 people and 1 week"."""
    asked = questions_of(formula, currency)
    return FORMULAS[formula].given.format(*map(_write_number, numbers, asked))


def _write_number(number: Decimal, question: Question) -> str:
    unit = _ONE.get(question.unit, question.unit) if number == 1 else question.unit
    return f"{_plain(number):,f} {unit}".rstrip()


def _plain(number: Decimal) -> Decimal:
    """Return a number with at most six digits behind its point, and no zeros at their end."""
    rounded, whole = round(number, 6), number.to_integral_value()
    return whole if rounded == whole else rounded.normalize()
