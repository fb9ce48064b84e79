"""Estimate how often labels are wrong, and which, from scores of the categories and given labels.

The model: an image has a true category, which its features tell more or less surely, and from the
true category follows how often it is given which label. Where labels go wrong anywhere, as by
slips, that shows among the images whose category is surest. People err where an image is hard, and
hardly anything shows there: then wrong labels become the more frequent the less sure the category
is, and the noise is read off all images.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_ANCHORS = 0.3  # of the images predicted as a category, by certainty, show how it is labelled
_FEWEST_ANCHORS, _MOST_ANCHORS = 8, 100  # a category; the fewer the surer they are
_SUREST = 0.6  # of all images: how labels disagree among them shows how they go wrong
_BINS = 40  # of those, of equal size
_RISE = 10.0  # wrong labels that depend on the image are 1 + 10 x as frequent at rank x as at 0
_DOUBT_FACTORS = (0.5, 1.0, 1.5)  # a model's own doubts are known no better than that
_RATES = np.geomspace(1e-4, 0.7, 200)  # of wrong labels among the surest, tried in turn
_VERY_SUREST = (0.2, 0.25)  # of all images: hardly any doubts there
_DOUBT = 0.01  # of an image's category on average, which is hardly any
# Errors are held to depend on the image from the first on, and altogether from the second.
# Measured: nearly all sets with errors planted at random lie below, and sets where errors lie on
# images that another model finds hard above.
_EVIDENCE = (4.25, 4.75)
_FLOORS = (0.05, 0.1)  # of the surest images, whose disagreements are wrong labels and no doubts
# What every category is believed to be like before its own anchors are seen:
_IMAGES = 10.0  # anchors of the mean share of wrong labels,
_ERRORS = 5.0  # wrong labels that went to other categories evenly
_LEAST_WRONG = 0.01  # the share below which no set is trusted to be
_FIRST_GUESS = 0.1  # of the labels are wrong
_TURNS = 2
_BOUNDS = (0.0, 5.0)  # of the weight of a score


@dataclass(frozen=True)
class Reading:
    """What scores and labels together imply.

    Attributes:
        likely: P(true category | features), float32 (n, k); the image's own label plays no part.
        posterior: P(true category | features, given label), float32 (n, k).
        noise: P(given label | true category), float32 (k, k), row by row.
        weights: what the scores were multiplied with.
        dependence: 0 where labels go wrong anywhere, 1 where they do on images that are hard.
    """

    likely: Floats
    posterior: Floats
    noise: Floats
    weights: Doubles
    dependence: float


def guess_noise(categories: int) -> Floats:
    """Return the noise to begin with: a tenth of the labels is wrong, in any way."""
    even = np.full((categories, categories), _FIRST_GUESS / max(1, categories - 1), np.float32)
    np.fill_diagonal(even, 1 - _FIRST_GUESS)
    return even


def read_labels(
    scores: Sequence[Floats],
    shares: Floats,
    given: Integers,
    noise: Floats,
    weights: Doubles,
    may_depend: bool = True,
) -> Reading:
    """Weigh scores against each other, estimate the noise, and apply Bayes' rule to each label.

    Weights are those under which the given labels are likeliest. The noise is read off at
    anchors (after Patrini et al. 2017): images whose category is surest, given labels aside, or
    all images where errors depend on the image; in between, it is the mean of both.

    Args:
        scores: log-probabilities without priors up to scale, one or more of shape (n, k).
        shares: of the true categories, shape (k,), the prior.
        given: label numbers, shape (n,).
        noise: a first estimate, shape (k, k).
        weights: a first guess, one a score.
        may_depend: whether errors may be held to depend on the image; see `find_dependence`.

    Returns:
        The reading at the noise found.
    """
    prior = np.log(shares / shares.sum()).astype(np.float32)
    for _ in range(_TURNS):
        weights = _fit_weights(scores, prior, given, noise, weights)
        likely = _mix(scores, prior, weights)
        dependence = find_dependence(likely, given) if may_depend else 0.0
        near, all_over = _read_anchors(likely, given, False), _read_anchors(likely, given, True)
        noise = (1 - np.float32(dependence)) * near + np.float32(dependence) * all_over
    weights = _fit_weights(scores, prior, given, noise, weights)
    likely = _mix(scores, prior, weights)
    # Bayes' rule: P(true | x, given) is proportional to P(true | x) P(given | true).
    posterior = likely * noise.T[given]
    posterior /= posterior.sum(axis=1, keepdims=True) + 1e-30
    return Reading(likely, posterior, noise, weights, dependence)


def find_dependence(likely: Floats, given: Integers) -> float:
    """Return how far wrong labels depend on the image, 0 to 1.

    A label that is not the likeliest category is wrong, or the model is. Slips are as frequent
    among the surest images as among less sure ones; errors of people become more frequent. Two
    pieces of evidence are summed: how much likelier the labels are if wrong ones become more
    frequent, once the doubts of the model are taken off (`_compare_hypotheses`), and by how many
    standard errors the labels that disagree lie late among the very surest. Few labels make no
    evidence, and without it labels are held to go wrong anywhere.
    """
    order = _order_by_confidence(likely)
    disagrees = likely.argmax(axis=1)[order] != given[order]
    uncertainty = 1 - likely.max(axis=1)[order]
    lateness = np.mean([_find_lateness(disagrees, uncertainty, share) for share in _VERY_SUREST])
    low, high = _EVIDENCE
    evidence = _compare_hypotheses(disagrees, uncertainty) + lateness
    return float(np.clip((evidence - low) / (high - low), 0.0, 1.0))


def _find_lateness(disagrees: Flags, uncertainty: Floats, share: float) -> float:
    """Return by how many standard errors the mean rank is above that of labels spread evenly.

    Where hardly any of the share disagrees, among all that the model hardly doubts.
    """
    count = int(np.ceil(share * len(disagrees)))
    if disagrees[:count].mean() < _LEAST_WRONG:
        means = np.cumsum(uncertainty, dtype=np.float64) / np.arange(1, len(uncertainty) + 1)
        count = max(count, int(np.searchsorted(means, _DOUBT)))
    ranks = (np.flatnonzero(disagrees[:count]) + 0.5) / count
    return float((ranks - 0.5).sum() * np.sqrt(12 / max(1, len(ranks))))  # their variance is 1/12


def _compare_hypotheses(disagrees: Flags, uncertainty: Floats) -> float:
    """Return the log-likelihood ratio of errors that become more frequent against even ones.

    Both hypotheses get the doubts of the model, with the factor that suits each best.

    Args:
        disagrees: whether each label disagrees, by falling certainty, shape (n,).
        uncertainty: 1 less the certainty, shape (n,).
    """
    count = int(np.ceil(_SUREST * len(disagrees)))
    starts = np.unique(np.linspace(0, count, _BINS, endpoint=False).astype(np.int64))
    sizes = np.diff(np.append(starts, count))
    counts = np.add.reduceat(disagrees[:count], starts, dtype=np.float64)
    means = np.add.reduceat(uncertainty[:count], starts, dtype=np.float64) / sizes
    ranks = (starts + sizes / 2) / len(disagrees)
    rising = _fit_errors(counts, sizes, means, 1 + _RISE * ranks)
    return rising - _fit_errors(counts, sizes, means, np.ones(len(ranks)))


def _fit_errors(counts: Doubles, sizes: Integers, uncertainty: Doubles, profile: Doubles) -> float:
    """Return the log-likelihood of the disagreements at the best rate and factor of doubts.

    Args:
        counts: of labels that disagree, shape (b,), a bin each.
        sizes: of the bins.
        uncertainty: the mean of each bin, 0 to 1.
        profile: how many times as frequent wrong labels are in each bin as at rate 1.
    """
    factors, rates = np.array(_DOUBT_FACTORS)[:, None, None], _RATES[:, None]
    # A label disagrees where the model errs, or else where the label is wrong.
    misjudged = np.minimum(factors * uncertainty, 0.95)
    chances = np.clip(misjudged + (1 - misjudged) * rates * profile, 1e-6, 1 - 1e-6)
    likelihoods = counts * np.log(chances) + (sizes - counts) * np.log1p(-chances)
    return float(likelihoods.sum(axis=2).max())


def find_floor(likely: Floats, given: Integers) -> float:
    """Return the share of wrong labels that the very surest images show, 0 to 1.

    What the model doubts itself is taken off. Of the surest twentieth and tenth the lower counts.
    """
    order = _order_by_confidence(likely)
    shares = []
    for floor in _FLOORS:
        surest = order[: int(np.ceil(floor * len(given)))]
        disagree = (likely[surest].argmax(axis=1) != given[surest]).mean()
        shares.append(float(disagree - (1 - likely[surest].max(axis=1)).mean()))
    return max(0.0, min(shares))


def _order_by_confidence(likely: Floats) -> Integers:
    return np.argsort(-likely.max(axis=1), kind="stable")


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
        # The gradient of log P(given | x) in the logits: posterior less prior probabilities.
        pull = joint / heard[:, None] - likely
        slopes = [-np.einsum("nk,nk->", pull, score) / len(given) for score in scores]
        return -float(np.log(heard).mean()), np.array(slopes, np.float64)

    bounds = [_BOUNDS] * len(scores)
    options = {"maxiter": 15, "ftol": 1e-5}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return np.asarray(found.x)


def _read_anchors(likely: Floats, given: Integers, are_all: bool) -> Floats:
    """Count the labels that the surest images of each category, or all, were given."""
    count, categories = likely.shape
    predicted, confidence = likely.argmax(axis=1), likely.max(axis=1)
    order = np.lexsort((-confidence, predicted))
    sizes = np.bincount(predicted, minlength=categories)
    ranks = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    wanted = np.clip(np.ceil(_ANCHORS * sizes), _FEWEST_ANCHORS, _MOST_ANCHORS)
    anchors = order if are_all else order[ranks < np.repeat(wanted, sizes)]
    cells = predicted[anchors] * categories + given[anchors]
    seen = np.bincount(cells, confidence[anchors], categories**2).reshape(categories, categories)
    wrong = max(1 - np.trace(seen) / max(seen.sum(), 1e-9), _LEAST_WRONG)
    # Where wrong labels go to before any were seen: to each category by its frequency.
    even = np.tile(np.bincount(given, minlength=categories) / count, (categories, 1))
    np.fill_diagonal(even, 0.0)
    even /= np.maximum(even.sum(axis=1, keepdims=True), 1e-9)
    others = seen.copy()
    np.fill_diagonal(others, 0.0)
    missed, total = others.sum(axis=1, keepdims=True), seen.sum(axis=1, keepdims=True)
    # Smoothed as if `_IMAGES` anchors had been seen before, with the mean share of wrong labels, so
    # that a category of few anchors is believed to be like the others.
    shares = (missed + _IMAGES * wrong) / (total + _IMAGES)
    table = shares * (others + _ERRORS * even) / (missed + _ERRORS)
    np.fill_diagonal(table, 1 - shares[:, 0])
    return np.asarray(table, np.float32)
