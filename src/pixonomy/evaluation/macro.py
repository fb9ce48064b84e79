"""Estimates how sure macro-F1 is: its 95 % interval, by groups of images."""

import numpy as np

from pixonomy.evaluation.confusion import Confusion
from pixonomy.intervals import Doubles, Integers, Means, measure_means

_BELIEF = 4.0  # units that the mean of all categories counts as, where one has few of its own


def macro_interval(
    truth: Integers, predicted: Integers, units: Integers | None, confusion: Confusion
) -> tuple[float, float]:
    """Return the bounds of the 95 % interval of the mean F1 of the categories that have images.

    The mean is linearised: each image shifts it by its part in the F1 of its true and of its
    predicted category (K. Takahashi, K. Yamamoto, A. Kuchiba, T. Koyama, "Confidence interval for
    micro-averaged F1 and macro-averaged F1 scores", Applied Intelligence 52 (2022), pages
    4961-4972); these parts are summed by unit, see `measure_means`. A category of few units that
    are all right (or all wrong) shows no spread: it gets what one of its size would have if its F1
    lay nearer to the mean of all. The bounds are Wilson's for as many images as have that spread.

    Args:
        truth, predicted: the numbers of n categories each, 0 to k - 1, at least one.
        units: the unit of each image; None: each stands alone.
    """
    answers = confusion.present + confusion.answered
    has = confusion.present > 0
    f1 = np.where(has, 2 * confusion.right / np.maximum(answers, 1), 0.0)
    mean, categories = float(f1[has].mean()), int(has.sum())
    scale = np.where(has, len(truth) / np.maximum(answers, 1) / categories, 0.0)
    parts = 2 * (truth == predicted) * scale[truth]
    parts = parts - (f1 * scale)[truth] - (f1 * scale)[predicted]
    found = measure_means(parts, units)
    of_category = measure_means(truth == predicted, units, truth, confusion.categories)
    variance = float(found.variance[0]) + _unseen(f1[has], of_category.alike[has])
    weights = 1 / np.maximum(confusion.present, 1)[truth] / categories
    of_units = weights if units is None else np.bincount(units, weights)
    means = Means(
        n=found.n,
        units=found.units,
        mean=np.array([mean]),
        variance=np.array([variance if 0 < mean < 1 else 0.0]),
        freedom=np.minimum(found.freedom, max(len(truth) - 1, 1)),
        alike=np.array([1 / (of_units**2).sum()]),
    )
    low, high = means.shares()
    return float(low[0]), float(high[0])


def _unseen(f1: Doubles, units: Doubles) -> float:
    """Return the variance that categories of few units (k,) do not show of themselves."""
    nearer = (units * f1 + _BELIEF * f1.mean()) / (units + _BELIEF)
    missing = np.maximum(nearer * (1 - nearer) - f1 * (1 - f1), 0) / units
    return float(missing.sum()) / len(f1) ** 2
