"""The most equal, the most and the least alike categories are found."""

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.errors import DataError
from pixonomy.sampling.choose_categories import (
    Similarity,
    confusion_similarity,
    embedding_similarity,
    least_alike,
    most_alike,
    most_equal,
)


def mean(similarity: Similarity, labels: list[str]) -> float:
    places = [similarity.labels.index(label) for label in labels]
    return float(np.mean([similarity.values[a, b] for a, b in combinations(places, 2)]))


def any_similarity(count: int, seed: int) -> Similarity:
    values = np.random.default_rng(seed).normal(size=(count, count))
    return Similarity(tuple(f"c{number:03d}" for number in range(count)), values + values.T)


@given(st.lists(st.integers(1, 50), min_size=2, max_size=9), st.integers(2, 9))
@settings(deadline=None)
def test_no_other_choice_has_more_equal_counts(sizes: list[int], count: int) -> None:
    count = min(count, len(sizes))
    counts = {f"c{number}": size for number, size in enumerate(sizes)}
    found = [counts[label] for label in most_equal(counts, count)]
    ratios = [max(one) / min(one) for one in combinations(sizes, count)]
    assert len(found) == count
    assert max(found) / min(found) == min(ratios)


def test_of_equally_equal_counts_the_larger_ones_are_taken() -> None:
    counts = {"a": 1, "b": 1, "c": 72, "d": 72, "e": 90}
    assert most_equal(counts, 2) == ["c", "d"]


@pytest.mark.parametrize("find", [most_alike, least_alike])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_among_few_categories_the_best_choice_of_all_is_found(find: object, count: int) -> None:
    similarity = any_similarity(9, seed=count)
    best = max if find is most_alike else min
    wanted = best(
        (list(one) for one in combinations(similarity.labels, count)),
        key=lambda one: mean(similarity, one),
    )
    assert find(similarity, similarity.labels, count) == wanted  # type: ignore[operator]


def test_a_hidden_cluster_is_found_among_many_categories() -> None:
    similarity = any_similarity(300, seed=0)
    hidden = [7, 50, 123, 211, 250, 299]
    values = similarity.values.copy()
    values[np.ix_(hidden, hidden)] += 8
    found = most_alike(Similarity(similarity.labels, values), similarity.labels, 6)
    assert sorted(found) == [similarity.labels[place] for place in hidden]


@pytest.mark.parametrize("seed", range(5))
def test_among_many_categories_no_single_exchange_is_better(seed: int) -> None:
    similarity = any_similarity(60, seed)
    found = least_alike(similarity, similarity.labels, 8)
    assert len(set(found)) == 8
    reached = mean(similarity, found)
    for place in range(8):
        for other in set(similarity.labels) - set(found):
            exchanged = [*found[:place], other, *found[place + 1 :]]
            assert mean(similarity, exchanged) >= reached - 1e-9


def test_only_candidates_are_chosen() -> None:
    values = np.array([[0, 9, 1], [9, 0, 2], [1, 2, 0]], np.float64)
    assert most_alike(Similarity(("a", "b", "c"), values), ["c", "b"], 2) == ["c", "b"]


def test_categories_that_are_taken_for_each_other_are_alike() -> None:
    predictions = pl.DataFrame(
        {
            "label": ["a", "a", "a", "a", "b", "b", "c", None],
            "predicted": ["a", "b", "b", "never seen", "a", "b", "c", "a"],
        }
    )
    similarity = confusion_similarity(predictions)
    assert similarity.labels == ("a", "b", "c")
    assert similarity.values[0, 1] == similarity.values[1, 0] == (2 / 4 + 1 / 2) / 2
    assert similarity.values[0, 2] == 0
    with pytest.raises(DataError, match="no picture with a known category"):
        confusion_similarity(predictions.tail(1))


def test_categories_whose_pictures_point_the_same_way_are_alike() -> None:
    embeddings = np.array([[1.0, 0], [5, 0], [0, 2], [0, 0]])
    values = embedding_similarity(["a", "b", "c", "d"], embeddings).values
    assert values[0, 1] == pytest.approx(1)
    assert values[0, 2] == pytest.approx(0)
    assert np.isfinite(values).all()
