"""Chooses, on held-out training images, which head answers on each side of the gate."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax

from pixonomy.heads.out_of_fold import (
    HEADS,
    LOGISTIC,
    NEAR_SHARE,
    NEAREST,
    PROTOTYPES,
    WORDS,
    Bools,
    Scored,
)
from pixonomy.heads.references import Floats

Doubles = npt.NDArray[np.float64]

_BY_IMAGES = (LOGISTIC, NEAREST, PROTOTYPES)
_RANGE = 6.0  # of the logarithm of an exponent
_CAUTION = 1e-4  # pulls it to 0 where the loss says nothing
_FEWEST = 20  # images of a side that a choice is made on


@dataclass(frozen=True)
class Candidate:
    """Heads whose probabilities are multiplied, each to a power.

    Attributes:
        heads: one, or one of the three by images and the words.
        exponents: of each head's scores; they set its confidence, too.
        loss: mean cross-entropy on held-out images, in nats.
    """

    heads: tuple[str, ...]
    exponents: tuple[float, ...]
    loss: float

    @property
    def name(self) -> str:
        """What the heads are called together."""
        return " x ".join(self.heads)

    @property
    def mix(self) -> tuple[float, ...]:
        """The exponent of each of `HEADS`; 0 where one is not asked."""
        asked = dict(zip(self.heads, self.exponents, strict=True))
        return tuple(asked.get(head, 0.0) for head in HEADS)


@dataclass(frozen=True)
class Choice:
    """What was chosen for images like training, and for images unlike it.

    Attributes:
        near, far: the chosen ones.
        near_losses, far_losses: of every candidate, by name; far ones are empty where no group
            could be held out.
    """

    near: Candidate
    far: Candidate
    near_losses: dict[str, float]
    far_losses: dict[str, float]


def choose(scored: Scored) -> Choice:
    """Choose the candidates of the lowest log loss, near and far.

    An image near training is asked of heads fitted on all but a random part: where it is like
    training, it comes from where training does. Far ones are those of held-out groups, each group
    weighing alike; images of known groups, one in twenty of which are far, weigh a twentieth.
    """
    known_near = scored.only(scored.is_near & ~scored.is_new)
    near = _rate(known_near, np.full(len(known_near.labels), 1 / len(known_near.labels)))
    is_far = ~scored.is_near
    best = near[0]
    if (is_far & scored.is_new).sum() < _FEWEST:
        return Choice(best, best, _losses(near), {})
    far = scored.only(is_far)
    rated = _rate(far, _weigh(far))
    return Choice(best, rated[0], _losses(near), _losses(rated))


def mix(scores: dict[str, Floats], weights: tuple[float, ...]) -> Doubles:
    """Return log-probabilities, (n, k), of each head's scores to its power, in the order `HEADS`.

    Heads with the exponent 0 need no scores.
    """
    asked = [(head, weight) for head, weight in zip(HEADS, weights, strict=True) if weight]
    total = sum(weight * scores[head].astype(np.float64) for head, weight in asked)
    return np.asarray(log_softmax(total, axis=1))


def _weigh(far: Scored) -> Doubles:
    weights = np.zeros(len(far.labels))
    for is_new, share in ((True, 1 - NEAR_SHARE), (False, NEAR_SHARE)):
        of_kind = far.is_new == is_new
        names, places, counts = np.unique(
            far.folds[of_kind], return_inverse=True, return_counts=True
        )
        weights[of_kind] = share / max(1, len(names)) / counts[places]
    return weights / weights.sum()


def _rate(scored: Scored, weights: Doubles) -> list[Candidate]:
    """Fit every candidate's exponents, and return all, the best first."""
    candidates: list[tuple[str, ...]] = [(head,) for head in _BY_IMAGES]
    if WORDS in scored.scores:
        candidates += [(head, WORDS) for head in _BY_IMAGES] + [(WORDS,)]
    rated = [_fit(scored, heads, weights) for heads in candidates]
    return sorted(rated, key=lambda one: one.loss)


def _fit(scored: Scored, heads: tuple[str, ...], weights: Doubles) -> Candidate:
    """Fit exponents by the weighted log loss; they are convex in the scores' weights."""
    scores = [scored.scores[head].astype(np.float64) for head in heads]
    rows = np.arange(len(scored.labels))

    def loss(logarithms: Doubles) -> tuple[float, Doubles]:
        exponents = np.exp(logarithms)
        total = sum(each * values for each, values in zip(exponents, scores, strict=True))
        logs = np.asarray(log_softmax(total, axis=1))
        chances = np.exp(logs)
        slopes = [
            weights @ ((chances * values).sum(axis=1) - values[rows, scored.labels])
            for values in scores
        ]
        value = -weights @ logs[rows, scored.labels] + _CAUTION * (logarithms**2).sum()
        return float(value), exponents * np.array(slopes) + 2 * _CAUTION * logarithms

    bounds = [(-_RANGE, _RANGE)] * len(heads)
    found = minimize(loss, np.zeros(len(heads)), jac=True, method="L-BFGS-B", bounds=bounds)
    return Candidate(heads, tuple(np.exp(found.x).tolist()), float(found.fun))


def _losses(rated: list[Candidate]) -> dict[str, float]:
    return {one.name: round(one.loss, 4) for one in rated}


def far_images(scored: Scored) -> Bools:
    """Tell which held-out images show how far ones of unknown groups are answered."""
    return ~scored.is_near & scored.is_new
