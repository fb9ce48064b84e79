from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.goals.calendar_months import add_months, count_months


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-11-30", 0, "2026-11-30"),
        ("2026-11-30", 1, "2026-12-30"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2027-11-30", 3, "2028-02-29"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-12-31", 600, "2076-12-31"),
    ],
)
def test_months_lead_to_the_same_day_or_the_last_of_the_month(
    day: str, months: int, later: str
) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(later)


def test_beyond_the_calendar_there_is_no_day() -> None:
    assert add_months(date(9999, 12, 1), 1) is None
    assert add_months(date(2026, 1, 1), 10**9) is None


@pytest.mark.parametrize(
    ("end", "months"),
    [
        ("2026-11-29", 0), ("2026-11-30", 0), ("2026-12-01", 1), ("2026-12-30", 1),
        ("2026-12-31", 2), ("2027-02-28", 3), ("2027-03-01", 4), ("2027-11-30", 12),
    ],
)  # fmt: skip
def test_a_month_that_has_begun_counts(end: str, months: int) -> None:
    assert count_months(date(2026, 11, 30), date.fromisoformat(end)) == months


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(1, 600))
def test_counting_undoes_adding(start: date, months: int) -> None:
    end = add_months(start, months)
    assert end is not None
    assert count_months(start, end) == months
