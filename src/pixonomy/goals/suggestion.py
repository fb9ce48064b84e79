"""Words what is usual for a goal: the sums, who found them, when, and what only the saver knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from math import prod

from pixonomy.goals.formulas import (
    FORMULAS,
    Question,
    questions_of,
    write_given,
    write_per_unit,
    write_range,
)
from pixonomy.goals.goal_fields import MAX_AMOUNT, FieldErrors, read_sum
from pixonomy.results.answer_results import Goal

OLD_AFTER = 3
"""Years, after which figures are marked as old."""

_GUESS = "our guess, no source"

_Range = tuple[Decimal, Decimal]


@dataclass(frozen=True)
class Suggestion:
    """What is usual for a goal.

    Attributes:
        low, high: the usual sums, in whole units of `currency`; None where none can be given, or
            not without an answer.
        currency: as in ISO 4217; None: the saver's.
        sentence: the same in words, with source and year, or that it is a guess.
        notes: what else is to be known of the sums, one sentence each.
        questions: what a sum follows from; empty without a formula.
        months: the usual time; None: it varies.
    """

    name: str
    low: Decimal | None
    high: Decimal | None
    currency: str | None
    sentence: str
    notes: tuple[str, ...]
    questions: tuple[Question, ...]
    months: int | None
    source_url: str | None


def suggest(goal: Goal, today: date, numbers: Mapping[str, float] | None = None) -> Suggestion:
    """Return what is usual for a goal.

    Args:
        numbers: answers to its questions, by their keys; a formula counts once all are there.

    Raises:
        FieldErrors: naming answers beyond what its questions accept.
    """
    questions = questions_of(goal.formula, goal.currency)
    answers = _check_answers(questions, numbers or {})
    given = answers if len(answers) == len(questions) else ()
    usual = _usual_sums(goal, given)
    is_usable = usual is not None and usual[1] <= MAX_AMOUNT
    low, high = usual if usual is not None and is_usable else (None, None)
    return Suggestion(
        name=goal.name,
        low=low,
        high=high,
        currency=goal.currency,
        sentence=_write(goal, usual if is_usable else None, given),
        notes=tuple(_notes(goal, usual, today)),
        questions=questions,
        months=goal.months,
        source_url=goal.source_url,
    )


def is_old(year: int | None, today: date) -> bool:
    """Tell whether figures of a year are to be marked as old."""
    return year is not None and today.year - year > OLD_AFTER


def write_usual(goal: Goal) -> str:
    """Return what is usual in few words: "2,000 to 6,000 dollars, Edmunds 2024"; "" for no sum."""
    if goal.amount is not None:
        sums = write_range(*_exact_range(goal.amount), goal.currency)
    elif (formula := _formula_of(goal)) is not None:
        sums = _write_per_unit(goal, formula)
    else:
        return ""
    return f"{sums}, {'a guess' if goal.source is None else f'{goal.source} {goal.year}'}"


def read_answers(goal: Goal, raw: Mapping[str, object]) -> dict[str, float]:
    """Return the answers to a goal's questions, as far as they were given; for `suggest`.

    Args:
        raw: texts of a form or values of JSON, by the questions' keys; others are passed over.

    Raises:
        FieldErrors: with one sentence for each answer that is no number, or beyond its range.
    """
    problems: dict[str, str] = {}
    found: dict[str, float] = {}
    for one in questions_of(goal.formula, goal.currency):
        try:
            number = read_sum(raw.get(one.key), one.key)
            if number is not None:
                _check_answers((one,), {one.key: float(number)})
                found[one.key] = float(number)
        except FieldErrors as error:
            problems |= error.fields
    if problems:
        raise FieldErrors(problems)
    return found


def _check_answers(
    questions: Sequence[Question], numbers: Mapping[str, float]
) -> tuple[Decimal, ...]:
    asked = [one for one in questions if one.key in numbers]
    problems = {
        one.key: f"{numbers[one.key]:,.10g} is not between {one.lowest:,.10g} "
        f"and {one.highest:,.10g}."
        for one in asked
        if not one.lowest <= numbers[one.key] <= one.highest
    }
    if problems:
        raise FieldErrors(problems)
    return tuple(_exact(numbers[one.key]) for one in asked)


def _usual_sums(goal: Goal, given: Sequence[Decimal]) -> _Range | None:
    if given and goal.per_unit is not None:
        low, high = _exact_range(goal.per_unit)
        return _whole(prod(given, start=low)), _whole(prod(given, start=high))
    if goal.amount is None:
        return None
    low, high = _exact_range(goal.amount)
    return _whole(low), _whole(high)


def _write(goal: Goal, usual: _Range | None, given: tuple[Decimal, ...]) -> str:
    formula = _formula_of(goal)
    if formula is None or given:
        if usual is None:
            return "It varies too much to suggest a sum."
        subject = write_given(formula, given, goal.currency) if formula else ""
        return _write_sums(goal, usual, subject)
    request = FORMULAS[formula].request
    if usual is not None:
        return f"{_write_sums(goal, usual, '')} {request}, and the sum is worked out for that."
    usually = "" if goal.source is None else "usually "
    return f"{request}: {usually}{_write_per_unit(goal, formula)} ({_write_source(goal)})."


def _formula_of(goal: Goal) -> str | None:
    return goal.formula if goal.formula in FORMULAS and goal.per_unit is not None else None


def _write_per_unit(goal: Goal, formula: str) -> str:
    return write_per_unit(formula, *_exact_range(goal.per_unit or ()), goal.currency)


def _write_sums(goal: Goal, usual: _Range, subject: str) -> str:
    sums = write_range(*usual, goal.currency)
    if subject:
        usually = ":" if goal.source is None else " usually"
        return f"{subject}{usually} {sums} ({_write_source(goal)})."
    if goal.source is None:
        return f"{_GUESS[0].upper()}{_GUESS[1:]}: {sums}."
    return f"Usually {sums} ({_write_source(goal)})."


def _write_source(goal: Goal) -> str:
    return _GUESS if goal.source is None else f"{goal.source}, {goal.year}"


def _notes(goal: Goal, usual: _Range | None, today: date) -> list[str]:
    notes = []
    if is_old(goal.year, today):
        notes.append(f"The figures are of {goal.year} and may have changed since.")
    if usual is not None and usual[1] > MAX_AMOUNT:
        notes.append(f"What is usual is above {MAX_AMOUNT:,}, more than a goal can hold.")
    return notes


def _exact(number: float) -> Decimal:
    return Decimal(repr(number))  # 0.035 as it was written, not as it is stored


def _exact_range(usual: Sequence[float]) -> _Range:
    low, high = map(_exact, usual)
    return low, high


def _whole(number: Decimal) -> Decimal:
    return number.quantize(Decimal(1), ROUND_HALF_UP)
