"""Logits of known pictures go in; a temperature and thresholds come out, and verdicts with them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax, logsumexp, softmax

from pixonomy.inference.session import Outputs
from pixonomy.inference.temperature import fit_temperature

Verdict = Literal["sure", "unsure", "none"]
Doubles = npt.NDArray[np.float64]

TARGET_ACCURACY = 0.95  # what "sure" promises unless a recipe says otherwise
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
        none_novelty: the novelty beyond which it is; then the energy is not asked. None: the
            network does not tell novelty.
        n: pictures it was measured on.
    """

    temperature: float = 1.0
    sure: float = _LEAST_SURE
    none_energy: float | None = None
    n: int = 0
    none_novelty: float | None = None

    def probabilities(self, logits: npt.NDArray[np.float32]) -> Doubles:
        """Return calibrated probabilities, float64, shape (n, k), of logits, shape (n, k)."""
        return np.asarray(softmax(logits.astype(np.float64) / self.temperature, axis=1))

    def log_probabilities(self, logits: npt.NDArray[np.float32]) -> Doubles:
        """Return the logarithms of `probabilities`, finite even where those round to zero."""
        return np.asarray(log_softmax(logits.astype(np.float64) / self.temperature, axis=1))

    def verdicts(self, outputs: Outputs) -> list[Verdict]:
        """Judge each picture the network has seen: sure, unsure, or none of the categories."""
        confidence = self.probabilities(outputs.logits).max(axis=1, initial=0.0)
        return [
            "none" if is_strange else "sure" if sure >= self.sure else "unsure"
            for sure, is_strange in zip(confidence, self._are_strange(outputs), strict=True)
        ]

    def _are_strange(self, outputs: Outputs) -> npt.NDArray[np.bool_]:
        if self.none_novelty is not None and outputs.novelty is not None:
            return outputs.novelty > self.none_novelty
        floor = -np.inf if self.none_energy is None else self.none_energy
        return np.asarray(logsumexp(outputs.logits.astype(np.float64), axis=1) < floor)


def calibrate(
    outputs: Outputs, labels: npt.NDArray[np.int64], target: float = TARGET_ACCURACY
) -> Calibration:
    """Choose temperature and thresholds on pictures that were not trained on.

    Args:
        outputs: of the network, for n pictures.
        labels: label numbers, shape (n,).
        target: the accuracy that "sure" promises, 0 to 1.

    Returns:
        A calibration; the neutral one for fewer than 20 pictures.
    """
    if len(labels) < _FEWEST:
        return Calibration(n=len(labels))
    logits = outputs.logits
    temperature, _ = fit_temperature(logits, labels)
    confidence = softmax(logits.astype(np.float64) / temperature, axis=1).max(axis=1)
    is_right = logits.argmax(axis=1) == labels
    energy = logsumexp(logits.astype(np.float64), axis=1)
    return Calibration(
        temperature=temperature,
        sure=_sure_threshold(confidence, is_right, target),
        none_energy=float(np.quantile(energy, _NONE_SHARE)),
        n=len(labels),
        none_novelty=_none_threshold(outputs.novelty),
    )


def _none_threshold(novelty: npt.NDArray[np.float32] | None) -> float | None:
    return None if novelty is None else float(np.quantile(novelty, 1 - _NONE_SHARE))


def _sure_threshold(confidence: Doubles, is_right: npt.NDArray[np.bool_], target: float) -> float:
    """Return the lowest confidence above which the target accuracy holds; 1.0 if none does.

    It has to hold by what came true and by what the confidences say: either alone, taken where it
    happens to look best, promises one to five points too much (tried on drawn logits).
    """
    order = np.argsort(-confidence, kind="stable")
    counts = np.arange(1, len(order) + 1)
    reached = [np.cumsum(values[order], dtype=float) / counts for values in (is_right, confidence)]
    enough = np.flatnonzero(np.minimum(*reached) >= target)
    if not len(enough):
        return 1.0
    return max(_LEAST_SURE, float(confidence[order[enough[-1]]]))
