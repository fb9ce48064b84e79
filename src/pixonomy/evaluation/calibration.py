"""Measures how far the confidences of predictions can be believed."""

from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import log_softmax, ndtri, stdtrit

from pixonomy.bundle.calibrate import Doubles
from pixonomy.intervals import Integers, number_units, sum_by
from pixonomy.prediction.predictions import STATED, has_probabilities

_BINS = 15  # as Guo et al. 2017 count them
_RESAMPLES, _FEWEST_RESAMPLES, _DRAWN = 1000, 100, 2 * 10**7  # fewer where images are many
_UPPER, _MOST_LEVERAGE = 0.975, 0.75
_COVERAGES = np.linspace(0.05, 1.0, 20)
_TINIEST = np.finfo(np.float64).tiny  # a probability of zero has no logarithm

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Calibrated:
    """How well confidences match what came true; shares run 0 to 1.

    Attributes:
        error: the expected calibration error over 15 bins of equal width (Naeini et al. 2015; Guo
            et al. 2017), with a 95 % interval that is rather too wide than too narrow. It starts at
            0 where exact confidences would show as high an error once in forty times or more often.
        error_by_chance: what it would be on as many images if the confidences were exact: an
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
    """Images of about one confidence: how many, how sure in the mean, how often right."""

    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Covered:
    """If only the surest share of images is answered: how sure one has to be, how right it is."""

    coverage: float
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class CalibrationCheck:
    """What the confidences of n images are worth.

    Attributes:
        before: without the temperature; `after`: as the bundle answers.
        bins: those that have images, the least confident first.
        curve: from the surest twentieth to all images.
    """

    n: int
    temperature: float
    before: Calibrated
    after: Calibrated
    bins: tuple[Bin, ...]
    curve: tuple[Covered, ...]

    def as_json(self) -> dict[str, object]:
        """Return it as plain JSON."""
        return asdict(self)


def check_calibration(
    predictions: pl.DataFrame, labels: tuple[str, ...], temperature: float
) -> CalibrationCheck | None:
    """Compare confidences with what is true.

    Args:
        predictions: label, predicted and `probability_<k>`, at least one row; or, of many
            categories, confidence and the columns of `predictions.stated`. Images of one `unit`
            (or else group_id) are not taken as independent.
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
        before, after = _Stated(raw_confidence, raw_chosen), _Stated(confidence, chosen)
    else:
        return None
    is_right = (predictions["label"] == predictions["predicted"]).to_numpy()
    units = number_units(predictions)
    numbers = np.arange(len(is_right)) if units is None else units
    return CalibrationCheck(
        len(is_right),
        temperature,
        _calibrated(before, is_right, numbers),
        _calibrated(after, is_right, numbers),
        _bins(after.confidence, is_right),
        coverage_curve(after.confidence, is_right),
    )


def calibration_error(confidence: Doubles, is_right: Bools | Doubles) -> float:
    """Return the expected calibration error of confidences, (n,), and their outcomes, (n,)."""
    place = _places(confidence)
    gaps = np.bincount(place, np.asarray(is_right, np.float64) - confidence, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def coverage_curve(confidence: Doubles, is_right: Bools) -> tuple[Covered, ...]:
    """Return the accuracy of the surest images, for shares from a twentieth to all of them."""
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
class _Stated:
    """What was said of n images: the highest probability, and that of the true category."""

    confidence: Doubles
    chosen: Doubles


def _read_all(
    predictions: pl.DataFrame, labels: tuple[str, ...], temperature: float
) -> tuple[_Stated, _Stated]:
    """Return what was said without the temperature, and with it."""
    columns = [f"probability_{place}" for place in range(len(labels))]
    after = predictions.select(columns).to_numpy()
    numbers = {label: number for number, label in enumerate(labels)}
    truth = predictions["label"].replace_strict(numbers, return_dtype=pl.Int64).to_numpy()
    # Logits divided by the temperature are log-probabilities but for a constant an image.
    logs = np.log(np.maximum(after, _TINIEST))
    before = np.exp(log_softmax(logs * temperature, axis=1))
    rows = np.arange(len(truth))
    return _Stated(before.max(axis=1), before[rows, truth]), _Stated(
        after.max(axis=1), after[rows, truth]
    )


def _calibrated(stated: _Stated, is_right: Bools, units: Integers) -> Calibrated:
    low, high, by_chance = _bound(stated.confidence, is_right, units)
    log_loss = float(-np.log(np.maximum(stated.chosen, _TINIEST)).mean())
    error = calibration_error(stated.confidence, is_right)
    return Calibrated(error, low, high, by_chance, log_loss)


def _bound(confidence: Doubles, is_right: Bools, units: Integers) -> tuple[float, float, float]:
    """Return the bounds of the error's interval, and `Calibrated.error_by_chance`.

    Chance is drawn by changing the signs of what each unit adds to the gaps between confidences and
    outcomes (wild bootstrap: A. C. Cameron, J. B. Gelbach and D. L. Miller, "Bootstrap-based
    improvements for inference with clustered errors", Review of Economics and Statistics 90 (2008),
    pages 414-427). Absolute gaps are biased upwards, the more the nearer to none they are. So the
    lower bound is that of the basic bootstrap (Davison & Hinkley 1997) around gaps from which
    chance is taken off; the upper one, with Student's t, takes nothing off.
    """
    cells, n, count = _Gaps.of(confidence, is_right, units), len(units), int(units.max()) + 1
    shrunk = np.sign(cells.seen) * np.sqrt(np.maximum(cells.seen**2 - cells.variance, 0))
    generator = np.random.default_rng(0)
    drawn = np.empty((max(_FEWEST_RESAMPLES, min(_RESAMPLES, _DRAWN // n)), 4))
    for place in range(len(drawn)):
        sign = generator.choice((-1.0, 1.0), count)[cells.unit]
        chance, exact = (sum_by(cells.bin, sign * of, _BINS) for of in (cells.chance, cells.gap))
        sums = (shrunk + chance, cells.seen + chance, chance, exact)
        drawn[place] = [np.abs(one).sum() / n for one in sums]
    wider = float(stdtrit(max(count - 1, 1), _UPPER))
    error = float(np.abs(cells.seen).sum() / n)
    reach = np.quantile(drawn[:, 0], _UPPER) - np.abs(shrunk).sum() / n
    low = error - wider / float(ndtri(_UPPER)) * reach
    if error <= np.quantile(drawn[:, 3], _UPPER):
        low = 0.0
    high = error + wider * float(drawn[:, 1].std())
    return max(0.0, float(low)), min(1.0, high), float(drawn[:, 2].mean())


@dataclass(frozen=True)
class _Gaps:
    """By how much each unit's images in a bin are right more often than confidences say, summed.

    Attributes:
        bin, unit: of m cells, (m,).
        gap: the sum of each cell; `chance` what of it may be chance, (m,).
        seen: the sum of each bin, and the `variance` of that, (15,).
    """

    bin: Integers
    unit: Integers
    gap: Doubles
    chance: Doubles
    seen: Doubles
    variance: Doubles

    @classmethod
    def of(cls, confidence: Doubles, is_right: Bools, units: Integers) -> Self:
        """Sum the gaps of n images."""
        count = int(units.max()) + 1
        code, cell = np.unique(_places(confidence) * count + units, return_inverse=True)
        place, unit = np.divmod(code, count)
        gap = sum_by(cell, np.asarray(is_right, np.float64) - confidence, len(code))
        size = sum_by(cell, np.ones(len(cell)), len(code))
        seen, images, squares = (sum_by(place, of, _BINS) for of in (gap, size, size**2))
        images = np.maximum(images, 1)
        # Of few units in a bin, the mean takes some of the chance with it.
        leverage = np.minimum(squares / images**2, _MOST_LEVERAGE)
        chance = (gap - size * (seen / images)[place]) / np.sqrt(1 - leverage)[place]
        return cls(place, unit, gap, chance, seen, sum_by(place, chance**2, _BINS))


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
