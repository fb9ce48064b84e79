"""Review labels by embeddings, or by probabilities: which of them are probably wrong.

Each picture is judged by models that have not seen it. The first are a discriminant analysis and
a logistic regression of the labels as they are; what they say of every label, with the noise they
see in all labels together, cleans the labels that the next ones learn from, and so on.

What can be told: a label is called wrong where the picture looks like those that mostly bear
another. Errors that are no rarer than right labels among alike pictures, as when more than half
of a category is labelled otherwise, look like the truth and cannot be found by any such method.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.curation.compress import compress
from pixonomy.curation.cut import choose_cut
from pixonomy.curation.discriminant import Discriminant
from pixonomy.curation.folds import count_units, deal_folds
from pixonomy.curation.logistic import Logistic
from pixonomy.curation.noise import Reading, find_floor, guess_noise, read_labels
from pixonomy.curation.reasons import Suspicion, give_reasons
from pixonomy.progress import Surroundings

LABELS_VERSION = 3
"""Raised when the same features and labels would give other answers."""

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

_DEFAULT = Surroundings()
_FOLDS = 5
_DIMENSIONS = 256
_ROUNDS = 6
# The last three are averaged, for single rounds sway; and these alone may find that errors depend
# on the image, for at first the models learn from wrong labels and disagree where they err.
_SETTLED = 3
_FIRST_STEPS, _STEPS = 40, 15  # of the logistic regression; later ones begin near their goal
_TRUST = 0.5  # in the posterior; the rest of the weight stays with the given label
_FEWEST_UNITS = 3  # of a category: with fewer the models of some fold hardly know it
_STRENGTH = 0.1  # of the logistic regression for 10,000 pictures of 10 categories
_FIRST_WEIGHT = 0.5  # of each score
_TINY = 1e-6


@dataclass(frozen=True)
class LabelReview:
    """What is to be thought of each label, in the order of the rows.

    Attributes:
        quality: float32 (n,), 0 to 1: the probability that the label is right, given the picture,
            the label, and how labels go wrong in this set; NaN where the category has fewer
            than three units to learn from. Sorted ascending it is the ranked list.
        suggested: the likeliest category; for a suspect the likeliest other than its label.
        is_suspect: bool (n,), from the automatic cut; see `curation.cut`.
        reasons: a sentence for each suspect, null for the others.
        likely: float32 (n, k), the probability of each category, from models that have not seen
            the row's unit nor heard its label.
        categories: in the order of `likely`.
        agreement: the share of labels that is what the models hold likeliest, 0 to 1.
        precision: of the suspects, the share to be expected wrong if labels go wrong as often
            everywhere as among the surest pictures, 0 to 1; NaN without suspects.
    """

    quality: Floats
    suggested: pl.Series
    is_suspect: npt.NDArray[np.bool_]
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
    surroundings: Surroundings = _DEFAULT,
) -> LabelReview:
    """Review labels by cross-validation on embeddings.

    Args:
        features: float (n, d), perhaps memory-mapped; a row a picture.
        labels: String (n,), no nulls.
        units: rows of one number, such as a product or copies of a picture, are never torn
            between learning and judging, shape (n,); None: each row is its own.
        seed: deals units to folds.

    Returns:
        The review; without suspects where fewer than two categories have three units.
    """
    categories, given = _number(labels)
    units = np.arange(len(given)) if units is None else np.asarray(units, np.int64)
    enough = count_units(given, units, len(categories)) >= _FEWEST_UNITS
    if enough.sum() < 2:
        return _nothing_to_say(labels, categories)
    seen = np.flatnonzero(enough[given])
    known = np.flatnonzero(enough)
    compact = compress(features if len(seen) == len(given) else features[seen], _DIMENSIONS)
    numbers = np.searchsorted(known, given[seen])
    folds = deal_folds(numbers, units[seen], _FOLDS, seed)
    likely, posterior, dependence = _judge(compact, numbers, folds, surroundings)
    suspicion = Suspicion(tuple(categories[one] for one in known), numbers, likely, posterior)
    is_suspect = _find_suspects(suspicion, dependence)
    reasons = give_reasons(suspicion, is_suspect, compact, units[seen])
    return _spread(suspicion, is_suspect, reasons, seen, labels)


def review_probabilities(
    probabilities: npt.NDArray[np.floating], labels: pl.Series, categories: Sequence[str]
) -> LabelReview:
    """Review labels by the answers of a classifier that has not learnt from these pictures.

    Args:
        probabilities: float (n, k), out of sample.
        labels: String (n,), no nulls; a label that is none of the categories is not judged.
        categories: k names.
    """
    places = {category: place for place, category in enumerate(categories)}
    numbers = labels.replace_strict(places, default=-1, return_dtype=pl.Int64).to_numpy()
    seen = np.flatnonzero(numbers >= 0)
    if not len(seen) or len(categories) < 2:
        return _nothing_to_say(labels, tuple(categories))
    given = numbers[seen]
    shares = np.bincount(given, minlength=len(categories)).astype(np.float32) + _TINY
    answers = np.asarray(probabilities[seen], np.float32)
    scores = np.log(answers + _TINY) - np.log(shares / shares.sum())
    reading = read_labels([scores], shares, given, guess_noise(len(categories)), np.ones(1))
    suspicion = Suspicion(tuple(categories), given, reading.likely, reading.posterior)
    is_suspect = _find_suspects(suspicion, reading.dependence)
    return _spread(suspicion, is_suspect, give_reasons(suspicion, is_suspect), seen, labels)


def _judge(
    features: Floats, given: Integers, folds: Integers, surroundings: Surroundings
) -> tuple[Floats, Floats, float]:
    """Return P(category | picture) and P(category | picture, label), float32 (n, k) each.

    And how far wrong labels depend on the picture, 0 to 1.
    """
    count, categories = len(given), int(given.max()) + 1
    discriminant = Discriminant(features, folds)
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
        scores = [discriminant.score(targets), bent - np.log(shares)]
        reading: Reading = read_labels(scores, shares, given, noise, weights, is_settled)
        noise, weights = reading.noise, reading.weights
        if is_settled:
            likely += reading.likely / _SETTLED
            posterior += reading.posterior / _SETTLED
            dependence += reading.dependence / _SETTLED
        targets = _TRUST * reading.posterior
        targets[rows, given] += (1 - _TRUST) * reading.posterior[rows, given]
        surroundings.progress("reviewing labels", turn + 1, _ROUNDS)
    return likely, posterior, dependence


def _find_suspects(suspicion: Suspicion, dependence: float) -> npt.NDArray[np.bool_]:
    wrong = 1.0 - suspicion.quality.astype(np.float64)
    return np.asarray(wrong > choose_cut(wrong, dependence), np.bool_)


def _expect_precision(suspicion: Suspicion, is_suspect: npt.NDArray[np.bool_]) -> float:
    """Scale the precision that the posterior promises to the errors that the surest show.

    Models that tell little apart take their own errors for wrong labels, and promise too much.
    """
    wrong = 1.0 - suspicion.quality.astype(np.float64)
    if not is_suspect.any():
        return float("nan")
    shown = find_floor(suspicion.likely, suspicion.given)
    return float(wrong[is_suspect].mean() * min(1.0, shown / max(wrong.mean(), _TINY)))


def _number(labels: pl.Series) -> tuple[tuple[str, ...], Integers]:
    categories, numbers = np.unique(labels.to_numpy().astype(str), return_inverse=True)
    return tuple(map(str, categories)), numbers.astype(np.int64)


def _spread(
    suspicion: Suspicion,
    is_suspect: npt.NDArray[np.bool_],
    reasons: list[str | None],
    seen: Integers,
    labels: pl.Series,
) -> LabelReview:
    """Put what was found out about the rows `seen` in their places among all rows."""
    whole = _nothing_to_say(labels, suspicion.categories)
    whole.quality[seen] = suspicion.quality
    whole.is_suspect[seen] = is_suspect
    whole.likely[seen] = suspicion.likely
    suggested = suspicion.suggest(is_suspect)
    names = pl.Series(suspicion.categories, dtype=pl.String).gather(suggested)
    return LabelReview(
        whole.quality,
        whole.suggested.scatter(seen, names),
        whole.is_suspect,
        whole.reasons.scatter(seen, pl.Series(reasons, dtype=pl.String)),
        whole.likely,
        whole.categories,
        float((suspicion.likely.argmax(axis=1) == suspicion.given).mean()),
        _expect_precision(suspicion, is_suspect),
    )


def _nothing_to_say(labels: pl.Series, categories: tuple[str, ...]) -> LabelReview:
    count = len(labels)
    return LabelReview(
        np.full(count, np.nan, np.float32),
        labels.cast(pl.String).alias("suggested"),
        np.zeros(count, np.bool_),
        pl.Series("reason", [None] * count, dtype=pl.String),
        np.full((count, len(categories)), np.nan, np.float32),
        categories,
    )
