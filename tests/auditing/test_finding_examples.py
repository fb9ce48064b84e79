from collections.abc import Callable
from typing import Any

import polars as pl

from pixonomy.auditing.finding_examples import SHOWN, Example, choose_examples
from pixonomy.auditing.findings import FINDING, Audited, conform, find_duplicates_and_leaks
from pixonomy.auditing.kinds import CATEGORY_LEAKS, CONFLICTS, EXACT, KINDS, NEAR, SPLIT_LEAKS

Make = Callable[..., Audited]


def choose(audited: Audited, **more: Any) -> dict[str, list[Example]]:
    nothing = conform(pl.DataFrame(schema=dict(FINDING)))
    given = {kind: conform(pl.DataFrame(one)) for kind, one in more.items()}
    findings = {**dict.fromkeys(KINDS, nothing), **find_duplicates_and_leaks(audited), **given}
    return choose_examples(findings, audited)


def test_copies_are_seen_beside_the_first_the_most_frequent_in_front(audited: Make) -> None:
    one = audited([0, 0, 2, 2, 2, 2, 2, 2], [])
    assert choose(one)[EXACT] == [Example((2, 3, 4, 5), 6), Example((0, 1), 2)]


def test_of_a_conflict_one_row_of_each_label_is_seen(audited: Make) -> None:
    one = audited([0, 0, 0, 0], [], label=["a", "a", "b", None])
    assert choose(one)[CONFLICTS] == [Example((0, 2), 3)]


def test_of_a_leak_one_row_of_each_category_or_split_is_seen(audited: Make) -> None:
    one = audited(
        [0, 1, 2],
        [(0, 1, "hash", 1.0), (1, 2, "hash", 1.0)],
        label=["a", "a", "b"],
        split=["train", "test", "train"],
    )
    assert choose(one)[CATEGORY_LEAKS] == [Example((0, 2), 3)]
    assert choose(one)[SPLIT_LEAKS] == [Example((0, 1), 3)]


def test_near_copies_are_seen_beside_what_they_are_like_over_the_whole_range(
    audited: Make,
) -> None:
    count = 100
    pairs = [(0, row, "pixels", row / count) for row in range(1, count)]
    chosen = choose(audited(list(range(count)), pairs))[NEAR]
    assert len(chosen) == SHOWN
    assert chosen[0] == Example((0, 1), 2, "found by their pixels", chosen[0].score)
    assert chosen[-1].rows == (0, 99)


def test_of_other_kinds_the_first_are_seen_and_files_without_a_picture_are_not(
    audited: Make,
) -> None:
    flaws = {"row": list(range(60)), "score": [1.0] * 60, "detail": ["soft"] * 60}
    chosen = choose(audited(list(range(60)), []), blurred=flaws, undecodable=flaws)
    assert chosen == {"blurred": [Example((row,), 1, "soft", 1.0) for row in range(SHOWN)]}
