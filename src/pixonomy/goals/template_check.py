"""Counts which goals of a taxonomy rest on a source, and names those that are guesses or old."""

from collections.abc import Iterable
from datetime import date

from pixonomy.dataset.category import Category
from pixonomy.dataset.goal_template import GoalTemplate
from pixonomy.goals.suggestion import is_old
from pixonomy.results.data_results import GoalCheck


def check_goals(categories: Iterable[Category], today: date) -> GoalCheck | None:
    """Return what the goals of categories rest on; None where there are none."""
    goals = [goal for one in categories for goal in one.goals]
    if not goals:
        return None
    return GoalCheck(
        count=len(goals),
        sourced=sum(one.source is not None for one in goals),
        guesses=tuple(one.name for one in goals if one.source is None and _has_sum(one)),
        without_sum=tuple(one.name for one in goals if not _has_sum(one)),
        old=tuple(f"{one.name} ({one.year})" for one in goals if is_old(one.year, today)),
    )


def _has_sum(goal: GoalTemplate) -> bool:
    return goal.amount is not None or goal.per_unit is not None
