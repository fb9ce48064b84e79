"""Scores and given labels go in; how often labels are wrong, and which, comes out.

The model: a picture has a true category, which its features tell more or less surely, and from
the true category alone follows how often it is given which label.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_ANCHORS = 0.3  # of the pictures predicted as a category, by certainty, show how it is labelled
_FEWEST_ANCHORS, _MOST_ANCHORS = 8, 100  # a category; the fewer the surer they are
# What every category is believed to be like before its own anchors are seen:
_PICTURES = 10.0  # anchors of the mean share of wrong labels,
_ERRORS = 5.0  # wrong labels that went to other categories evenly
_LEAST_WRONG = 0.01  # the share below which no set is trusted to be
_FIRST_GUESS = 0.1  # of the labels are wrong
_TURNS = 2
_BOUNDS = (0.0, 5.0)  # of the weight of a score


@dataclass(frozen=True)
class Reading:
    """What scores and labels together say.

    Attributes:
        likely: P(true category | features), float32 (n, k); the picture's own label plays no part.
        posterior: P(true category | features, given label), float32 (n, k).
        noise: P(given label | true category), float32 (k, k), row by row.
        weights: what the scores were multiplied with.
    """

    likely: Floats
    posterior: Floats
    noise: Floats
    weights: Doubles


def guess_noise(categories: int) -> Floats:
    """Return the noise to begin with: a tenth of the labels is wrong, in any way."""
    even = np.full((categories, categories), _FIRST_GUESS / max(1, categories - 1), np.float32)
    np.fill_diagonal(even, 1 - _FIRST_GUESS)
    return even


def read_labels(
    scores: Sequence[Floats], shares: Floats, given: Integers, noise: Floats, weights: Doubles
) -> Reading:
    """Weigh scores against each other, estimate the noise, and apply Bayes' rule to each label.

    Weights are those under which the given labels are likeliest. The noise is read off at
    anchors (after Patrini et al. 2017): pictures whose category is surest, given labels aside.

    Args:
        scores: log-probabilities without priors up to scale, one or more of shape (n, k).
        shares: of the true categories, shape (k,), the prior.
        given: label numbers, shape (n,).
        noise: a first estimate, shape (k, k).
        weights: a first guess, one a score.

    Returns:
        The reading at the noise found.
    """
    prior = np.log(shares / shares.sum()).astype(np.float32)
    for _ in range(_TURNS):
        weights = _fit_weights(scores, prior, given, noise, weights)
        noise = _read_anchors(_mix(scores, prior, weights), given)
    weights = _fit_weights(scores, prior, given, noise, weights)
    likely = _mix(scores, prior, weights)
    posterior = likely * noise.T[given]
    posterior /= posterior.sum(axis=1, keepdims=True) + 1e-30
    return Reading(likely, posterior, noise, weights)


def _mix(scores: Sequence[Floats], prior: Floats, weights: Doubles) -> Floats:
    logits = prior + sum(
        np.float32(weight) * score for weight, score in zip(weights, scores, strict=True)
    )
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return np.asarray(logits, np.float32)


def _fit_weights(
    scores: Sequence[Floats], prior: Floats, given: Integers, noise: Floats, start: Doubles
) -> Doubles:
    chances = noise.T[given]

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        likely = _mix(scores, prior, weights)
        joint = likely * chances
        heard = joint.sum(axis=1) + np.float32(1e-12)
        pull = joint / heard[:, None] - likely
        slopes = [-np.einsum("nk,nk->", pull, score) / len(given) for score in scores]
        return -float(np.log(heard).mean()), np.array(slopes, np.float64)

    bounds = [_BOUNDS] * len(scores)
    options = {"maxiter": 15, "ftol": 1e-5}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return np.asarray(found.x)


def _read_anchors(likely: Floats, given: Integers) -> Floats:
    """Count the labels that the surest pictures of each category were given."""
    count, categories = likely.shape
    predicted, certainty = likely.argmax(axis=1), likely.max(axis=1)
    order = np.lexsort((-certainty, predicted))
    sizes = np.bincount(predicted, minlength=categories)
    ranks = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    wanted = np.clip(np.ceil(_ANCHORS * sizes), _FEWEST_ANCHORS, _MOST_ANCHORS)
    anchors = order[ranks < np.repeat(wanted, sizes)]
    cells = predicted[anchors] * categories + given[anchors]
    seen = np.bincount(cells, certainty[anchors], categories**2).reshape(categories, categories)
    wrong = max(1 - np.trace(seen) / max(seen.sum(), 1e-9), _LEAST_WRONG)
    even = np.tile(np.bincount(given, minlength=categories) / count, (categories, 1))
    np.fill_diagonal(even, 0.0)
    even /= np.maximum(even.sum(axis=1, keepdims=True), 1e-9)
    others = seen.copy()
    np.fill_diagonal(others, 0.0)
    missed, total = others.sum(axis=1, keepdims=True), seen.sum(axis=1, keepdims=True)
    shares = (missed + _PICTURES * wrong) / (total + _PICTURES)
    table = shares * (others + _ERRORS * even) / (missed + _ERRORS)
    np.fill_diagonal(table, 1 - shares[:, 0])
    return np.asarray(table, np.float32)
