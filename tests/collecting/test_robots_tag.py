import time

import pytest

from pixonomy.collecting.robots_tag import objection

NOW = 1_790_000_000.0


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("noai", "noai"),
        ("otherbot: nofollow, *: noai", "noai"),
        ("otherbot: noindex\nnoai", "noai"),
        ("otherbot: noindex\nnofollow", None),
        ("otherbot: max-snippet: 3, noindex", None),
        ("pixonomy: max-snippet: 3, noindex", "noindex"),
        ("pixonomy: otherbot: noindex", None),
        ("a sentence: with a colon, noindex", "noindex"),
        (":::,noai", "noai"),
        ("", None),
    ],
)
def test_the_word_that_objects_to_us_is_told(value: str, word: str | None) -> None:
    assert objection(value, "pixonomy", NOW) == word


def test_from_its_date_on_what_is_unavailable_is_left() -> None:
    value = "unavailable_after: Wednesday, 25-Jun-25 15:00:00 GMT, nofollow"
    assert objection(value, "pixonomy", 1_750_000_000.0) is None
    told = objection(value, "pixonomy", NOW)
    assert told is not None
    assert told.startswith("unavailable_after: Wednesday, 25-Jun-25")


@pytest.mark.parametrize("part", ["a:", ",", "noindexx: ", "\n", "a b c d "])
def test_a_long_hostile_value_takes_little_time(part: str) -> None:
    began = time.process_time()
    objection(part * (16_384 // len(part)), "pixonomy", NOW)
    assert time.process_time() - began < 1
