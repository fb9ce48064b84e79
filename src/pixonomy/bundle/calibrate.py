"""Calibration: the temperature, the thresholds of "sure" and "none of these", and verdicts."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from pixonomy.inference.logits import log_softmax, logsumexp, softmax
from pixonomy.inference.session import Outputs
from pixonomy.inference.temperature import fit_checked_temperature
from pixonomy.intervals import Means, measure_means
from pixonomy.results.answer_results import RestsOn

Verdict = Literal["sure", "unsure", "none"]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

TARGET_ACCURACY = 0.95  # what "sure" promises unless a recipe says otherwise
_LEAST_SURE = 0.5  # below it another answer may be as likely, whatever was measured
_NONE_SHARE = 0.01  # of known images that may be called "none of these" by mistake
_FEWEST = 20  # images; with fewer, thresholds would be noise
_DOUBT = 0.1  # the chance that a threshold keeps its promise by luck alone
_SHARES = np.arange(20, 9, -1) / 20  # of the images that may be sure: 100, 95, ... 50 %

BY_WORDS = 2
"""What a network gives as `rests_on` where an answer rests on words alone."""

_GROUNDS: tuple[RestsOn, ...] = ("training", "both", "words")

NEVER_SURE = 2.0
"""A threshold that no confidence reaches; 1.0 would be reached where rounding makes it one."""


@dataclass(frozen=True)
class Calibration:
    """How logits become confidences and verdicts.

    Attributes:
        temperature: logits are divided by it (Guo et al. 2017).
        sure: the confidence, 0 to 1, from which an answer counts as sure; NEVER_SURE: none does.
        none_energy: log-sum-exp of the logits below which an image is none of the categories
            (Liu et al. 2020); None: not known.
        sure_by_words: the same for an answer that rests on words alone, from held-out groups.
        none_novelty: the novelty beyond which it is; then the energy is not asked. None: the
            network does not measure novelty.
        n: images it was measured on. On fewer than 20 no answer is sure, whatever `sure` says:
            the first bundles said 0.5 there, which nothing had shown.
    """

    temperature: float = 1.0
    sure: float = NEVER_SURE
    none_energy: float | None = None
    n: int = 0
    none_novelty: float | None = None
    sure_by_words: float = NEVER_SURE

    def probabilities(self, logits: npt.NDArray[np.float32]) -> Doubles:
        """Return calibrated probabilities, float64, shape (n, k), of logits, shape (n, k)."""
        return softmax(logits.astype(np.float64) / self.temperature)

    def log_probabilities(self, logits: npt.NDArray[np.float32]) -> Doubles:
        """Return the logarithms of `probabilities`, finite even where those round to zero."""
        return log_softmax(logits.astype(np.float64) / self.temperature)

    def verdicts(self, outputs: Outputs) -> list[Verdict]:
        """Judge each image the network has seen: sure, unsure, or none of the categories."""
        confidence = self.probabilities(outputs.logits).max(axis=1, initial=0.0)
        is_sure = confidence >= (self.sure if self.n >= _FEWEST else NEVER_SURE)
        if outputs.rests_on is not None:
            by_words = outputs.rests_on >= BY_WORDS
            is_sure = np.where(by_words, confidence >= self.sure_by_words, is_sure)
        return [
            "none" if is_strange else "sure" if sure else "unsure"
            for sure, is_strange in zip(is_sure, self._are_strange(outputs), strict=True)
        ]

    @property
    def is_ever_sure(self) -> bool:
        """Whether any answer can be called sure."""
        return self.n >= _FEWEST and self.sure <= 1

    def _are_strange(self, outputs: Outputs) -> npt.NDArray[np.bool_]:
        if self.none_novelty is not None and outputs.novelty is not None:
            return outputs.novelty > self.none_novelty
        floor = -np.inf if self.none_energy is None else self.none_energy
        # The energy score with its sign turned round: low where no logit is high.
        return np.asarray(logsumexp(outputs.logits.astype(np.float64)) < floor)


def name_grounds(outputs: Outputs) -> list[RestsOn | None]:
    """Name what each answer rests on; None where the network does not say."""
    if outputs.rests_on is None:
        return [None] * len(outputs.logits)
    places = outputs.rests_on.round().clip(0, len(_GROUNDS) - 1).astype(int)
    return [_GROUNDS[place] for place in places]


def calibrate(
    outputs: Outputs,
    labels: Integers,
    target: float = TARGET_ACCURACY,
    units: Integers | None = None,
) -> Calibration:
    """Choose temperature and thresholds on images that were not trained on.

    Args:
        outputs: of the network, for n images.
        labels: label numbers, shape (n,).
        target: the accuracy that "sure" promises, 0 to 1.
        units: a number for each image, (n,), equal for those of one product, burst or set of
            duplicates: they are right or wrong together. None: each stands alone.

    Returns:
        A calibration; the neutral one, which is never sure, for fewer than 20 images.
    """
    if len(labels) < _FEWEST:
        return Calibration(n=len(labels))
    logits = outputs.logits
    units = np.arange(len(labels)) if units is None else units
    # A gated head's logits are calibrated on each side of the gate by images held out of training.
    is_gated = outputs.rests_on is not None
    temperature = 1.0 if is_gated else fit_checked_temperature(logits, labels, units)
    confidence = softmax(logits.astype(np.float64) / temperature).max(axis=1)
    is_right = logits.argmax(axis=1) == labels
    energy = logsumexp(logits.astype(np.float64))
    return Calibration(
        temperature=temperature,
        sure=sure_threshold(confidence, is_right, target, units),
        # The logarithms of a gated head's probabilities have the same energy for every image.
        none_energy=None if is_gated else float(np.quantile(energy, _NONE_SHARE)),
        n=len(labels),
        none_novelty=_none_threshold(outputs.novelty),
    )


def _none_threshold(novelty: npt.NDArray[np.float32] | None) -> float | None:
    return None if novelty is None else float(np.quantile(novelty, 1 - _NONE_SHARE))


def sure_threshold(
    confidence: Doubles, is_right: npt.NDArray[np.bool_], target: float, units: Integers
) -> float:
    """Return the lowest confidence above which the target accuracy is shown to hold.

    It has to hold by what the confidences say, in the mean, and by what came true: not as a point
    estimate, which promised too much in 8 to 47 % of simulated runs, but by the lower bound of a
    one-sided 90 % interval (Clopper & Pearson 1934; so do Geifman & El-Yaniv 2017 for selective
    classification). Eleven thresholds are tried, not all: the more there are, the more often one
    of them passes by luck. Images of one unit count for what they say together, see
    `_lower_bound`.

    Returns:
        NEVER_SURE if none passes; so it is for fewer than `count_needed(target)` units.
    """
    order = np.argsort(-confidence, kind="stable")
    # From here on the first rows are the surest: a threshold is a number of rows.
    surest, is_right, units = confidence[order], is_right[order], units[order]
    # The mean confidence of the first 1, 2, … rows: as often as they claim to be right.
    believed = np.flatnonzero(np.cumsum(surest) / np.arange(1, len(order) + 1) >= target)
    if not len(believed):
        return NEVER_SURE
    tried = surest[np.round((believed[-1] + 1) * _SHARES).astype(int).clip(1) - 1]
    counts = np.searchsorted(-surest, -tried, side="right")  # equal confidences stay together
    for confident, count in zip(tried, counts, strict=True):
        if _lower_bound(measure_means(is_right[:count], units[:count])) >= target:
            return max(_LEAST_SURE, float(confident))
    return NEVER_SURE


def _lower_bound(found: Means) -> float:
    """Return the accuracy that is exceeded with 90 % confidence.

    Clopper and Pearson's bound for as many independent images as would say as much (E. L. Korn
    and B. I. Graubard, "Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data", Survey Methodology 24 (1998), pages 193-201).
    """
    from scipy.stats import beta  # needed where a bundle is made, not where it answers

    # The effective sample size: images of one unit count for less than as many independent ones.
    n = float(found.effective[0])
    right = n * float(found.mean[0])
    return float(beta.ppf(_DOUBT, right, n - right + 1)) if right > 0 else 0.0


def count_needed(target: float) -> int:
    """Return how many answers have to be right, all of them, before any is called sure."""
    # All of n right: the bound is doubt ** (1 / n), which has to reach the target.
    return max(_FEWEST, math.ceil(math.log(_DOUBT) / math.log(target)))


def explain_never_sure(
    calibration: Calibration, target: float = TARGET_ACCURACY, units: int | None = None
) -> str | None:
    """Return why no answer is called sure, and what to do, in one sentence; None if some are.

    Args:
        units: how many of the calibrating images are independent; None: all, as far as is known.
    """
    if calibration.is_ever_sure:
        return None
    least, images, them = count_needed(target), f"{calibration.n:,} pictures", ""
    if units is not None and units < calibration.n:
        images += f" of {units:,} products, bursts or sets of copies"
        them = " of these"
    if min(calibration.n, calibration.n if units is None else units) < least:
        return (
            f'No answer is called "sure": the bundle was calibrated on {images}, '
            f"and to show that {target:.0%} of such answers are right takes at least {least}{them};"
            " give more validation pictures."
        )
    return (
        f'No answer is called "sure": on the {images} that the bundle was '
        f"calibrated on, no confidence was shown to mean that {target:.0%} of such answers are "
        "right; give more validation pictures, or a model that is more often right."
    )
