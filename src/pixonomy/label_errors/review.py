"""Review labels by embeddings, or by probabilities: which of them are probably wrong.

Each image is judged by models that have not seen it. The first are a discriminant analysis and
a logistic regression of the labels as they are; their opinion of every label, with the noise they
see in all labels together, cleans the labels that the next ones learn from, and so on.

What can be found: a label is called wrong where the image looks like those that mostly bear
another. Errors that are no rarer than right labels among alike images, as when more than half
of a category is labelled otherwise, look like the truth and cannot be found by any such method.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.label_errors.discriminant import Discriminant
from pixonomy.label_errors.explain import LabelEvidence, give_reasons
from pixonomy.label_errors.logistic import Logistic
from pixonomy.label_errors.noise_matrix import Reading, find_floor, guess_noise, read_labels
from pixonomy.label_errors.pca import compress
from pixonomy.label_errors.threshold import choose_threshold
from pixonomy.progress import Context

Integers = npt.NDArray[np.int64]


def assign_folds(labels: Integers, units: Integers, folds: int, seed: int) -> Integers:
    """Assign whole units to folds so that each fold gets about its share of every label.

    Args:
        labels: label numbers, shape (n,); the first row of a unit speaks for it.
        units: rows with equal numbers stay together, shape (n,).

    Returns:
        int64, shape (n,): 0 to folds - 1.
    """
    _, first, unit = np.unique(units, return_index=True, return_inverse=True)
    chance = np.random.default_rng(seed).random(len(first))
    # By label, in random order within it, then dealt in turn like cards: every fold gets its share.
    order = np.lexsort((chance, labels[first]))
    assigned = np.empty(len(first), np.int64)
    assigned[order] = np.arange(len(first)) % folds
    return assigned[unit]


def count_units(labels: Integers, units: Integers, categories: int) -> Integers:
    """Count the different units of each label, int64 (categories,)."""
    pairs = np.unique(np.stack([labels, units], axis=1), axis=0)
    return np.bincount(pairs[:, 0], minlength=categories)


LABELS_VERSION = 3
"""Raised when the same features and labels would give other answers."""

Floats = npt.NDArray[np.float32]

_DEFAULT = Context()
_FOLDS = 5
_DIMENSIONS = 256
_ROUNDS = 6
# The last three are averaged, for single rounds sway; and these alone may find that errors depend
# on the image, for at first the models learn from wrong labels and disagree where they err.
_SETTLED = 3
_FIRST_STEPS, _STEPS = 40, 15  # of the logistic regression; later ones begin near their goal
_TRUST = 0.5  # in the posterior; the rest of the weight stays with the given label
_FEWEST_UNITS = 3  # of a category: with fewer the models of some fold hardly know it
_STRENGTH = 0.1  # of the logistic regression for 10,000 images of 10 categories
_FIRST_WEIGHT = 0.5  # of each score
_TINY = 1e-6


@dataclass(frozen=True)
class LabelReview:
    """What is to be thought of each label, in the order of the rows.

    Attributes:
        quality: float32 (n,), 0 to 1: the probability that the label is right, given the image,
            the label, and how labels go wrong in this set; NaN where the category has fewer
            than three units to learn from. Sorted ascending it is the ranked list.
        suggested: the likeliest category; for a label issue the likeliest other than its label.
        is_label_issue: bool (n,), by the automatic threshold; see `label_errors.threshold`.
        reasons: a sentence for each label issue, null for the others.
        likely: float32 (n, k), the probability of each category, from models that have not seen
            the row's unit nor heard its label.
        categories: in the order of `likely`.
        agreement: the share of labels that is what the models hold likeliest, 0 to 1.
        precision: of the label issues, the share to be expected wrong if labels go wrong as often
            everywhere as among the surest images, 0 to 1; NaN without label issues.
    """

    quality: Floats
    suggested: pl.Series
    is_label_issue: npt.NDArray[np.bool_]
    reasons: pl.Series
    likely: Floats
    categories: tuple[str, ...]
    agreement: float = float("nan")
    precision: float = float("nan")


def review_labels(
    features: npt.NDArray[np.floating],
    labels: pl.Series,
    units: Integers | None = None,
    seed: int = 0,
    context: Context = _DEFAULT,
) -> LabelReview:
    """Review labels by cross-validation on embeddings.

    Args:
        features: float (n, d), perhaps memory-mapped; a row an image.
        labels: String (n,), no nulls.
        units: rows of one number, such as a product or duplicates of an image, are never torn
            between learning and judging, shape (n,); None: each row is its own.
        seed: decides which fold each unit is in.

    Returns:
        The review; without label issues where fewer than two categories have three units.
    """
    categories, given = _number(labels)
    units = np.arange(len(given)) if units is None else np.asarray(units, np.int64)
    enough = count_units(given, units, len(categories)) >= _FEWEST_UNITS
    if enough.sum() < 2:
        return _no_decision(labels, categories)
    seen = np.flatnonzero(enough[given])
    known = np.flatnonzero(enough)
    compact = compress(features if len(seen) == len(given) else features[seen], _DIMENSIONS)
    numbers = np.searchsorted(known, given[seen])
    folds = assign_folds(numbers, units[seen], _FOLDS, seed)
    likely, posterior, dependence = _decide(compact, numbers, folds, context)
    evidence = LabelEvidence(tuple(categories[one] for one in known), numbers, likely, posterior)
    is_label_issue = _find_label_issues(evidence, dependence)
    reasons = give_reasons(evidence, is_label_issue, compact, units[seen])
    return _spread(evidence, is_label_issue, reasons, seen, labels)


def review_probabilities(
    probabilities: npt.NDArray[np.floating], labels: pl.Series, categories: Sequence[str]
) -> LabelReview:
    """Review labels by the answers of a classifier that has not learnt from these images.

    Args:
        probabilities: float (n, k), out of sample.
        labels: String (n,), no nulls; a label that is none of the categories is not judged.
        categories: k names.
    """
    places = {category: place for place, category in enumerate(categories)}
    numbers = labels.replace_strict(places, default=-1, return_dtype=pl.Int64).to_numpy()
    seen = np.flatnonzero(numbers >= 0)
    if not len(seen) or len(categories) < 2:
        return _no_decision(labels, tuple(categories))
    given = numbers[seen]
    shares = np.bincount(given, minlength=len(categories)).astype(np.float32) + _TINY
    answers = np.asarray(probabilities[seen], np.float32)
    scores = np.log(answers + _TINY) - np.log(shares / shares.sum())
    reading = read_labels([scores], shares, given, guess_noise(len(categories)), np.ones(1))
    evidence = LabelEvidence(tuple(categories), given, reading.likely, reading.posterior)
    is_label_issue = _find_label_issues(evidence, reading.dependence)
    return _spread(evidence, is_label_issue, give_reasons(evidence, is_label_issue), seen, labels)


def _decide(
    features: Floats, given: Integers, folds: Integers, context: Context
) -> tuple[Floats, Floats, float]:
    """Return P(category | image) and P(category | image, label), float32 (n, k) each.

    And how far wrong labels depend on the image, 0 to 1.
    """
    count, categories = len(given), int(given.max()) + 1
    discriminant = Discriminant(features, folds)
    # The smaller the set, the more strongly weights are held: few images are learnt by heart.
    strength = _STRENGTH * float(np.sqrt(1e5 / (count * categories)))
    logistic = Logistic(features, folds, strength)
    targets = np.zeros((count, categories), np.float32)
    rows = np.arange(count)
    targets[rows, given] = 1.0
    noise, weights = guess_noise(categories), np.full(2, _FIRST_WEIGHT)
    likely, posterior = np.zeros_like(targets), np.zeros_like(targets)
    dependence = 0.0
    for turn in range(_ROUNDS):
        is_settled = turn >= _ROUNDS - _SETTLED
        shares = targets.mean(axis=0) + np.float32(1e-4)
        bent = logistic.score(targets, _STEPS if turn else _FIRST_STEPS)
        # Both without priors, which `read_labels` adds once.
        scores = [discriminant.score(targets), bent - np.log(shares)]
        reading: Reading = read_labels(scores, shares, given, noise, weights, is_settled)
        noise, weights = reading.noise, reading.weights
        if is_settled:
            likely += reading.likely / _SETTLED
            posterior += reading.posterior / _SETTLED
            dependence += reading.dependence / _SETTLED
        # Soft labels for the next round: half what is believed, and the given label as far as it
        # is.
        targets = _TRUST * reading.posterior
        targets[rows, given] += (1 - _TRUST) * reading.posterior[rows, given]
        context.progress("reviewing labels", turn + 1, _ROUNDS)
    return likely, posterior, dependence


def _find_label_issues(evidence: LabelEvidence, dependence: float) -> npt.NDArray[np.bool_]:
    wrong = 1.0 - evidence.quality.astype(np.float64)
    return np.asarray(wrong > choose_threshold(wrong, dependence), np.bool_)


def _expect_precision(evidence: LabelEvidence, is_label_issue: npt.NDArray[np.bool_]) -> float:
    """Scale the precision that the posterior promises to the errors that the surest show.

    Models that tell little apart take their own errors for wrong labels, and promise too much.
    """
    wrong = 1.0 - evidence.quality.astype(np.float64)
    if not is_label_issue.any():
        return float("nan")
    shown = find_floor(evidence.likely, evidence.given)
    return float(wrong[is_label_issue].mean() * min(1.0, shown / max(wrong.mean(), _TINY)))


def _number(labels: pl.Series) -> tuple[tuple[str, ...], Integers]:
    categories, numbers = np.unique(labels.to_numpy().astype(str), return_inverse=True)
    return tuple(map(str, categories)), numbers.astype(np.int64)


def _spread(
    evidence: LabelEvidence,
    is_label_issue: npt.NDArray[np.bool_],
    reasons: list[str | None],
    seen: Integers,
    labels: pl.Series,
) -> LabelReview:
    """Put what was found out about the rows `seen` in their places among all rows."""
    whole = _no_decision(labels, evidence.categories)
    whole.quality[seen] = evidence.quality
    whole.is_label_issue[seen] = is_label_issue
    whole.likely[seen] = evidence.likely
    suggested = evidence.suggest(is_label_issue)
    names = pl.Series(evidence.categories, dtype=pl.String).gather(suggested)
    return LabelReview(
        whole.quality,
        whole.suggested.scatter(seen, names),
        whole.is_label_issue,
        whole.reasons.scatter(seen, pl.Series(reasons, dtype=pl.String)),
        whole.likely,
        whole.categories,
        float((evidence.likely.argmax(axis=1) == evidence.given).mean()),
        _expect_precision(evidence, is_label_issue),
    )


def _no_decision(labels: pl.Series, categories: tuple[str, ...]) -> LabelReview:
    count = len(labels)
    return LabelReview(
        np.full(count, np.nan, np.float32),
        labels.cast(pl.String).alias("suggested"),
        np.zeros(count, np.bool_),
        pl.Series("reason", [None] * count, dtype=pl.String),
        np.full((count, len(categories)), np.nan, np.float32),
        categories,
    )
