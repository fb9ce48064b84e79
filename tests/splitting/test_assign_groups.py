"""Whole values are dealt so that labels are taught, tested and near their shares."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.splitting.assign_groups import ValueCounts, assign_values

WANTED = {"test": 0.15, "validation": 0.15}


def counts(*labels: dict[int, int]) -> ValueCounts:
    """Give each label its values: number → pictures."""
    pairs = [(value, label, n) for label, of in enumerate(labels) for value, n in of.items()]
    table = pl.DataFrame(sorted(pairs), ["value", "label", "n"], orient="row")
    return ValueCounts(table, [sum(of.values()) for of in labels])


def share(found: list[str], label: dict[int, int], split: str) -> float:
    return sum(n for value, n in label.items() if found[value] == split) / sum(label.values())


def test_the_largest_of_few_values_teaches_and_the_others_are_held_out() -> None:
    assert set(assign_values(counts({0: 60, 1: 100, 2: 140}), WANTED, 0)[:2]) == set(WANTED)
    for seed in range(5):
        found = assign_values(counts({0: 60, 1: 100, 2: 140}, {3: 180, 4: 120}), WANTED, seed)
        assert sorted(found[:2]) == ["test", "validation"]
        assert found[2:] == ["train", "train", "test"]


def test_equal_values_change_places_with_the_seed() -> None:
    found = {tuple(assign_values(counts({0: 9, 1: 9}), WANTED, seed)) for seed in range(20)}
    assert found == {("train", "test"), ("test", "train")}


def test_a_label_with_one_value_keeps_it_for_training() -> None:
    assert assign_values(counts({0: 300}, {1: 5, 2: 5}), WANTED, 0)[0] == "train"


def test_a_value_that_another_label_needs_is_spared_where_another_serves() -> None:
    for seed in range(10):
        only, both = {0: 100}, {0: 50, 1: 50}
        assert assign_values(counts(only, both), WANTED, seed) == ["train", "test"]


def test_many_rare_labels_do_not_stop_a_provider_from_being_held_out() -> None:
    common = [{0: 700, 1: 150, 2: 150}] * 50
    rare = [{0: 1}, {1: 1}, {2: 1}] * 5
    found = assign_values(counts(*common, *rare), WANTED, 0)
    assert (found[0], sorted(found[1:])) == ("train", ["test", "validation"])


def test_many_small_values_meet_the_shares() -> None:
    labels = [{40 * label + k: 1 + k % 5 for k in range(40)} for label in range(6)]
    found = assign_values(counts(*labels), WANTED, 3)
    for label in labels:
        assert share(found, label, "test") == pytest.approx(0.15, abs=0.03)
        assert share(found, label, "validation") == pytest.approx(0.15, abs=0.03)


LABELS = st.lists(
    st.dictionaries(st.integers(0, 9), st.integers(1, 50), min_size=1, max_size=6),
    min_size=1,
    max_size=6,
)


@given(LABELS, st.integers(0, 5), st.sampled_from([WANTED, {"test": 0.3}]))
@settings(deadline=None, max_examples=50)
def test_every_value_has_one_of_the_splits_whatever_is_asked(
    labels: list[dict[int, int]], seed: int, wanted: dict[str, float]
) -> None:
    asked = counts(*labels)
    found = assign_values(asked, wanted, seed)
    assert len(found) == asked.values
    assert set(found) <= {"train", *wanted}
    assert found == assign_values(asked, wanted, seed)


@given(LABELS, st.integers(0, 5))
@settings(deadline=None, max_examples=50)
def test_where_no_value_is_shared_every_label_is_taught_and_tested(
    labels: list[dict[int, int]], seed: int
) -> None:
    own = [{10 * k + value: n for value, n in label.items()} for k, label in enumerate(labels)]
    found = assign_values(counts(*own), WANTED, seed)
    for label in own:
        splits = {found[value] for value in label}
        assert "train" in splits
        assert ("test" in splits) == (len(label) > 1)
        assert ("validation" in splits) == (len(label) > 2)
