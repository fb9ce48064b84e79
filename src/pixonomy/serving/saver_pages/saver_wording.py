"""Words sums, days and plans for people who save: short, and nothing blamed."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from pixonomy.goals.goal_fields import GoalFields
from pixonomy.goals.saving_plan import Plan
from pixonomy.pages.wording import counted

NOTICES: Mapping[str, str] = {
    "added": "Your goal is kept.",
    "changed": "Your goal is changed.",
    "split": "One goal is two now.",
    "deleted": "The goal is deleted.",
    "consents": "What you said about your picture is noted.",
    "everything": "Everything is deleted: goals, pictures and what you said about them.",
    "unkept": "Your picture could not be kept just now. Here is the answer all the same.",
}
"""What the page after a redirect says, by what its address says."""

EVENTS: Mapping[str, str] = {
    "added": "goal_added",
    "changed": "goal_changed",
    "split": "goal_split",
    "deleted": "goal_deleted",
    "everything": "everything_deleted",
}
"""What a frame's parent is told."""

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


def word_money(amount: Decimal, currency: str | None) -> str:
    """A sum: "$1,200", "1,200.50 CHF", "1,200"; cents only where there are some."""
    text = f"{amount:,.2f}".removesuffix(".00")
    sign = _SIGNS.get(currency or "")
    if sign:
        return f"{sign}{text}"
    return f"{text}\u00a0{currency}" if currency else text


def word_day(day: date) -> str:
    """A day: "1 June 2027"."""
    return f"{day.day} {day:%B} {day.year}"


def word_progress(fields: GoalFields, plan: Plan) -> str:
    """How much of a goal there is: "$300 of $1,200 saved (25 %)"."""
    saved = word_money(fields.saved, fields.currency)
    if fields.amount is None:
        return f"{saved} saved"
    whole = int(100 * plan.share)  # never 100 % before it is all there
    return f"{saved} of {word_money(fields.amount, fields.currency)} saved ({whole} %)"


def word_plan(fields: GoalFields, plan: Plan) -> list[str]:
    """What there is to say about sum and day, in sentences; none where both are open."""
    if fields.amount is not None and not plan.remaining:
        return ["You have it all together."]
    left = f"{word_money(plan.remaining, fields.currency)} to go"
    if fields.by is None:
        return [] if fields.amount is None else [f"{left}."]
    if not plan.months:
        return [
            f"The day you chose, {word_day(fields.by)}, has come. Choose another whenever you like."
        ]
    time = f"{counted(plan.months, 'month')} until {word_day(fields.by)}"
    if plan.each_month is None or plan.each_week is None:
        return [f"{time}."]
    month, week = (word_money(one, fields.currency) for one in (plan.each_month, plan.each_week))
    return [f"{month} a month, or {week} a week.", f"{left}, {time}."]
