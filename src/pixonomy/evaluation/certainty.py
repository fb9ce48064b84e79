"""Predictions go in; how far their confidences can be believed comes out."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import log_softmax

from pixonomy.bundle.calibrate import Doubles
from pixonomy.evaluation.metrics import has_probabilities
from pixonomy.evaluation.predictions import STATED

_BINS = 15  # as Guo et al. 2017 count them
_RESAMPLES, _FEWEST_RESAMPLES, _DRAWN = 1000, 100, 2 * 10**7  # fewer where pictures are many
_COVERAGES = np.linspace(0.05, 1.0, 20)
_TINIEST = np.finfo(np.float64).tiny  # a probability of zero has no logarithm

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Calibrated:
    """How well confidences match what came true; shares run 0 to 1.

    Attributes:
        error: the expected calibration error over 15 bins of equal width (Naeini et al. 2015; Guo
            et al. 2017), with the 95 % interval of the basic bootstrap (Davison & Hinkley 1997),
            which takes off what resampling itself adds.
        error_by_chance: what it would be on as many pictures if the confidences were exact: an
            error of a finite sample is never nothing.
        log_loss: the mean negative log-likelihood, in nats.
    """

    error: float
    error_low: float
    error_high: float
    error_by_chance: float
    log_loss: float


@dataclass(frozen=True)
class Bin:
    """Pictures of about one confidence: how many, how sure in the mean, how often right."""

    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Covered:
    """If only the surest share of pictures is answered: how sure one has to be, how right it is."""

    coverage: float
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Certainty:
    """What the confidences of n pictures are worth.

    Attributes:
        before: without the temperature; `after`: as the bundle answers.
        bins: those that have pictures, the least confident first.
        curve: from the surest twentieth to all pictures.
    """

    n: int
    temperature: float
    before: Calibrated
    after: Calibrated
    bins: tuple[Bin, ...]
    curve: tuple[Covered, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return asdict(self)


def check_certainty(
    predictions: pl.DataFrame, labels: tuple[str, ...], temperature: float
) -> Certainty | None:
    """Compare confidences with what is true.

    Args:
        predictions: label, predicted and `probability_<k>`, at least one row; or, of many
            categories, confidence and the columns of `predictions.stated`.
        labels: k categories, in the order of the probabilities.
        temperature: that the probabilities were made with.

    Returns:
        None where the table does not tell enough.
    """
    if has_probabilities(predictions, len(labels)):
        before, after = _read_all(predictions, labels, temperature)
    elif set(STATED) <= set(predictions.columns):
        values = (predictions[name].to_numpy() for name in ("confidence", *STATED))
        confidence, chosen, raw_confidence, raw_chosen = values
        before, after = _Said(raw_confidence, raw_chosen), _Said(confidence, chosen)
    else:
        return None
    is_right = (predictions["label"] == predictions["predicted"]).to_numpy()
    return Certainty(
        len(is_right),
        temperature,
        _calibrated(before, is_right),
        _calibrated(after, is_right),
        _bins(after.confidence, is_right),
        coverage_curve(after.confidence, is_right),
    )


def calibration_error(confidence: Doubles, is_right: Bools | Doubles) -> float:
    """Return the expected calibration error of confidences, (n,), and their outcomes, (n,)."""
    place = _places(confidence)
    gaps = np.bincount(place, np.asarray(is_right, np.float64) - confidence, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def coverage_curve(confidence: Doubles, is_right: Bools) -> tuple[Covered, ...]:
    """Return the accuracy of the surest pictures, for shares from a twentieth to all of them."""
    order = np.argsort(-confidence, kind="stable")
    accuracy = np.cumsum(is_right[order]) / np.arange(1, len(order) + 1)
    curve = []
    for coverage in _COVERAGES:
        last = max(1, round(coverage * len(order))) - 1
        curve.append(
            Covered(float(coverage), float(confidence[order[last]]), float(accuracy[last]))
        )
    return tuple(curve)


@dataclass(frozen=True)
class _Said:
    """What was said of n pictures: the highest probability, and that of the true category."""

    confidence: Doubles
    chosen: Doubles


def _read_all(
    predictions: pl.DataFrame, labels: tuple[str, ...], temperature: float
) -> tuple[_Said, _Said]:
    """Return what was said without the temperature, and with it."""
    columns = [f"probability_{place}" for place in range(len(labels))]
    after = predictions.select(columns).to_numpy()
    numbers = {label: number for number, label in enumerate(labels)}
    truth = predictions["label"].replace_strict(numbers, return_dtype=pl.Int64).to_numpy()
    # Logits divided by the temperature are log-probabilities but for a constant a picture.
    logs = np.log(np.maximum(after, _TINIEST))
    before = np.exp(log_softmax(logs * temperature, axis=1))
    rows = np.arange(len(truth))
    return _Said(before.max(axis=1), before[rows, truth]), _Said(
        after.max(axis=1), after[rows, truth]
    )


def _calibrated(said: _Said, is_right: Bools) -> Calibrated:
    confidence, n = said.confidence, len(is_right)
    generator = np.random.default_rng(0)
    again = []
    by_chance = []
    for _ in range(max(_FEWEST_RESAMPLES, min(_RESAMPLES, _DRAWN // n))):
        drawn = generator.integers(0, n, n)
        again.append(calibration_error(confidence[drawn], is_right[drawn]))
        exact = generator.random(n) < confidence
        by_chance.append(calibration_error(confidence, exact))
    error = calibration_error(confidence, is_right)
    low, high = 2 * error - np.quantile(again, [0.975, 0.025])
    return Calibrated(
        error,
        max(0.0, float(low)),
        max(0.0, float(high)),
        float(np.mean(by_chance)),
        float(-np.log(np.maximum(said.chosen, _TINIEST)).mean()),
    )


def _bins(confidence: Doubles, is_right: Bools) -> tuple[Bin, ...]:
    place = _places(confidence)
    counts = np.bincount(place, minlength=_BINS)
    sums = (np.bincount(place, values, minlength=_BINS) for values in (confidence, is_right))
    return tuple(
        Bin(int(n), float(sure / n), float(right / n))
        for n, sure, right in zip(counts, *sums, strict=True)
        if n
    )


def _places(confidence: Doubles) -> npt.NDArray[np.intp]:
    return np.minimum((confidence * _BINS).astype(np.intp), _BINS - 1)
