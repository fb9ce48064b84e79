"""Predictions and true labels enter; accuracy, per-class figures and confusions leave."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

from pixonomy.errors import DataError

Counts = npt.NDArray[np.int64]

CONFIDENCE_LEVEL = 0.95


@dataclass(frozen=True)
class ClassMetrics:
    """How one category fares; shares run 0 to 1.

    `n` counts the pictures that truly belong to it. None means undefined: recall, its 95 % Wilson
    interval and F1 where the category has no test pictures, precision where it is never predicted.
    A category that has pictures but is never predicted has F1 0, not None.
    """

    label: str
    n: int
    precision: float | None
    recall: float | None
    f1: float | None
    recall_low: float | None
    recall_high: float | None


@dataclass(frozen=True)
class Metrics:
    """What a classifier scores on n pictures of k categories; shares run 0 to 1.

    `accuracy_low` and `accuracy_high` bound the 95 % Wilson interval. `macro_f1` is the mean F1 of
    the categories that have test pictures. `majority_baseline` is the accuracy, on the same
    pictures, of always answering `majority_label`, the most common label of the training split;
    `random_baseline` is 1/k. `log_loss` is in nats. `confusion` is int64 (k, k): rows true, columns
    predicted, both in the order of `classes`.
    """

    n: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    macro_f1: float
    majority_baseline: float
    majority_label: str
    random_baseline: float
    log_loss: float | None
    classes: tuple[ClassMetrics, ...]
    confusion: Counts

    def summary(self) -> dict[str, float]:
        """The six figures that `fit --json` and `evaluate --json` promise."""
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "accuracy_low": self.accuracy_low,
            "accuracy_high": self.accuracy_high,
            "macro_f1": self.macro_f1,
            "majority_baseline": self.majority_baseline,
        }

    def as_json(self) -> dict[str, object]:
        """Everything, in types the json module writes: labels by name, confusion as lists."""
        return {
            **self.summary(),
            "majority_label": self.majority_label,
            "random_baseline": self.random_baseline,
            "log_loss": self.log_loss,
            "labels": [one.label for one in self.classes],
            "classes": [asdict(one) for one in self.classes],
            "confusion": self.confusion.tolist(),
        }


def measure(predictions: pl.DataFrame, labels: Sequence[str], majority_label: str) -> Metrics:
    """Score predictions against their true labels.

    `predictions` has one row per picture, with `label` (true) and `predicted` out of the k
    `labels`, and `probability_0` … `probability_<k-1>` in their order (without these, `log_loss` is
    None). Intervals are Wilson's 95 % score intervals (E. B. Wilson, "Probable inference, the law
    of succession, and statistical inference", JASA 22, 1927; computed by
    `scipy.stats.binomtest(...).proportion_ci`), which take pictures as independent.
    `macro_f1` is the mean over the categories that have test pictures.

    Raises DataError where there is no picture, or a label is missing or unknown.
    """
    positions = _positions(labels, majority_label)
    truth = _positions_of(predictions, "label", positions)
    predicted = _positions_of(predictions, "predicted", positions)
    if truth.size == 0:
        raise DataError("there are no labelled pictures to measure the classifier on")
    confusion = confusion_matrix(truth, predicted, labels=np.arange(len(labels))).astype(np.int64)
    classes = _measure_classes(confusion, labels)
    right, n = int(np.trace(confusion)), int(confusion.sum())
    low, high = wilson_interval(right, n)
    return Metrics(
        n=n,
        accuracy=right / n,
        accuracy_low=low,
        accuracy_high=high,
        macro_f1=float(np.mean([one.f1 for one in classes if one.f1 is not None])),
        majority_baseline=classes[positions[majority_label]].n / n,
        majority_label=majority_label,
        random_baseline=1 / len(labels),
        log_loss=_log_loss(predictions, truth, len(labels)),
        classes=classes,
        confusion=confusion,
    )


def wilson_interval(right: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share: `right` out of `n` (at least 1); two shares, 0 to 1.

    Source: E. B. Wilson, JASA 22 (1927), pages 209-212, as computed by SciPy.
    """
    interval = binomtest(right, n).proportion_ci(CONFIDENCE_LEVEL, method="wilson")
    return float(interval.low), float(interval.high)


def most_confused(
    metrics: Metrics, labels: Sequence[str], limit: int = 6
) -> list[tuple[str, str, int]]:
    """The most frequent mistakes as (true label, predicted label, count), most frequent first.

    Ties keep the order of `labels`; pairs that never occur are left out.
    """
    mistakes = metrics.confusion.copy()
    np.fill_diagonal(mistakes, 0)
    order = np.argsort(-mistakes, axis=None, kind="stable")[:limit]
    rows, columns = np.unravel_index(order, mistakes.shape)
    return [
        (labels[row], labels[column], int(mistakes[row, column]))
        for row, column in zip(rows, columns, strict=True)
        if mistakes[row, column] > 0
    ]


def _positions(labels: Sequence[str], majority_label: str) -> dict[str, int]:
    positions = {label: position for position, label in enumerate(labels)}
    if len(positions) != len(labels):
        raise DataError("a category is named twice among the labels; each label must be unique")
    if majority_label not in positions:
        raise DataError(f"the most common label {majority_label!r} is none of the categories")
    return positions


def _positions_of(
    predictions: pl.DataFrame, column: str, positions: Mapping[str, int]
) -> npt.NDArray[np.int64]:
    values = predictions.get_column(column).to_list()
    unknown = next((value for value in values if value not in positions), None)
    if unknown is not None or None in values:
        raise DataError(f"column {column!r} holds {unknown!r}, which is none of the categories")
    return np.array([positions[value] for value in values], dtype=np.int64)


def _measure_classes(confusion: Counts, labels: Sequence[str]) -> tuple[ClassMetrics, ...]:
    present, answered, right = confusion.sum(axis=1), confusion.sum(axis=0), np.diag(confusion)
    return tuple(
        _measure_class(label, int(present[k]), int(answered[k]), int(right[k]))
        for k, label in enumerate(labels)
    )


def _measure_class(label: str, present: int, answered: int, right: int) -> ClassMetrics:
    """One category from its counts: truly of it, predicted as it, and both at once."""
    precision = right / answered if answered else None
    if not present:
        return ClassMetrics(label, 0, precision, None, None, None, None)
    low, high = wilson_interval(right, present)
    f1 = 2 * right / (present + answered)
    return ClassMetrics(label, present, precision, right / present, f1, low, high)


def _log_loss(
    predictions: pl.DataFrame, truth: npt.NDArray[np.int64], categories: int
) -> float | None:
    columns = [f"probability_{k}" for k in range(categories)]
    if not set(columns) <= set(predictions.columns):
        return None
    probabilities = predictions.select(pl.col(columns).cast(pl.Float64)).to_numpy()
    chosen = probabilities[np.arange(truth.size), truth]
    if not np.isfinite(chosen).all():
        return None
    # A probability of exactly 0 would cost infinity: clip as scikit-learn does.
    return float(-np.log(np.clip(chosen, np.finfo(np.float64).eps, 1.0)).mean())
