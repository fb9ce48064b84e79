"""A goal in TOML is read with its sums, source and formula; what is wrong with it is named."""

import tomllib

import pytest

from pixonomy.dataset.goal_template import GoalTemplate
from pixonomy.dataset.goal_toml import KEYS, read_goal_table
from pixonomy.errors import SettingError

WHERE = "pets.toml, category 'cat'"


def read(text: str) -> GoalTemplate:
    return read_goal_table(tomllib.loads(f'name = "Food"\n{text}'), WHERE)


def test_a_range_with_its_source_is_read() -> None:
    text = 'low = 300\nhigh = 900.5\ncurrency = "EUR"\nyear = 2025\nsource = "NRF"\nmonths = 10\n'
    assert read(text + 'source_url = "https://nrf.com/x"') == GoalTemplate(
        "Food", (300, 900.5), 10, "EUR", "NRF", "https://nrf.com/x", 2025
    )


def test_two_sums_are_a_guess() -> None:
    assert read("amount = [300, 800]") == GoalTemplate("Food", (300, 800))


def test_with_a_formula_low_and_high_are_what_a_number_is_multiplied_with() -> None:
    found = read('formula = "guests"\nlow = 170\nhigh = 280\nyear = 2024\namount = [1, 2]')
    assert found == GoalTemplate("Food", (1, 2), year=2024, formula="guests", per_unit=(170, 280))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("low = 1\nhigh = 2", "low and high lack the year that they are of; add such as year = 20"),
        ("low = 1\nhigh = 2", f"Known: {', '.join(KEYS)}."),
        ('low = 1\nhigh = 2\nsource = "X"', "low and high lack the year"),
        ('low = 1\nhigh = 2\nformula = "guests"', "low and high lack the year"),
        ("low = 1\nyear = 2025", "high is missing; low and high are two numbers of 0 or more."),
        ("high = 1\nyear = 2025", "low is missing"),
        ("low = 3000\nhigh = 2000\nyear = 2025", "low is 3000, above high, which is 2000."),
        ("low = 'a'\nhigh = 2\nyear = 2025", "low is 'a'; low and high are two numbers"),
        ("low = -1\nhigh = 2\nyear = 2025", "low is -1; low and high are two numbers of 0 or m"),
        ("low = nan\nhigh = 2\nyear = 2025", "low is nan;"),
        ("low = 1\nhigh = inf\nyear = 2025", "high is inf;"),
        ("low = true\nhigh = 2\nyear = 2025", "low is True;"),
        ("amount = [1, 2]\nlow = 1\nhigh = 2\nyear = 2025", "amount and low, high are the same"),
        ("amount = [1, 2]\nsource = 'X'", "a source without the year"),
        ("source_url = 'https://x.org'", "a source_url without a source"),
        ("year = 1800", "year is 1800, not a whole number of 1900 to 2100"),
        ("year = '2025'", "year is '2025', not a whole number"),
        ("currency = 'usd'", "currency is 'usd', not three capital letters such as 'USD'"),
        ("source = ' '\nyear = 2025", "source is empty"),
        ("source = 'X'\nyear = 2025\nsource_url = 'javascript:alert(1)'", "no address that begins"),
        ("source = 'X'\nyear = 2025\nsource_url = 'https://[x'", "no address that begins"),
        ("source = 'X'\nyear = 2025\nsource_url = 'https:// x'", "no address that begins"),
        ("source = 'X'\nyear = 2025\nsource_url = '/x'", "no address that begins"),
        (
            "formula = 'gests'\nlow = 1\nhigh = 2\nyear = 2025",
            "formula is 'gests'; known: months of spending, share of a price, share of a home's va",
        ),
        ("formula = 'guests'", "a formula needs low and high"),
        ("formula = 'guests'\namount = [1, 2]", "a formula needs low and high"),
        (
            "formula = 'share of a price'\nlow = 3.5\nhigh = 20\nyear = 2025",
            "a share of 20, above 1; 10 % is written as 0.1",
        ),
        ("lowest = 3", "unknown key 'lowest'; known: name, low, high, currency, year, source"),
        ("lowest = 3", "Did you mean 'low'?"),
        ("per_unit = [1, 2]", "unknown key 'per_unit'"),
    ],
)
def test_what_is_wrong_is_named_with_its_category_and_goal(text: str, sentence: str) -> None:
    with pytest.raises(SettingError) as error:
        read(text)
    assert str(error.value).startswith("pets.toml, category 'cat', goal 'Food': ")
    assert sentence in str(error.value)
    assert len(str(error.value)) < 260


def test_a_goal_is_a_table_with_a_name() -> None:
    with pytest.raises(SettingError, match=r"a goal is a table \[\[category.goal\]\]"):
        read_goal_table(3, WHERE)
    with pytest.raises(SettingError, match="name is missing"):
        read_goal_table({"months": 3}, WHERE)
