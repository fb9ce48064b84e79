"""Scores predictions against true labels: accuracy, figures by category, confusions."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.errors import DataError
from pixonomy.evaluation.confusion import Confusion
from pixonomy.evaluation.difference import flip_signs
from pixonomy.evaluation.macro import macro_interval
from pixonomy.intervals import Integers, measure_means, number_units, sum_by
from pixonomy.prediction.predictions import LABEL_PROBABILITY, has_probabilities

TOP_K = (3, 5)
_DENSE_CATEGORIES = 500  # more give a list of the pairs that occur, not a square


@dataclass(frozen=True)
class ClassMetrics:
    """How one category fares; shares run 0 to 1.

    `n` counts the images that truly belong to it, `units` the independent units among them (see
    `Metrics`). None means undefined: recall, its 95 % interval and F1 where the category has no
    test images, precision and its interval where it is never predicted. A category that has
    images but is never predicted has F1 0, not None.
    """

    label: str
    n: int
    precision: float | None
    recall: float | None
    f1: float | None
    recall_low: float | None
    recall_high: float | None
    precision_low: float | None
    precision_high: float | None
    units: int


@dataclass(frozen=True)
class Metrics:
    """What a classifier scores on n images of k categories; shares run 0 to 1.

    `units` counts what is independent: products, bursts and duplicates are right or wrong together;
    None where nobody knows, each image then being taken to stand alone. `effective_n` is the
    number of independent images that would say as much of the accuracy. `accuracy_low` and
    `accuracy_high` bound its 95 % interval, Wilson's for so many images. `macro_f1` is the mean
    F1 of the categories that have test images. `majority_baseline` is the accuracy, on the same
    images, of always answering `majority_label`, the most common label of the training split;
    `majority_chance` is the p-value of no difference from that: by flipping signs of units, which
    is McNemar's exact test (1947) where each image stands alone. `random_baseline` is 1/k.
    `log_loss` is in nats. `confusion` is int64 (k, k): rows true, columns predicted, both in the
    order of `classes`.
    """

    n: int
    units: int | None
    effective_n: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    macro_f1: float
    macro_f1_low: float
    macro_f1_high: float
    weighted_f1: float
    majority_baseline: float
    majority_label: str
    majority_chance: float
    random_baseline: float
    log_loss: float | None
    top_k: Mapping[int, float]
    classes: tuple[ClassMetrics, ...]
    confusion: Confusion

    @property
    def has_left_baseline(self) -> bool:
        """Whether the whole interval lies above always answering the most common category."""
        return self.accuracy_low > self.majority_baseline

    def summary(self) -> dict[str, float | None]:
        """The figures that `fit --json` and `evaluate --json` promise."""
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "accuracy_low": self.accuracy_low,
            "accuracy_high": self.accuracy_high,
            "macro_f1": self.macro_f1,
            "majority_baseline": self.majority_baseline,
            "units": self.units,
        }

    def as_json(self) -> dict[str, object]:
        """Everything, in types the json module writes.

        `confusion` is a list of rows (true), each a list of counts (predicted); of more than 500
        categories it is null, and `confusion_cells` has [true, predicted, count] of the pairs that
        occur, categories as places in `labels`.
        """
        is_dense = self.confusion.categories <= _DENSE_CATEGORIES
        return {
            **self.summary(),
            "effective_n": self.effective_n,
            "macro_f1_low": self.macro_f1_low,
            "macro_f1_high": self.macro_f1_high,
            "weighted_f1": self.weighted_f1,
            "top_k": {str(k): share for k, share in self.top_k.items()},
            "majority_label": self.majority_label,
            "random_baseline": self.random_baseline,
            "log_loss": self.log_loss,
            "labels": [one.label for one in self.classes],
            "classes": [asdict(one) for one in self.classes],
            "confusion": self.confusion.dense().tolist() if is_dense else None,
            "confusion_cells": None if is_dense else self.confusion.cells(),
        }


def _mean_f1(classes: Sequence[ClassMetrics], n: int) -> tuple[float, float]:
    """Return the mean F1 over the categories with test images: plain, and by their images."""
    scores = [(one.f1, one.n) for one in classes if one.f1 is not None]
    weighted = sum(f1 * images for f1, images in scores) / n
    return float(np.mean([f1 for f1, _ in scores])), float(weighted)


def measure(predictions: pl.DataFrame, labels: Sequence[str], majority_label: str) -> Metrics:
    """Score predictions against their true labels.

    `predictions` has one row per image, with `label` (true) and `predicted` out of the k
    `labels`, and `probability_0` … `probability_<k-1>` in their order; or, of many categories,
    `top_1` … and `label_probability`. Without these, `top_k` and `log_loss` are empty and None.
    Images of one `unit` (or else group_id) are not taken as independent, see `measure_means`.
    Raises DataError where there is no image, or a label is missing or unknown.
    """
    positions = _positions(labels, majority_label)
    truth = _positions_of(predictions, "label", positions)
    predicted = _positions_of(predictions, "predicted", positions)
    if truth.size == 0:
        raise DataError("there are no labelled pictures to measure the classifier on")
    units, confusion = number_units(predictions), Confusion.of(truth, predicted, len(labels))
    classes = _measure_classes(truth, predicted, units, confusion, labels)
    found = measure_means(truth == predicted, units)
    (low,), (high,) = map(np.ndarray.tolist, found.shares())
    macro_low, macro_high = macro_interval(truth, predicted, units, confusion)
    macro_f1, weighted_f1 = _mean_f1(classes, confusion.n)
    return Metrics(
        n=confusion.n,
        units=None if units is None else int(found.units[0]),
        effective_n=float(found.effective[0]),
        accuracy=int(confusion.right.sum()) / confusion.n,
        accuracy_low=low,
        accuracy_high=high,
        macro_f1=macro_f1,
        macro_f1_low=macro_low,
        macro_f1_high=macro_high,
        weighted_f1=weighted_f1,
        majority_baseline=classes[positions[majority_label]].n / confusion.n,
        majority_label=majority_label,
        majority_chance=_majority_chance(truth, predicted, units, positions[majority_label]),
        random_baseline=1 / len(labels),
        log_loss=_log_loss(predictions, truth, len(labels)),
        top_k=_measure_top(predictions, truth, len(labels)),
        classes=classes,
        confusion=confusion,
    )


def most_confused(
    metrics: Metrics, labels: Sequence[str], limit: int = 6
) -> list[tuple[str, str, int]]:
    """The most frequent mistakes as (true label, predicted label, count), most frequent first.

    Ties keep the order of `labels`; pairs that never occur are left out.
    """
    worst = metrics.confusion.mistakes(limit)
    return [(labels[row], labels[column], count) for row, column, count in worst.cells()]


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
    values = predictions.get_column(column)
    places = values.replace_strict(positions, default=None, return_dtype=pl.Int64)
    if places.null_count():
        unknown = values.filter(places.is_null())[0]
        raise DataError(f"column {column!r} holds {unknown!r}, which is none of the categories")
    return places.to_numpy().astype(np.int64)


def _majority_chance(
    truth: Integers, predicted: Integers, units: Integers | None, majority: int
) -> float:
    gains = (truth == predicted).astype(np.float64) - (truth == majority)
    of_unit = gains if units is None else sum_by(units, gains, int(units.max()) + 1)
    return flip_signs(of_unit, np.random.default_rng(0))


def _measure_classes(
    truth: Integers,
    predicted: Integers,
    units: Integers | None,
    confusion: Confusion,
    labels: Sequence[str],
) -> tuple[ClassMetrics, ...]:
    is_right = truth == predicted
    recall, precision = (
        measure_means(is_right, units, sets, len(labels)) for sets in (truth, predicted)
    )
    bounds = [bound for found in (recall, precision) for bound in found.shares()]
    columns = (confusion.present, confusion.answered, confusion.right, recall.units)
    counts = np.stack(columns, axis=1).tolist()
    of_labels = zip(labels, counts, np.stack(bounds, axis=1).tolist(), strict=True)
    return tuple(
        _measure_class(label, present, answered, right, units_of, ends)
        for label, (present, answered, right, units_of), ends in of_labels
    )


def _measure_class(
    label: str, present: int, answered: int, right: int, units: int, ends: Sequence[float]
) -> ClassMetrics:
    """One category from its counts: truly of it, predicted as it, and both at once.

    `units` of the images truly of it; `ends` of the intervals of recall and precision.
    """
    recall_low, recall_high, precision_low, precision_high = ends
    return ClassMetrics(
        label,
        present,
        right / answered if answered else None,
        right / present if present else None,
        2 * right / (present + answered) if present else None,
        recall_low if present else None,
        recall_high if present else None,
        precision_low if answered else None,
        precision_high if answered else None,
        units,
    )


def _log_loss(
    predictions: pl.DataFrame, truth: npt.NDArray[np.int64], categories: int
) -> float | None:
    chosen = _chosen(predictions, truth, categories)
    if chosen is None or not np.isfinite(chosen).all():
        return None
    # A probability of exactly 0 would cost infinity: clip as scikit-learn does.
    return float(-np.log(np.clip(chosen, np.finfo(np.float64).eps, 1.0)).mean())


def _chosen(
    predictions: pl.DataFrame, truth: npt.NDArray[np.int64], categories: int
) -> npt.NDArray[np.float64] | None:
    """Return the probability that each image's true category was given."""
    if LABEL_PROBABILITY in predictions.columns:
        return predictions[LABEL_PROBABILITY].to_numpy().astype(np.float64)
    if not has_probabilities(predictions, categories):
        return None
    return _all_of(predictions, categories)[np.arange(truth.size), truth]


def _all_of(predictions: pl.DataFrame, categories: int) -> npt.NDArray[np.float64]:
    columns = [f"probability_{k}" for k in range(categories)]
    return predictions.select(pl.col(columns).cast(pl.Float64)).to_numpy()


def _measure_top(
    predictions: pl.DataFrame, truth: npt.NDArray[np.int64], categories: int
) -> dict[int, float]:
    wanted = [k for k in TOP_K if k < categories]
    if has_probabilities(predictions, categories):
        chances = _all_of(predictions, categories)
        own = chances[np.arange(truth.size), truth][:, None]
        # Of equal ones the first counts as the likelier, as it does for the answer itself.
        is_tied_before = (chances == own) & (np.arange(categories) < truth[:, None])
        rank = (chances > own).sum(axis=1) + is_tied_before.sum(axis=1)
        return {k: float((rank < k).mean()) for k in wanted}
    if not {f"top_{k}" for k in range(1, max(TOP_K) + 1)} <= set(predictions.columns):
        return {}
    is_ranked = [predictions[f"top_{k}"] == predictions["label"] for k in range(1, max(TOP_K) + 1)]
    found = np.cumsum([one.to_numpy() for one in is_ranked], axis=0)
    return {k: float((found[k - 1] > 0).mean()) for k in wanted}
