from collections.abc import Callable

import polars as pl

from pixonomy.auditing.findings import (
    FINDING,
    Audited,
    conform,
    count_findings,
    find_duplicates_and_leaks,
)
from pixonomy.auditing.kinds import (
    CATEGORY_LEAKS,
    CONFLICTS,
    COUNTED,
    EXACT,
    NEAR,
    SPLIT_LEAKS,
)

Make = Callable[..., Audited]


def counts(audited: Audited) -> dict[str, int]:
    found = find_duplicates_and_leaks(audited)
    nothing = conform(pl.DataFrame(schema=dict(FINDING)))
    all_kinds = {kind: found.get(kind, nothing) for kind in COUNTED}
    return {kind: n for kind, n in count_findings(all_kinds, audited).items() if n}


def rows(found: pl.DataFrame) -> list[tuple[int, int | None]]:
    return [tuple(row) for row in found.select("row", "other").iter_rows()]


def test_exact_copies_are_the_rows_beyond_the_first(audited: Make) -> None:
    one = audited([0, 1, 0, 0, -1, 1], [])
    assert rows(find_duplicates_and_leaks(one)[EXACT]) == [(2, 0), (3, 0), (5, 1)]
    assert counts(one) == {EXACT: 3}


def test_near_copies_are_pictures_beyond_the_first_beside_the_most_alike(audited: Make) -> None:
    one = audited([0, 1, 2, 0], [(0, 1, "hash", 0.5), (0, 2, "pixels", 0.3), (1, 2, "hash", 0.9)])
    found = find_duplicates_and_leaks(one)[NEAR]
    assert rows(found) == [(1, 2), (2, 1)]
    assert counts(one) == {EXACT: 1, NEAR: 2}


def test_one_file_under_two_labels_is_a_conflict_and_no_leak(audited: Make) -> None:
    one = audited([0, 0, 2, 2, 4], [], label=["a", "b", "c", "c", "a"])
    assert counts(one) == {EXACT: 2, CONFLICTS: 1}
    assert rows(find_duplicates_and_leaks(one)[CONFLICTS]) == [(0, None), (1, 0)]
    assert find_duplicates_and_leaks(one)[CONFLICTS]["detail"].to_list() == [
        "labelled a",
        "labelled b",
    ]


def test_a_picture_without_a_label_contradicts_nobody(audited: Make) -> None:
    assert counts(audited([0, 0], [], label=["a", None])) == {EXACT: 1}


def test_near_copies_in_two_categories_are_a_leak(audited: Make) -> None:
    one = audited([0, 1, 2], [(0, 1, "hash", 1.0)], label=["a", "b", "b"])
    assert counts(one) == {NEAR: 1, CATEGORY_LEAKS: 1}


def test_one_file_found_by_two_keywords_is_a_leak(audited: Make) -> None:
    one = audited([0, 0], [], label=["a", "a"], keyword=["sea", "beach"])
    assert counts(one) == {EXACT: 1, CATEGORY_LEAKS: 1}
    details = find_duplicates_and_leaks(one)[CATEGORY_LEAKS]["detail"].to_list()
    assert details == ["in a, found by “sea”", "in a, found by “beach”"]


def test_keywords_of_conflicting_labels_are_not_told_twice(audited: Make) -> None:
    one = audited([0, 0], [], label=["a", "b"], keyword=["sea", "beach"])
    assert counts(one) == {EXACT: 1, CONFLICTS: 1}


def test_a_group_in_two_splits_is_one_leak(audited: Make) -> None:
    one = audited([0, 1, 0, 3], [(0, 1, "hash", 1.0)], split=["train", "test", "train", None])
    assert counts(one) == {EXACT: 1, NEAR: 1, SPLIT_LEAKS: 1}
    assert find_duplicates_and_leaks(one)[SPLIT_LEAKS]["detail"].to_list() == [
        "in train", "in test", "in train",
    ]  # fmt: skip


def test_pictures_that_cannot_be_read_are_copies_of_nothing(audited: Make) -> None:
    assert counts(audited([-1, -1, 2], [], label=["a", "b", "a"])) == {}
