"""Counts months as people do: from a day to the same day of another month, or that month's last."""

from calendar import monthrange
from datetime import MAXYEAR, date


def add_months(day: date, months: int) -> date | None:
    """Return the same day `months` later, or that month's last day; None beyond all calendars."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if not 1 <= year <= MAXYEAR:
        return None
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def count_months(start: date, end: date) -> int:
    """Return the fewest months from `start` to `end` or beyond it; 0 if it is no later."""
    if end <= start:
        return 0
    months = 12 * (end.year - start.year) + end.month - start.month
    reached = add_months(start, months)
    return months if reached is not None and reached >= end else months + 1
