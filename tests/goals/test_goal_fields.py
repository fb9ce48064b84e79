"""What a saver enters for a goal is read exactly, or refused with one sentence at its field."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.goals.goal_fields import (
    KEYS,
    MAX_AMOUNT,
    FieldErrors,
    GoalFields,
    read_goal_fields,
    read_sum,
    split_fields,
)

TODAY = date(2026, 11, 30)
ENTERED = {
    "name": "  A  week away ", "label": "travel", "amount": "1,200.50", "currency": "USD",
    "by": "2027-06-30", "saved": "100", "csrf": "x",
}  # fmt: skip
READ = GoalFields(
    "A week away", "travel", Decimal("1200.50"), "USD", date(2027, 6, 30), Decimal(100)
)


def refusal(key: str, value: object) -> str:
    """Return the one sentence with which a value is refused."""
    with pytest.raises(FieldErrors) as error:
        read_goal_fields(ENTERED | {key: value}, TODAY)
    assert list(error.value.fields) == [key]
    sentence = error.value.fields[key]
    assert len(sentence) < 120
    assert sentence.endswith(".")
    return sentence


def test_the_texts_of_a_form_are_read() -> None:
    assert read_goal_fields(ENTERED, TODAY) == READ


def test_the_values_of_json_are_read() -> None:
    values = {"amount": 1200.5, "saved": 100, "by": "2027-06-30"}
    assert read_goal_fields(ENTERED | values, TODAY) == READ


def test_all_but_the_name_may_stay_open() -> None:
    assert read_goal_fields({"name": "Bike"}, TODAY) == GoalFields("Bike")
    empty = dict.fromkeys(KEYS, "") | {"name": "Bike"}
    assert read_goal_fields(empty, TODAY) == GoalFields("Bike")
    null = dict.fromkeys(KEYS) | {"name": "Bike"}
    assert read_goal_fields(null, TODAY) == GoalFields("Bike")


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("0", "0"), ("-0", "0"), ("1200", "1200"), (" 1 200 ", "1200"), ("1,200", "1200"),
        ("12,345,678.90", "12345678.9"), ("1000000000", "1e9"), ("1,000,000,000.00", "1e9"),
        (0.1 + 0.2, "0.30"), (1200, "1200"), (10**9, "1e9"), (Decimal("3.25"), "3.25"),
    ],
)  # fmt: skip
def test_a_sum_is_read_exactly(value: object, amount: str) -> None:
    assert read_sum(value, "amount") == Decimal(amount)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("-1", "-1 is below 0."),
        (-0.5, "-0.5 is below 0."),
        ("1000000000.01", "1000000000.01 is above 1,000,000,000."),
        ("9" * 100, "is above 1,000,000,000."),
        ("99,999,999,999", "99,999,999,999 is above 1,000,000,000."),
        ("-" + "9" * 20, "is below 0."),
        pytest.param(10**5000, "A huge number is above 1,000,000,000.", id="huge"),
        (1e300, "is above"),
        ("many", "'many' is no number: write it as 1200 or 1,200.50."),
        ("1.200", "'1.200' is no number"),  # a German 1,200: never read as 1.20
        ("1,20", "'1,20' is no number"),
        ("12,00", "'12,00' is no number"),
        ("1.2.3", "is no number"),
        ("1e5", "is no number"),
        ("0x10", "is no number"),
        ("\N{ARABIC-INDIC DIGIT ONE}", "is no number"),
        ("$12", "'$12' is no number"),
        ("nan", "'nan' is no number"),
        (float("nan"), "nan is no number"),
        (float("inf"), "inf is no number"),
        (1.005, "1.005 is finer than cents"),
        (True, "This is no number"),
        ([5], "This is no number"),
        ({"a": 1}, "This is no number"),
    ],
)
def test_what_is_no_sum_is_refused(value: object, sentence: str) -> None:
    assert sentence in refusal("amount", value)
    assert sentence in refusal("saved", value)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("name", "", "Give the goal a name of 1 to 80 letters."),
        ("name", "  \n ", "Give the goal a name"),
        ("name", None, "Give the goal a name"),
        ("name", "x" * 81, "It has 81 letters; at most 80."),
        ("name", " " * 2000 + "a", "It has 2,001 letters; at most 80."),
        ("name", "a\0b", "It holds characters that cannot be shown."),
        ("name", "a\x1b[31m", "cannot be shown"),
        ("name", "\ud800", "cannot be shown"),
        ("name", 3, "This is no text."),
        ("label", ["a"], "This is no text."),
        ("currency", "$", "'$' is no currency: write three letters, as USD."),
        ("currency", "DOLLARS", "is no currency"),
        ("currency", "U\N{LATIN SMALL LETTER DOTLESS I}D", "is no currency"),
        ("by", "30.6.2027", "'30.6.2027' is no date: write it as 2027-06-30."),
        ("by", "2027-02-30", "'2027-02-30' is no date"),
        ("by", "20270630", "is no date"),
        ("by", 20270630, "is no date"),
        ("by", "2026-11-29", "2026-11-29 is past: choose 2026-11-30 or later."),
        ("by", "2076-12-01", "2076-12-01 is more than 50 years away: choose 2076-11-30 or sooner."),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(key: str, value: object, sentence: str) -> None:
    assert sentence in refusal(key, value)


def test_a_name_of_eighty_letters_and_days_from_today_to_fifty_years_are_accepted() -> None:
    assert read_goal_fields({"name": "ü" * 80}, TODAY).name == "ü" * 80
    for day in ("2026-11-30", "2076-11-30"):
        assert str(read_goal_fields({"name": "a", "by": day}, TODAY).by) == day


def test_a_currency_in_small_letters_is_the_same() -> None:
    assert read_goal_fields({"name": "a", "currency": " eur "}, TODAY).currency == "EUR"


def test_all_fields_that_cannot_be_are_named_at_once() -> None:
    with pytest.raises(FieldErrors) as error:
        read_goal_fields({"amount": "x", "by": "y"}, TODAY)
    assert list(error.value.fields) == ["name", "amount", "by"]
    assert "'x' is no number" in str(error.value)


def test_a_change_keeps_what_it_does_not_name() -> None:
    assert read_goal_fields({"saved": "150"}, TODAY, READ) == GoalFields(
        "A week away", "travel", Decimal("1200.50"), "USD", date(2027, 6, 30), Decimal(150)
    )
    assert read_goal_fields({"amount": None}, TODAY, READ).amount is None


def test_a_day_that_has_gone_by_may_stay_but_not_be_chosen() -> None:
    later = date(2027, 7, 1)
    kept = read_goal_fields(ENTERED | {"name": "Trip"}, later, READ)
    assert (kept.name, kept.by) == ("Trip", date(2027, 6, 30))
    with pytest.raises(FieldErrors, match="2027-06-29 is past"):
        read_goal_fields({"by": "2027-06-29"}, later, READ)


def test_two_halves_have_the_sum_and_the_savings_of_the_whole() -> None:
    goal = GoalFields("Wedding", "events", Decimal(1000), "USD", date(2027, 6, 30), Decimal("100"))
    first, second = split_fields(goal, Decimal("333.33"))
    assert first == GoalFields(
        "Wedding (1)", "events", Decimal("333.33"), "USD", date(2027, 6, 30), Decimal("33.33")
    )
    assert second == GoalFields(
        "Wedding (2)", "events", Decimal("666.67"), "USD", date(2027, 6, 30), Decimal("66.67")
    )
    long, _ = split_fields(GoalFields("x" * 80, amount=Decimal(2)), Decimal(1))
    assert long.name == "x" * 76 + " (1)"


@pytest.mark.parametrize("first", ["0", "1000", "1000.01"])
def test_a_part_lies_between_nothing_and_the_whole(first: str) -> None:
    with pytest.raises(FieldErrors) as error:
        split_fields(GoalFields("a", amount=Decimal(1000)), Decimal(first))
    assert "is not between 0 and 1,000." in error.value.fields["first_amount"]


def test_a_goal_without_a_sum_cannot_be_split() -> None:
    with pytest.raises(FieldErrors) as error:
        split_fields(GoalFields("a"), Decimal(1))
    assert "give it one first" in error.value.fields["first_amount"]


ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@given(st.dictionaries(st.sampled_from(KEYS), ANYTHING))
def test_whatever_is_entered_it_is_a_goal_or_an_error_at_its_field(raw: dict[str, object]) -> None:
    problems: dict[str, str] = {}
    try:
        found = read_goal_fields(raw, TODAY)
    except FieldErrors as error:
        problems, found = error.fields, GoalFields("x")
    assert set(problems) <= set(KEYS)
    assert 0 < len(found.name) <= 80
    assert all(0 <= one <= MAX_AMOUNT for one in (found.saved, found.amount or Decimal(0)))
