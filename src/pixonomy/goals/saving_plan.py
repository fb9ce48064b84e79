"""What a goal is a month and a week, and what changes if that is too much, or could be more."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from pixonomy.goals.calendar_months import add_months, count_months
from pixonomy.goals.goal_fields import MAX_AMOUNT, YEARS

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Plan:
    """How a goal stands today.

    Attributes:
        remaining: what is still to be saved; 0 if no sum is set, or it is reached.
        each_month: that for each of `months`, rounded up to cents; None without a sum or a day to
            come, and where nothing remains.
        each_week: the same for each week.
        months: payments until the day, the last on the day itself; 0 once it has come; None
            without one.
        share: how much of the sum is saved, 0 to 1; 0 if no sum is set.
    """

    remaining: Decimal
    each_month: Decimal | None
    each_week: Decimal | None
    months: int | None
    share: float


@dataclass(frozen=True)
class Adjustments:
    """What would make a monthly payment fit: the one or the other.

    Attributes:
        later: the day by which the sum is reached with it, sooner or later than the goal's; None
            if it never is, or not within `YEARS` years.
        smaller: the sum that is reached with it by the goal's day, smaller or larger than the
            goal's; None without a day to come, or beyond `MAX_AMOUNT`.
    """

    later: date | None
    smaller: Decimal | None


def make_plan(amount: Decimal | None, saved: Decimal, by: date | None, today: date) -> Plan:
    """Return what remains of a goal and what it is a month and a week."""
    remaining = max((amount or Decimal(0)) - saved, Decimal(0))
    months = None if by is None else count_months(today, by)
    share = 0.0 if amount is None else float(min(saved / amount, Decimal(1))) if amount else 1.0
    if by is None or not months or not remaining:
        return Plan(remaining, None, None, months, share)
    weeks = -(-(by - today).days // 7)
    return Plan(remaining, _divide(remaining, months), _divide(remaining, weeks), months, share)


def adjust(
    amount: Decimal | None, saved: Decimal, by: date | None, today: date, each_month: Decimal
) -> Adjustments:
    """Return the day or the sum that goes with another monthly payment."""
    remaining = max((amount or Decimal(0)) - saved, Decimal(0))
    months = 0 if by is None else count_months(today, by)
    return Adjustments(
        _reached_on(remaining, each_month, today), _reached_by(saved, each_month, months)
    )


def _divide(total: Decimal, parts: int) -> Decimal:
    return (total / parts).quantize(_CENT, ROUND_CEILING)


def _reached_on(remaining: Decimal, each_month: Decimal, today: date) -> date | None:
    if not remaining or each_month <= 0 or remaining > each_month * 12 * YEARS:
        return None
    return add_months(today, int((remaining / each_month).to_integral_value(ROUND_CEILING)))


def _reached_by(saved: Decimal, each_month: Decimal, months: int) -> Decimal | None:
    reached = saved + max(each_month, Decimal(0)) * months
    return reached if months and 0 < reached <= MAX_AMOUNT else None
