"""Words for sums, days and plans: exact, and nobody blamed."""

from datetime import date
from decimal import Decimal

import pytest

from pixonomy.goals.goal_fields import GoalFields
from pixonomy.goals.saving_plan import make_plan
from pixonomy.serving.saver_pages.saver_wording import (
    word_day,
    word_money,
    word_plan,
    word_progress,
)

TODAY = date(2026, 11, 30)


def sentences(fields: GoalFields) -> list[str]:
    return word_plan(fields, make_plan(fields.amount, fields.saved, fields.by, TODAY))


def progress(fields: GoalFields) -> str:
    return word_progress(fields, make_plan(fields.amount, fields.saved, fields.by, TODAY))


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("1200", "USD", "$1,200"),
        ("1200.5", "EUR", "€1,200.50"),
        ("0", None, "0"),
        ("1000000000", "CHF", "1,000,000,000\u00a0CHF"),
    ],
)
def test_money_has_its_currency_and_cents_where_there_are_some(
    amount: str, currency: str | None, words: str
) -> None:
    assert word_money(Decimal(amount), currency) == words


def test_a_day_is_written_out() -> None:
    assert word_day(date(2027, 6, 1)) == "1 June 2027"


@pytest.mark.parametrize(
    ("saved", "words"),
    [
        ("0", "$0 of $1,000 saved (0 %)"),
        ("300", "$300 of $1,000 saved (30 %)"),
        ("999.99", "$999.99 of $1,000 saved (99 %)"),
        ("1200", "$1,200 of $1,000 saved (100 %)"),
    ],
)
def test_progress_is_never_rounded_up(saved: str, words: str) -> None:
    fields = GoalFields("x", amount=Decimal(1000), saved=Decimal(saved), currency="USD")
    assert progress(fields) == words


def test_progress_without_a_sum_says_what_is_saved() -> None:
    assert progress(GoalFields("x", saved=Decimal(5))) == "5 saved"


def test_a_plan_says_what_it_is_a_month_and_a_week() -> None:
    fields = GoalFields("x", amount=Decimal(1200), by=date(2027, 11, 30), currency="USD")
    assert sentences(fields) == [
        "$100 a month, or $22.65 a week.",
        "$1,200 to go, 12 months until 30 November 2027.",
    ]


def test_a_day_that_is_over_blames_nobody() -> None:
    (sentence,) = sentences(GoalFields("x", amount=Decimal(100), by=date(2026, 11, 1)))
    assert sentence == (
        "The day you chose, 1 November 2026, has come. Choose another whenever you like."
    )


def test_what_is_open_is_not_made_up() -> None:
    assert sentences(GoalFields("x")) == []
    assert sentences(GoalFields("x", amount=Decimal(100), saved=Decimal(40))) == ["60 to go."]
    assert sentences(GoalFields("x", by=date(2027, 1, 30))) == ["2 months until 30 January 2027."]
    assert sentences(GoalFields("x", amount=Decimal(5), saved=Decimal(5))) == [
        "You have it all together."
    ]
