import pytest

from pixonomy.dataset.stored_values import describe_value, read_list, read_text
from pixonomy.errors import DataError


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": 1}, "a dictionary"),
        ([1], "a list"),
        (None, "None"),
        ("a", "'a'"),
        pytest.param(10**5000, "a huge number", id="huge"),
        ("x" * 100, "'" + "x" * 38 + "…"),
    ],
)
def test_a_value_is_described_in_forty_letters(value: object, words: str) -> None:
    assert describe_value(value) == words
    assert len(words) <= 40


def test_entries_of_a_list_are_named_by_their_places() -> None:
    assert read_list(["a", "b"], "words", 2, read_text) == ("a", "b")
    with pytest.raises(DataError, match=r"words\[1\] is 3, not a text"):
        read_list(["a", 3], "words", 2, read_text)
    with pytest.raises(DataError, match="words has 3 entries; at most 2 are read"):
        read_list(["a", "b", "c"], "words", 2, read_text)
    with pytest.raises(DataError, match="words is 'ab', not a list"):
        read_list("ab", "words", 2, read_text)
