import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.dataset.category import Category, read_category
from pixonomy.dataset.goal_template import GoalTemplate
from pixonomy.errors import DataError

WHOLE = Category(
    "car", "Car", "things", "What drives.", ("car", "wheel"),
    (GoalTemplate("Tyres", (400, 1000), 4), GoalTemplate("Repair")),
)  # fmt: skip
PLAIN = {"name": "Car"}


def test_a_category_survives_json() -> None:
    stored = json.loads(json.dumps(WHOLE.as_json()))
    assert read_category("car", stored) == WHOLE
    assert stored["goals"][0] == {"name": "Tyres", "amount": [400, 1000], "months": 4}


def test_what_there_is_none_of_takes_no_room() -> None:
    assert Category("car", "Car").as_json() == PLAIN
    assert "keywords" not in WHOLE.as_json(with_keywords=False)


@pytest.mark.parametrize(
    ("stored", "sentence"),
    [
        ([], "it is a list, not a dictionary"),
        ({}, "name is missing"),
        ({"name": 10**5000}, "name is a huge number, not a text"),
        ({"name": "x" * 10_001}, "name has 10,001 letters; at most 10,000 are read"),
        ({"name": "\ud800"}, "no Unicode text"),
        (PLAIN | {"parent": ["a"]}, "parent is a list, not a text"),
        (PLAIN | {"description": None}, "description is missing"),
        (PLAIN | {"description": "x" * 10_001}, "description has 10,001 letters"),
        (PLAIN | {"keywords": {"a": 1}}, "keywords is a dictionary, not a list"),
        (PLAIN | {"keywords": ["a", None]}, r"keywords\[1\] is missing"),
        (PLAIN | {"keywords": ["a"] * 10_001}, "keywords has 10,001 entries"),
        (PLAIN | {"goals": [{"name": "a"}] * 101}, "goals has 101 entries; at most 100 are read"),
        (PLAIN | {"goals": ["a"]}, r"goals\[0\] is 'a', not a dictionary"),
        (PLAIN | {"goals": [{"name": "a", "months": True}]}, "not a whole number"),
        (PLAIN | {"goals": [{"name": "a", "months": 10**5000}]}, "not a whole number"),
        *(
            (PLAIN | {"goals": [{"name": "a", "amount": amount}]}, "no list of two numbers")
            for amount in ("12", [1], [2, 1], [-1, 2], [True, 2], [1, float("nan")], [1, 10**5000])
        ),
    ],
)
def test_a_field_that_cannot_be_meant_is_named(stored: object, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence) as error:
        read_category("car", stored)
    assert len(str(error.value)) < 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["name", "parent", "keywords", "goals", "x"]), JSON))
def test_whatever_is_stored_it_is_a_category_or_an_error_of_ours(stored: object) -> None:
    try:
        found = read_category("a", stored)
    except DataError:
        return
    assert read_category("a", found.as_json()) == found
