from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.errors import ArtefactDiffers
from pixonomy.storage.fingerprint import describe_differences, is_finished

PLAIN = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers())
FINGERPRINTS = st.dictionaries(st.text(), PLAIN | st.dictionaries(st.text(), PLAIN))


def test_what_is_not_there_has_to_be_made() -> None:
    assert not is_finished("run", None, {"seed": 1})


def test_what_was_made_from_the_same_is_finished() -> None:
    assert is_finished("run", {"seed": 1, "sizes": [8, 16]}, {"seed": 1, "sizes": (8, 16)})


def test_what_was_made_otherwise_is_refused_naming_each_difference_and_the_way_out() -> None:
    with pytest.raises(ArtefactDiffers) as caught:
        is_finished("my run", {"recipe": {"size": 64}, "seed": 1}, {"recipe": {"size": 96}})
    told = str(caught.value)
    for part in ("my run", "recipe.size was 64, now 96", "seed was 1, now not set", "--overwrite"):
        assert part in told
    assert caught.value.exit_code == 2


def test_what_was_made_otherwise_is_made_anew_when_asked() -> None:
    assert not is_finished("run", {"seed": 1}, {"seed": 2}, overwrite=True)


def test_overwriting_keeps_what_is_the_same() -> None:
    assert is_finished("run", {"seed": 1}, {"seed": 1}, overwrite=True)


def test_long_values_are_shortened() -> None:
    (told,) = describe_differences({"manifest": "a" * 64}, {"manifest": "b" * 64})
    assert len(told) < 60


@given(FINGERPRINTS)
def test_a_fingerprint_never_differs_from_itself(fingerprint: dict[str, Any]) -> None:
    assert describe_differences(fingerprint, dict(reversed(fingerprint.items()))) == []
