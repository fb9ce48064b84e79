"""Chooses, on held-out training images, which head answers near training and far from it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax

from pixonomy.heads.out_of_fold import (
    BETWEEN,
    FAR,
    HEADS,
    LOGISTIC,
    NEAR,
    NEAREST,
    PROTOTYPES,
    WORDS,
    Scored,
)
from pixonomy.heads.references import Floats

Doubles = npt.NDArray[np.float64]

_BY_IMAGES = (LOGISTIC, NEAREST, PROTOTYPES)
_RANGE = 6.0  # of the logarithm of an exponent
_CAUTION = 1e-4  # pulls it to 0 where the loss says nothing
_MOSTLY = 0.5  # of images
_FEWEST = 20  # images of a side that a choice is made on
_NEW_SHARES = (0.02, 0.2, 0.95)  # the weight of images of held-out groups on each side


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


_UNPROVED = Candidate((LOGISTIC,), (1.0,), 0.0)


@dataclass(frozen=True)
class Choice:
    """What was chosen for each side of the gate: near, between, far.

    Attributes:
        losses: of every candidate of a side, by name; empty where too few images show anything.
    """

    chosen: tuple[Candidate, Candidate, Candidate]
    losses: tuple[dict[str, float], ...]


def choose(scored: Scored, are_sources: bool = True) -> Choice:
    """Choose the candidates of the lowest log loss for each side.

    A near image comes from where training does, mostly: images of held-out groups have a fiftieth
    of the weight there, a fifth in between, and nearly all far from training. Groups weigh alike.
    Far away, words answer or images, not both: heads by images that were right on some new groups
    were wrong on others, and surely so.

    Args:
        are_sources: whether the groups are where images come from. Clusters stand for it badly:
            heads by images fare well on them. Words have learnt nothing from training images, and
            are as right on these as elsewhere: where that is mostly, they answer for far ones.
    """
    chosen: list[Candidate] = []
    losses: list[dict[str, float]] = []
    for side, share in zip((NEAR, BETWEEN, FAR), _NEW_SHARES, strict=True):
        rated = _rate(scored.only(scored.sides == side), share, is_far=side == FAR)
        losses.append({one.name: round(one.loss, 4) for one in rated})
        # Where nothing can be shown: as for the images that are liker to training.
        chosen.append(rated[0] if rated else chosen[-1] if chosen else _UNPROVED)
    if not are_sources and _are_words_right(scored):
        every = np.full(len(scored.labels), 1 / len(scored.labels))
        chosen[FAR] = _fit(scored, (WORDS,), every)
    return Choice((chosen[0], chosen[1], chosen[2]), tuple(losses))


def _are_words_right(scored: Scored) -> bool:
    """Tell whether words alone are right on most images, each category weighing alike."""
    if WORDS not in scored.scores or not len(scored.labels):
        return False
    is_right = scored.scores[WORDS].argmax(axis=1) == scored.labels
    shares = [is_right[scored.labels == label].mean() for label in np.unique(scored.labels)]
    return bool(np.mean(shares) > _MOSTLY)


def mix(scores: dict[str, Floats], weights: tuple[float, ...]) -> Doubles:
    """Return log-probabilities, (n, k), of each head's scores to its power, in the order `HEADS`.

    Heads with the exponent 0 need no scores.
    """
    asked = [(head, weight) for head, weight in zip(HEADS, weights, strict=True) if weight]
    total = sum(weight * scores[head].astype(np.float64) for head, weight in asked)
    return np.asarray(log_softmax(total, axis=1))


def _rate(scored: Scored, new_share: float, is_far: bool) -> list[Candidate]:
    """Fit every candidate's exponents, and return all, the best first; none on too few images."""
    if len(scored.labels) < _FEWEST or (is_far and scored.is_new.sum() < _FEWEST):
        return []
    heads: list[tuple[str, ...]] = [(head,) for head in _BY_IMAGES]
    if WORDS in scored.scores:
        heads += [(WORDS,)] + ([] if is_far else [(head, WORDS) for head in _BY_IMAGES])
    weights = _weigh(scored, new_share)
    return sorted((_fit(scored, one, weights) for one in heads), key=lambda one: one.loss)


def _weigh(scored: Scored, new_share: float) -> Doubles:
    weights = np.zeros(len(scored.labels))
    for is_new, share in ((True, new_share), (False, 1 - new_share)):
        of_kind = scored.is_new == is_new
        folds, places, counts = np.unique(
            scored.folds[of_kind], return_inverse=True, return_counts=True
        )
        weights[of_kind] = share / max(1, len(folds)) / counts[places]
    return np.asarray(weights / weights.sum())


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
