"""A goal survives JSON; what is stored of it by others is checked."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.dataset.goal_template import FORMULAS, GoalTemplate, read_goal
from pixonomy.errors import DataError

WHOLE = GoalTemplate(
    "Wedding", (13000, 33000), 24, "USD", "The Knot", "https://knot.example/", 2024, "guests",
    (170, 280.5),
)  # fmt: skip


def test_every_field_survives_json() -> None:
    stored = json.loads(json.dumps(WHOLE.as_json()))
    assert stored == {
        "name": "Wedding", "amount": [13000, 33000], "months": 24, "currency": "USD",
        "source": "The Knot", "source_url": "https://knot.example/", "year": 2024,
        "formula": "guests", "per_unit": [170, 280.5],
    }  # fmt: skip
    assert read_goal(stored, "goal") == WHOLE


def test_a_goal_of_an_earlier_version_is_as_it_was() -> None:
    stored = {"name": "Tyres", "amount": [400, 1000], "months": None}
    assert read_goal(stored, "goal").as_json() == stored


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": None}, r"goals\[0\].name is missing"),
        ({"amount": "12"}, "amount is no list of two numbers"),
        ({"per_unit": [2, 1]}, "per_unit is no list of two numbers of 0 or more, the smaller"),
        ({"per_unit": None}, "only one of formula and per_unit"),
        ({"formula": None}, "only one of formula and per_unit"),
        ({"formula": ["guests"]}, "formula is a list; known: months of spending"),
        ({"formula": "x" * 10_000}, "known: months of spending"),
        ({"year": 2024.0}, "year is 2024.0, not a whole number"),
        ({"year": None}, "a source without the year"),
        ({"source": None}, "a source_url without a source"),
        ({"source_url": "ftp://x.org"}, "no address that begins with https://"),
        ({"source_url": "https://"}, "no address that begins with https://"),
        ({"source_url": "https://x.org/\n"}, "no address that begins with https://"),
        ({"currency": 840}, "currency is 840, not three capital letters"),
        ({"currency": "USD\n"}, "not three capital letters"),
        ({"months": 0}, "months is 0, not a whole number of 1 or more"),
        ({"formula": "share of a price", "per_unit": [0, 1.01]}, "a share of 1.01, above 1"),
    ],
)
def test_a_field_that_cannot_be_meant_is_named(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence) as error:
        read_goal(WHOLE.as_json() | change, "goals[0]")
    assert len(str(error.value)) < 200


JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.floats())
KEYS = ["amount", "months", "currency", "source", "source_url", "year", "per_unit"]


@given(
    st.dictionaries(st.sampled_from(KEYS), JSON),
    st.none() | st.sampled_from(FORMULAS),
)
def test_whatever_is_stored_it_is_a_goal_or_an_error_of_ours(
    stored: dict[str, object], formula: str | None
) -> None:
    try:
        found = read_goal(stored | {"name": "a", "formula": formula}, "goal")
    except DataError:
        return
    assert read_goal(found.as_json(), "goal") == found
