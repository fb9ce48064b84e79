"""Plants errors in true labels, and measures how well they were found."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Kind = Literal["symmetric", "asymmetric"]

_SLIPS = 0.02  # hardness of an image that is not hard
_SUREST_ERROR = 0.95


@dataclass(frozen=True)
class Noise:
    """How labels go wrong: to any other category alike, or each to the one most like it.

    Attributes:
        share: of the images, drawn at random, 0 to 1.
    """

    kind: Kind
    share: float
    seed: int


def plant_errors(labels: Integers, alike: Integers, noise: Noise) -> Integers:
    """Return labels of which the noise's share is wrong.

    Args:
        labels: label numbers, shape (n,).
        alike: for each category another that is like it, shape (k,).
    """
    generator = np.random.default_rng([noise.seed, round(100 * noise.share), len(noise.kind)])
    count, categories = len(labels), len(alike)
    chosen = generator.permutation(count)[: round(noise.share * count)]
    planted = labels.copy()
    if noise.kind == "symmetric":
        planted[chosen] = (
            labels[chosen] + generator.integers(1, categories, len(chosen))
        ) % categories
    else:
        planted[chosen] = alike[labels[chosen]]
    return planted


def find_alike(labels: Integers, probabilities: npt.NDArray[np.floating]) -> Integers:
    """Return for each category the other that its images are most often taken for, (k,).

    Args:
        labels: true label numbers, shape (n,).
        probabilities: out-of-sample, shape (n, k); their sums decide between equals.
    """
    categories = probabilities.shape[1]
    mistaken = np.zeros((categories, categories))
    np.add.at(mistaken, labels, 1e-3 * probabilities)
    np.add.at(mistaken, (labels, probabilities.argmax(axis=1)), 1.0)
    np.fill_diagonal(mistaken, -1.0)
    return np.asarray(mistaken.argmax(axis=1), np.int64)


@dataclass(frozen=True)
class Found:
    """How well wrong labels were found, each figure 0 to 1."""

    auroc: float
    precision: float
    recall: float
    f1: float


def measure_found(
    is_wrong: Flags, is_label_issue: Flags, quality: npt.NDArray[np.floating]
) -> Found:
    """Compare suspected labels and a ranking (low quality first) with the labels that are wrong."""
    hits = int((is_wrong & is_label_issue).sum())
    precision = hits / max(1, int(is_label_issue.sum()))
    recall = hits / max(1, int(is_wrong.sum()))
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return Found(float(roc_auc_score(is_wrong, -quality)), precision, recall, f1)


def plant_human_errors(
    labels: Integers, doubtful: npt.NDArray[np.floating], share: float, seed: int
) -> Integers:
    """Return labels wrong as people err: more often on hard images, towards what they resemble.

    Args:
        labels: label numbers, shape (n,).
        doubtful: out-of-sample probabilities of a model other than those tried, shape (n, k): the
            less it gives the true category, the harder the image is.
        share: of the labels that are wrong on average, 0 to 1; no image's is above 0.95.
    """
    generator = np.random.default_rng([seed, round(1000 * share), 7])
    rows = np.arange(len(labels))
    hardness = 1 - doubtful[rows, labels] + _SLIPS
    low, high = 0.0, 1e3
    for _ in range(60):
        middle = (low + high) / 2
        is_low = np.minimum(middle * hardness, _SUREST_ERROR).mean() < share
        low, high = (middle, high) if is_low else (low, middle)
    is_wrong = generator.random(len(labels)) < np.minimum(low * hardness, _SUREST_ERROR)
    towards = np.asarray(doubtful, np.float64) + 1e-3
    towards[rows, labels] = 0.0
    towards /= towards.sum(axis=1, keepdims=True)
    other = (towards.cumsum(axis=1) > generator.random(len(labels))[:, None]).argmax(axis=1)
    return np.where(is_wrong, other, labels)
