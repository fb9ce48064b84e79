"""What is usual for a goal is worded with its source, or as a guess, or not at all."""

from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.dataset.taxonomy_toml import read_taxonomy_toml, shipped_text
from pixonomy.goals.formulas import FORMULAS, Question
from pixonomy.goals.goal_fields import FieldErrors
from pixonomy.goals.suggestion import read_answers, suggest, write_usual
from pixonomy.results.answer_results import Goal

TODAY = date(2026, 11, 30)
CAR = Goal(
    name="Used car", amount=(2000, 6000), months=18, currency="USD", source="Edmunds", year=2024,
    source_url="https://edmunds.example/q4",
)  # fmt: skip
FUND = Goal(
    name="Emergency fund", amount=None, months=18, currency="USD", source="Bankrate", year=2025,
    formula="months of spending", per_unit=(3, 6),
)  # fmt: skip
HOME = replace(FUND, formula="share of a price", per_unit=(0.035, 0.2))
UPKEEP = replace(FUND, formula="share of a home's value", per_unit=(0.01, 0.02))
TRIP = replace(FUND, formula="people and weeks", per_unit=(700, 2300))
WEDDING = replace(FUND, amount=(13000, 33000), formula="guests", per_unit=(170, 280))


def sums(goal: Goal, **numbers: float) -> tuple[Decimal | None, Decimal | None]:
    found = suggest(goal, TODAY, numbers)
    return found.low, found.high


def test_a_sum_with_a_source_says_who_and_when() -> None:
    found = suggest(CAR, TODAY)
    assert found.sentence == "Usually 2,000 to 6,000 dollars (Edmunds, 2024)."
    assert (found.low, found.high, found.currency) == (Decimal(2000), Decimal(6000), "USD")
    assert (found.months, found.source_url) == (18, "https://edmunds.example/q4")
    assert (found.notes, found.questions) == ((), ())


def test_a_sum_without_a_source_is_called_a_guess() -> None:
    guess = Goal(name="Sofa", amount=(500, 3000), months=None)
    assert suggest(guess, TODAY).sentence == "Our guess, no source: 500 to 3,000."


def test_without_a_sum_none_is_made_up() -> None:
    found = suggest(Goal(name="A boat", amount=None, months=None), TODAY)
    assert (found.low, found.high) == (None, None)
    assert found.sentence == "It varies too much to suggest a sum."


@pytest.mark.parametrize(
    ("currency", "sentence"),
    [
        (None, "Usually 2,000 to 6,000 (Edmunds, 2024)."),
        ("EUR", "Usually 2,000 to 6,000 euros (Edmunds, 2024)."),
        ("CHF", "Usually 2,000 to 6,000 CHF (Edmunds, 2024)."),
    ],
)
def test_currencies_have_their_names_where_those_are_known(
    currency: str | None, sentence: str
) -> None:
    assert suggest(replace(CAR, currency=currency), TODAY).sentence == sentence


def test_one_sum_is_no_range() -> None:
    assert suggest(replace(CAR, amount=(500, 500)), TODAY).sentence == (
        "Usually 500 dollars (Edmunds, 2024)."
    )


@pytest.mark.parametrize(
    ("year", "today", "is_marked"),
    [(2017, TODAY, True), (2023, TODAY, False), (2023, date(2027, 1, 1), True)],
)
def test_figures_over_three_years_old_are_marked(year: int, today: date, is_marked: bool) -> None:
    notes = suggest(replace(CAR, year=year), today).notes
    assert notes == ((f"The figures are of {year} and may have changed since.",) * is_marked)


@pytest.mark.parametrize(
    ("goal", "sentence"),
    [
        (FUND, "Enter what you spend in a month: usually 3 to 6 months of spending (Bankrate, 20"),
        (HOME, "Enter the price: usually 3.5 to 20 % of the price (Bankrate, 2025)."),
        (UPKEEP, "Enter what the home is worth: usually 1 to 2 % of its value (Bankrate, 2025)."),
        (
            TRIP,
            "Enter how many people go, and for how many weeks: usually 700 to 2,300 dollars a p",
        ),
        (
            replace(HOME, source=None, year=None, currency=None),
            "Enter the price: 3.5 to 20 % of the price (our guess, no source).",
        ),
    ],
)
def test_without_the_savers_number_there_is_a_question_and_no_sum(
    goal: Goal, sentence: str
) -> None:
    found = suggest(goal, TODAY)
    assert found.sentence.startswith(sentence)
    assert (found.low, found.high) == (None, None)
    assert found.questions


def test_a_question_says_what_is_asked_in_which_unit() -> None:
    assert suggest(FUND, TODAY).questions == (
        Question("monthly_spending", "What do you spend in a month?", "dollars", 1, 10**7),
    )
    assert [one.key for one in suggest(TRIP, TODAY).questions] == ["people", "weeks"]
    (price,) = suggest(replace(HOME, currency=None), TODAY).questions
    assert (price.key, price.unit) == ("price", "")


@pytest.mark.parametrize(
    ("goal", "numbers", "low", "high", "sentence"),
    [
        (FUND, {"monthly_spending": 2920}, 8760, 17520,
         "For 2,920 dollars a month usually 8,760 to 17,520 dollars (Bankrate, 2025)."),
        (HOME, {"price": 400_000}, 14_000, 80_000,
         "For a price of 400,000 dollars usually 14,000 to 80,000 dollars (Bankrate, 2025)."),
        (UPKEEP, {"home_value": 350_000.5}, 3500, 7000,
         "For a home worth 350,000.5 dollars usually 3,500 to 7,000 dollars (Bankrate, 2025)."),
        (WEDDING, {"guests": 80}, 13_600, 22_400,
         "For 80 guests usually 13,600 to 22,400 dollars (Bankrate, 2025)."),
        (TRIP, {"people": 1, "weeks": 1.5}, 1050, 3450,
         "For 1 person and 1.5 weeks usually 1,050 to 3,450 dollars (Bankrate, 2025)."),
        (TRIP, {"people": 4, "weeks": 1}, 2800, 9200,
         "For 4 people and 1 week usually 2,800 to 9,200 dollars (Bankrate, 2025)."),
        (replace(HOME, source=None, currency=None), {"price": 1000}, 35, 200,
         "For a price of 1,000: 35 to 200 (our guess, no source)."),
    ],
)  # fmt: skip
def test_with_the_savers_number_the_sum_is_worked_out(
    goal: Goal, numbers: dict[str, float], low: int, high: int, sentence: str
) -> None:
    found = suggest(goal, TODAY, numbers)
    assert (found.low, found.high) == (Decimal(low), Decimal(high))
    assert found.sentence == sentence


def test_one_of_two_numbers_is_not_enough() -> None:
    assert sums(TRIP, people=2) == (None, None)
    assert suggest(TRIP, TODAY, {"people": 2}).sentence.startswith("Enter how many people go")


def test_a_sum_that_a_number_makes_more_exact_is_there_before_it() -> None:
    found = suggest(WEDDING, TODAY)
    assert (found.low, found.high) == (Decimal(13_000), Decimal(33_000))
    assert found.sentence == (
        "Usually 13,000 to 33,000 dollars (Bankrate, 2025). "
        "Enter how many guests you expect, and the sum is worked out for that."
    )


def test_numbers_of_other_questions_are_passed_over() -> None:
    assert sums(FUND, price=100, guests=3) == (None, None)
    assert sums(CAR, price=100) == (Decimal(2000), Decimal(6000))


@pytest.mark.parametrize("number", [0, -1, 10_001, float("nan"), float("inf")])
def test_a_number_beyond_its_question_is_refused(number: float) -> None:
    with pytest.raises(FieldErrors) as error:
        suggest(WEDDING, TODAY, {"guests": number})
    assert "is not between 1 and 10,000." in error.value.fields["guests"]


def test_a_sum_beyond_what_a_goal_can_hold_is_not_suggested() -> None:
    found = suggest(replace(CAR, amount=(1, 1e15)), TODAY)
    assert (found.low, found.high) == (None, None)
    assert found.notes == ("What is usual is above 1,000,000,000, more than a goal can hold.",)
    assert sums(replace(WEDDING, per_unit=(0, 1e15)), guests=10_000) == (None, None)


def test_answers_are_read_from_the_texts_of_a_form() -> None:
    assert read_answers(TRIP, {"people": "2", "weeks": "1.5", "x": "y"}) == {
        "people": 2.0, "weeks": 1.5
    }  # fmt: skip
    assert read_answers(TRIP, {"people": "", "weeks": None}) == {}
    assert read_answers(CAR, {"price": "many"}) == {}


def test_answers_that_cannot_be_are_named_at_their_questions() -> None:
    with pytest.raises(FieldErrors) as error:
        read_answers(TRIP, {"people": "two", "weeks": "521"})
    assert error.value.fields == {
        "people": "'two' is no number: write it as 1200 or 1,200.50.",
        "weeks": "521 is not between 0.1 and 520.",
    }


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        (CAR, "2,000 to 6,000 dollars, Edmunds 2024"),
        (FUND, "3 to 6 months of spending, Bankrate 2025"),
        (HOME, "3.5 to 20 % of the price, Bankrate 2025"),
        (TRIP, "700 to 2,300 dollars a person and week, Bankrate 2025"),
        (WEDDING, "13,000 to 33,000 dollars, Bankrate 2025"),
        (Goal(name="Chalk", amount=(5, 12.5), months=None), "5 to 12.5, a guess"),
        (Goal(name="A boat", amount=None, months=None), ""),
    ],
)
def test_in_lists_it_is_few_words(goal: Goal, words: str) -> None:
    assert write_usual(goal) == words


def test_every_shipped_goal_has_a_source_or_is_called_a_guess(tmp_path: Path) -> None:
    (tmp_path / "goals.toml").write_text(shipped_text("savings-goals"), "utf-8")
    file = read_taxonomy_toml(tmp_path / "goals.toml")
    goals = [Goal(**asdict(goal)) for one in file.categories for goal in one.goals]
    sentences = {one.name: suggest(one, TODAY).sentence for one in goals}
    guesses = {name for name, text in sentences.items() if text.startswith("Our guess")}
    assert guesses == {"Furniture", "Birthday party", "City trip", "Round the world"}
    assert all("20" in text for name, text in sentences.items() if name not in guesses)
    assert sentences["Down payment on a used car"] == (
        "Usually 2,000 to 6,000 dollars (Edmunds, 2024)."
    )
    asked = {one.name for one in goals if suggest(one, TODAY).low is None}
    assert asked == {
        "A year's upkeep of a home", "Down payment on a home", "Emergency fund", "A week away"
    }  # fmt: skip


SUMS = st.floats(0, 1e15) | st.integers(0, 10**15)
RANGES = st.tuples(SUMS, SUMS).map(lambda pair: tuple(sorted(pair)))


@given(st.sampled_from(list(FORMULAS)), RANGES, st.none() | RANGES, st.data())
def test_whatever_a_taxonomy_says_there_is_a_sentence_and_no_sum_beyond_a_goal(
    formula: str, per_unit: tuple[float, ...], amount: tuple[float, ...] | None, data: st.DataObject
) -> None:
    goal = replace(FUND, formula=formula, per_unit=per_unit, amount=amount)
    numbers = {
        one.key: data.draw(st.floats(one.lowest, one.highest))
        for one in suggest(goal, TODAY).questions
    }
    for found in (suggest(goal, TODAY), suggest(goal, TODAY, numbers)):
        assert found.sentence.endswith(".")
        assert len(found.sentence) < 250
        assert (found.low is None) == (found.high is None)
        assert 0 <= (found.low or 0) <= (found.high or 0) <= 10**9
