"""Logits of known pictures go in; a temperature and thresholds come out, and verdicts with them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax, logsumexp, softmax

from pixonomy.inference.temperature import fit_temperature

Verdict = Literal["sure", "unsure", "none"]
Doubles = npt.NDArray[np.float64]

TARGET_ACCURACY = 0.95  # what "sure" promises, as far as the calibration pictures can tell
_LEAST_SURE = 0.5  # below it another answer may be as likely, whatever the pictures said
_NONE_SHARE = 0.01  # of known pictures that may be called "none of these" by mistake
_FEWEST = 20  # pictures; with fewer, thresholds would be noise


@dataclass(frozen=True)
class Calibration:
    """How logits become confidences and verdicts.

    Attributes:
        temperature: logits are divided by it (Guo et al. 2017).
        sure: the confidence, 0 to 1, from which an answer counts as sure.
        none_energy: log-sum-exp of the logits below which a picture is none of the categories
            (Liu et al. 2020); None: not known.
        n: pictures it was measured on.
    """

    temperature: float = 1.0
    sure: float = _LEAST_SURE
    none_energy: float | None = None
    n: int = 0

    def probabilities(self, logits: npt.NDArray[np.float32]) -> Doubles:
        """Return calibrated probabilities, float64, shape (n, k), of logits, shape (n, k)."""
        return np.asarray(softmax(logits.astype(np.float64) / self.temperature, axis=1))

    def log_probabilities(self, logits: npt.NDArray[np.float32]) -> Doubles:
        """Return the logarithms of `probabilities`, finite even where those round to zero."""
        return np.asarray(log_softmax(logits.astype(np.float64) / self.temperature, axis=1))

    def verdicts(self, logits: npt.NDArray[np.float32]) -> list[Verdict]:
        """Judge each row of logits: sure, unsure, or none of the categories."""
        confidence = self.probabilities(logits).max(axis=1)
        energy = logsumexp(logits.astype(np.float64), axis=1)
        floor = -np.inf if self.none_energy is None else self.none_energy
        return [
            "none" if e < floor else "sure" if c >= self.sure else "unsure"
            for c, e in zip(confidence, energy, strict=True)
        ]


def calibrate(logits: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]) -> Calibration:
    """Choose temperature and thresholds on pictures that were not trained on.

    Args:
        logits: shape (n, k).
        labels: label numbers, shape (n,).

    Returns:
        A calibration; the neutral one for fewer than 20 pictures.
    """
    if len(labels) < _FEWEST:
        return Calibration(n=len(labels))
    temperature, _ = fit_temperature(logits, labels)
    confidence = softmax(logits.astype(np.float64) / temperature, axis=1).max(axis=1)
    is_right = logits.argmax(axis=1) == labels
    energy = logsumexp(logits.astype(np.float64), axis=1)
    return Calibration(
        temperature=temperature,
        sure=_sure_threshold(confidence, is_right),
        none_energy=float(np.quantile(energy, _NONE_SHARE)),
        n=len(labels),
    )


def _sure_threshold(confidence: Doubles, is_right: npt.NDArray[np.bool_]) -> float:
    """Return the lowest confidence above which the target accuracy holds; 1.0 if none does."""
    order = np.argsort(-confidence, kind="stable")
    accuracy = np.cumsum(is_right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(accuracy >= TARGET_ACCURACY)
    if not len(enough):
        return 1.0
    return max(_LEAST_SURE, float(confidence[order[enough[-1]]]))
