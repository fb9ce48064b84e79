"""What a goal is a month, and what another monthly sum would change, in both directions."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.goals.saving_plan import Adjustments, Plan, adjust, make_plan

TODAY = date(2026, 11, 30)
IN_A_YEAR = date(2027, 11, 30)


def test_a_goal_is_so_much_a_month_and_a_week() -> None:
    plan = make_plan(Decimal(1300), Decimal(100), IN_A_YEAR, TODAY)
    # 365 days: 12 months of 100, 53 weeks that have begun of 22.65 (1200 / 53 = 22.6415…)
    assert plan == Plan(Decimal(1200), Decimal(100), Decimal("22.65"), 12, 100 / 1300)


def test_cents_are_rounded_up_so_that_the_sum_is_reached() -> None:
    plan = make_plan(Decimal(100), Decimal(0), date(2027, 2, 28), TODAY)
    assert (plan.months, plan.each_month) == (3, Decimal("33.34"))


def test_a_month_and_a_half_are_two_payments_the_last_on_the_day_itself() -> None:
    plan = make_plan(Decimal(600), Decimal(0), date(2027, 1, 15), TODAY)
    assert (plan.months, plan.each_month, plan.each_week) == (2, Decimal(300), Decimal("85.72"))


def test_tomorrow_is_one_payment() -> None:
    plan = make_plan(Decimal(50), Decimal(20), TODAY + timedelta(1), TODAY)
    assert (plan.months, plan.each_month, plan.each_week) == (1, Decimal(30), Decimal(30))


def test_without_a_day_nothing_is_due_a_month() -> None:
    assert make_plan(Decimal(1000), Decimal(250), None, TODAY) == Plan(
        Decimal(750), None, None, None, 0.25
    )


def test_without_a_sum_nothing_remains() -> None:
    assert make_plan(None, Decimal(250), IN_A_YEAR, TODAY) == Plan(Decimal(0), None, None, 12, 0)


@pytest.mark.parametrize("day", [TODAY, TODAY - timedelta(90)])
def test_when_the_day_has_come_there_is_what_remains_and_no_reproach(day: date) -> None:
    assert make_plan(Decimal(1000), Decimal(400), day, TODAY) == Plan(
        Decimal(600), None, None, 0, 0.4
    )


@pytest.mark.parametrize("saved", [1000, 1500])
def test_a_goal_that_is_reached_asks_for_nothing_more(saved: int) -> None:
    assert make_plan(Decimal(1000), Decimal(saved), IN_A_YEAR, TODAY) == Plan(
        Decimal(0), None, None, 12, 1.0
    )


def test_a_goal_of_nothing_is_reached() -> None:
    assert make_plan(Decimal(0), Decimal(0), IN_A_YEAR, TODAY).share == 1.0


def test_less_a_month_is_later_or_smaller() -> None:
    # 100 a month for 12 months would do; 60 reach 1,200 in 20 months, or 720 beside the 100 saved
    assert adjust(Decimal(1300), Decimal(100), IN_A_YEAR, TODAY, Decimal(60)) == Adjustments(
        date(2028, 7, 30), Decimal(820)
    )


def test_more_a_month_is_sooner_or_larger() -> None:
    assert adjust(Decimal(1300), Decimal(100), IN_A_YEAR, TODAY, Decimal(150)) == Adjustments(
        date(2027, 7, 30), Decimal(1900)
    )


def test_what_never_fits_is_not_offered() -> None:
    nothing = adjust(Decimal(1300), Decimal(0), IN_A_YEAR, TODAY, Decimal(0))
    assert nothing == Adjustments(None, None)
    slow = adjust(Decimal(10**9), Decimal(0), IN_A_YEAR, TODAY, Decimal(1))
    assert slow == Adjustments(None, Decimal(12))
    rich = adjust(Decimal(10**9), Decimal(0), IN_A_YEAR, TODAY, Decimal(10**9))
    assert rich == Adjustments(date(2026, 12, 30), None)


def test_without_a_day_or_a_sum_only_the_other_follows() -> None:
    assert adjust(Decimal(600), Decimal(0), None, TODAY, Decimal(100)) == Adjustments(
        date(2027, 5, 30), None
    )
    assert adjust(None, Decimal(0), IN_A_YEAR, TODAY, Decimal(100)) == Adjustments(
        None, Decimal(1200)
    )


MONEY = st.decimals(1, 10**9, places=2)


@given(MONEY, st.integers(1, 50 * 365))
def test_the_monthly_sum_of_a_plan_leads_to_its_own_sum_in_no_more_months(
    amount: Decimal, days: int
) -> None:
    by = TODAY + timedelta(days)
    plan = make_plan(amount, Decimal(0), by, TODAY)
    assert plan.each_month is not None
    assert plan.months is not None
    found = adjust(amount, Decimal(0), by, TODAY, plan.each_month)
    assert found.smaller is None or found.smaller >= amount
    assert found.later is not None
    months = make_plan(amount, Decimal(0), found.later, TODAY).months
    assert months is not None
    assert months <= plan.months
    assert (months - 1) * plan.each_month < amount <= months * plan.each_month
