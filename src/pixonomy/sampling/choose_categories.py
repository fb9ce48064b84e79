"""Chooses k of many categories: those of most equal size, or those most or least alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.errors import DataError

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_EXACT = 50_000  # so many choices are all tried: a fraction of a second
_STARTS = 16  # of the best greedy choices, to be improved by swaps


@dataclass(frozen=True)
class Similarity:
    """How alike categories are.

    Attributes:
        labels: the k categories.
        values: float64, shape (k, k), symmetric; more is more alike. The diagonal means nothing.
    """

    labels: tuple[str, ...]
    values: Floats


def confusion_similarity(predictions: pl.DataFrame) -> Similarity:
    """Call those categories alike that are taken for each other.

    Args:
        predictions: columns label and predicted, one row an image.

    Returns:
        The mean of two shares, 0 to 1: of a's images predicted as b, and of b's as a.

    Raises:
        DataError: if no image has a label.
    """
    known = predictions.select(pl.col("label", "predicted").cast(pl.String)).drop_nulls()
    labels = known["label"].unique().sort()
    if labels.is_empty():
        raise DataError("The predictions hold no picture with a known category.")
    place = {label: number for number, label in enumerate(labels)}
    counts = np.zeros((len(place), len(place)))
    pairs = known.group_by("label", "predicted").len()
    for label, predicted, count in pairs.iter_rows():
        if predicted in place:
            counts[place[label], place[predicted]] = count
    sizes = known.group_by("label").len().sort("label")["len"].to_numpy()
    shares = counts / sizes[:, None]
    return Similarity(tuple(labels), (shares + shares.T) / 2)


def embedding_similarity(labels: Sequence[str], embeddings: Floats) -> Similarity:
    """Call those categories alike whose images a network sees alike.

    Args:
        labels: the k categories.
        embeddings: shape (k, d), the mean embedding of each one's images.

    Returns:
        The cosine of the angle between mean embeddings, -1 to 1.
    """
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    units = embeddings / np.where(lengths > 0, lengths, 1)
    return Similarity(tuple(labels), units @ units.T)


def most_equal(counts: Mapping[str, int], count: int) -> list[str]:
    """Return the `count` labels with the smallest ratio of largest to smallest count.

    Of equally good choices, the one with the larger counts.

    Args:
        counts: how many each label has, 1 or more; at least `count` labels.
    """
    labels = sorted(counts, key=lambda label: (counts[label], label))
    ordered = np.array([counts[label] for label in labels])
    ratios = ordered[count - 1 :] / ordered[: len(ordered) - count + 1]
    start = int(np.flatnonzero(ratios == ratios.min())[-1])
    return labels[start : start + count]


def most_alike(similarity: Similarity, candidates: Sequence[str], count: int) -> list[str]:
    """Return the `count` of the candidates with the greatest mean similarity between two.

    Exact where few choices are possible; otherwise greedy from every start, then improved by
    swapping one at a time for as long as that helps.

    Args:
        similarity: of at least the `candidates`.
        candidates: at least `count` labels.
        count: how many to choose, 2 or more.
    """
    place = {label: number for number, label in enumerate(similarity.labels)}
    places = [place[label] for label in candidates]
    values = similarity.values[np.ix_(places, places)].copy()
    np.fill_diagonal(values, 0)
    # The densest k of n is NP-hard: all choices where there are few, else a local search.
    is_few = comb(len(candidates), count) <= _EXACT
    chosen = _try_all(values, count) if is_few else _climb(values, count)
    return [candidates[number] for number in chosen]


def least_alike(similarity: Similarity, candidates: Sequence[str], count: int) -> list[str]:
    """Return the `count` of the candidates with the least mean similarity: see `most_alike`."""
    opposite = Similarity(similarity.labels, -similarity.values)
    return most_alike(opposite, candidates, count)


def _try_all(values: Floats, count: int) -> Places:
    best = max(combinations(range(len(values)), count), key=lambda one: _within(values, one))
    return np.array(best)


def _climb(values: Floats, count: int) -> Places:
    starts = np.unique(np.sort(_greedy(values, count), axis=1), axis=0)
    worth = np.array([_within(values, one) for one in starts])
    best = starts[np.argsort(-worth, kind="stable")[:_STARTS]]
    return max((_swap(values, one) for one in best), key=lambda one: _within(values, one))


def _greedy(values: Floats, count: int) -> Places:
    """Grow a choice from each place, adding what is most alike to it: shape (n, count)."""
    gain = values.copy()
    chosen = np.arange(len(values))[:, None]
    np.fill_diagonal(gain, -np.inf)
    for _ in range(count - 1):
        following = gain.argmax(axis=1)
        chosen = np.column_stack([chosen, following])
        gain += values[following]
        np.put_along_axis(gain, following[:, None], -np.inf, axis=1)
    return chosen


def _swap(values: Floats, start: Places) -> Places:
    """Exchange one chosen place for another, the best exchange first, while that helps."""
    chosen = start.copy()
    while True:
        # (n, k): what each place would add to the sum beside each chosen one. `change` is what it
        # adds with one chosen place gone, less what that one contributed.
        ties = values[:, chosen]
        change = ties.sum(axis=1)[:, None] - ties - ties[chosen].sum(axis=1)
        change[chosen] = -np.inf
        other, out = np.unravel_index(change.argmax(), change.shape)
        if change[other, out] <= 1e-12:  # less is rounding, which could go round in circles
            return np.sort(chosen)
        chosen[out] = other


def _within(values: Floats, chosen: Sequence[int] | Places) -> float:
    places = np.asarray(chosen)
    return float(values[places[:, None], places].sum())
