"""Estimates the prevalence of each category among unlabelled images, corrected for mistakes.

Counting answers is biased: of a category that is rare among uploads, most answers are mistakes of
the frequent ones. How often each category is taken for which is known from the test images; what
prevalences make the answers seen likely is worked out from that.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.bundle.calibrate import Doubles

LEVEL = 0.90

_BINS = 5  # of confidence, for each answer: a hesitant answer says less
_BELIEF = 20.0  # known images that the probabilities' own word counts as, for each category
_SHARE_PRIOR = 1.0  # all shares are alike likely at first
_WARM, _DRAWS = 200, 1000

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CategoryShare:
    """How much of a set of images one category is; shares run 0 to 1.

    Attributes:
        counted: the share of the answers that name it.
        share: what it is likely to be; `low` and `high` bound the 90 % interval.
    """

    label: str
    counted: float
    share: float
    low: float
    high: float

    def as_json(self) -> dict[str, object]:
        """Return it as plain JSON."""
        return asdict(self)


def estimate_shares(
    known: pl.DataFrame, unknown: pl.DataFrame, labels: Sequence[str]
) -> tuple[CategoryShare, ...]:
    """Estimate the share of each category among unknown images.

    Images of one category are taken to look alike in both sets, only the shares to differ
    ("label shift"). Answers fall into bins by category and confidence. Of each category it is known
    from the known images how its images spread over the bins, as surely as their number allows;
    with few of them, the probabilities themselves are believed. Which category each unknown
    image has, the shares and the spreads are drawn in turn (Gibbs sampling for a mixture with
    known components; Saerens et al. 2002 find the likeliest shares for known probabilities).
    The shares are those of this very set of images, not of all there might be.

    Args:
        known: label and `probability_<k>`, of images that were not trained on.
        unknown: `probability_<k>`, at least one row.
        labels: k categories, in the order of the probabilities.

    Returns:
        One entry a category, in the order of `labels`.
    """
    numbers = {label: number for number, label in enumerate(labels)}
    truth = known["label"].replace_strict(numbers, return_dtype=pl.Int64).to_numpy()
    of_known, of_unknown = (_probabilities(table, len(labels)) for table in (known, unknown))
    cuts = np.quantile(of_known.max(axis=1), np.arange(1, _BINS) / _BINS)
    spread = _spread(of_known, truth, _bin(of_known, cuts), len(labels) * _BINS)
    counts = np.bincount(_bin(of_unknown, cuts), minlength=len(labels) * _BINS)
    drawn = draw_shares(spread, counts, np.random.default_rng(0))
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    counted = np.bincount(of_unknown.argmax(axis=1), minlength=len(labels)) / unknown.height
    columns = (counted, drawn.mean(axis=0), low, high)
    return tuple(
        CategoryShare(label, *(float(column[place]) for column in columns))
        for place, label in enumerate(labels)
    )


def draw_shares(spread: Doubles, counts: Integers, generator: np.random.Generator) -> Doubles:
    """Draw likely shares of the categories in a set of images.

    Args:
        spread: how many images of each category are known to fall into each bin, (k, b); above 0.
        counts: images of the set in each bin, (b,).

    Returns:
        float64, shape (1000, k); rows sum to 1.
    """
    filled = np.flatnonzero(counts)
    counts = counts[filled]
    k, total = len(spread), int(counts.sum())
    shares, assigned = np.full(k, 1 / k), np.zeros((k, len(filled)), np.int64)
    drawn = np.empty((_DRAWS, k))
    for turn in range(-_WARM, _DRAWS):
        weights = spread.copy()
        weights[:, filled] += assigned
        rates = generator.standard_gamma(weights)
        rates = rates[:, filled] / rates.sum(axis=1, keepdims=True)
        chances = shares[:, None] * rates + np.finfo(np.float64).tiny
        assigned = generator.multinomial(counts, (chances / chances.sum(axis=0)).T).T
        of_category = assigned.sum(axis=1)
        shares = generator.dirichlet(of_category + _SHARE_PRIOR)
        if turn >= 0:
            drawn[turn] = of_category / total
    return drawn


def _probabilities(table: pl.DataFrame, categories: int) -> Doubles:
    return table.select([f"probability_{place}" for place in range(categories)]).to_numpy()


def _bin(probabilities: Doubles, cuts: Doubles) -> Integers:
    level = np.searchsorted(cuts, probabilities.max(axis=1))
    return np.asarray(probabilities.argmax(axis=1) * _BINS + level, np.int64)


def _spread(probabilities: Doubles, truth: Integers, bins: Integers, count: int) -> Doubles:
    """Return how images of each category spread over the bins: counted, and believed, (k, b)."""
    k = probabilities.shape[1]
    counted, believed = np.zeros((k, count)), np.zeros((k, count))
    np.add.at(counted, (truth, bins), 1)
    np.add.at(believed.T, bins, probabilities)
    # What nobody has seen and no probability allows for is still not impossible.
    believed += 1e-3 * (np.bincount(bins, minlength=count) + 1) / (len(bins) + count)
    return np.asarray(counted + _BELIEF * believed / believed.sum(axis=1, keepdims=True))
