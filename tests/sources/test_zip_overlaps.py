"""Members that reach into others are found, whatever their order."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.sources.damage import Damage
from pixonomy.sources.zip_directory import ZipEntry
from pixonomy.sources.zip_overlaps import OrderCheck, find_overlaps, is_among


def entry(header: int, size: int = 0) -> ZipEntry:
    return ZipEntry("a.jpg", 0, header, size, size, 0, 0, False, False, False)


def find(*entries: ZipEntry) -> list[int]:
    return [int(header) for header in find_overlaps(entries)]


def test_members_side_by_side_in_any_order_do_not_overlap() -> None:
    assert find(entry(100, 20), entry(0, 70), entry(150)) == []
    assert find() == []


def test_the_member_that_reaches_into_another_is_found_and_not_the_other() -> None:
    assert find(entry(0, 71), entry(100, 20), entry(150, 9)) == [0]
    assert find(entry(0, 500), entry(100, 400), entry(200, 9)) == [0, 100]


def test_one_member_of_several_names_is_no_overlap_unless_it_has_very_many() -> None:
    assert find(*[entry(0, 10)] * 1000, entry(40)) == []
    assert find(*[entry(0, 10)] * 1001, entry(40)) == [0]


def test_numbers_beyond_an_int64_do_no_harm() -> None:
    assert find(entry(2**64 - 1, 2**64 - 1), entry(0, 2**64 - 1)) == [0]
    assert not is_among(2**64 - 1, np.array([0]))


def test_ordered_members_are_told_without_remembering_them() -> None:
    check = OrderCheck()
    entries: list[ZipEntry | Damage] = [entry(0, 70), entry(100), Damage(1, "x"), entry(130)]
    assert list(check.watch(entries)) == entries
    assert check.is_ordered
    for odd in ([entry(0), entry(29)], [entry(50), entry(0)]):
        check = OrderCheck()
        list(check.watch(odd))
        assert not check.is_ordered


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 60)), max_size=12))
def test_overlaps_are_those_that_a_look_at_every_pair_finds(spans: list[tuple[int, int]]) -> None:
    entries = [entry(*span) for span in spans]
    expected = {
        one.header for one in entries for other in entries if one.header < other.header < one.end
    }
    found = find_overlaps(entries)
    assert set(found.tolist()) == expected
    assert [is_among(one.header, found) for one in entries] == [
        one.header in expected for one in entries
    ]
    check = OrderCheck()
    list(check.watch(entries))
    assert check.is_ordered == all(
        first.end <= second.header for first, second in pairwise(entries)
    )
