"""What each head says of training images that it has not seen."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pixonomy.heads.folds import Folds
from pixonomy.heads.logistic_head import fit_logistic
from pixonomy.heads.prototypes import fit_prototypes
from pixonomy.heads.references import Floats, Integers, mean_of_nearest, to_length_one
from pixonomy.heads.word_head import WordHead

LOGISTIC, NEAREST, PROTOTYPES, WORDS = HEADS = ("logistic", "nearest", "prototypes", "words")
"""The heads, in the order in which their scores are mixed."""

NEAR, BETWEEN, FAR = range(3)
"""The sides of the gate: how like training an image is."""

QUANTILES = (0.1, 0.01)
"""The shares of training images that are less like the others than a near image has to be, and
than one in between has to be."""

_SCALE = {NEAREST: 10.0, PROTOTYPES: 5.0}  # of cosines: mixing starts from scores of one size
_TOLERANCE = 1e-2  # of the regressions without a fold: near enough to compare heads by
_UNSEEN = -20.0  # the logit of a category that none of the images learnt from shows

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Training:
    """Training images: embeddings (n, d), label numbers (n,), groups (n,), and k categories.

    Attributes:
        strength: of the logistic regression, see `fit_logistic`.
    """

    embeddings: Floats
    labels: Integers
    groups: Integers
    categories: int
    strength: float = 0.1


@dataclass(frozen=True)
class Scored:
    """Scores of m held-out images; an image is there once for each way it was held out.

    Attributes:
        labels: int64 (m,).
        folds: int64 (m,), numbered on through both ways.
        groups: int64 (m,).
        is_new: whether its whole group was held out with it.
        sides: int64 (m,): `NEAR`, `BETWEEN` or `FAR` by its similarity to the others.
        scores: float32 (m, k) of each head there is.
    """

    labels: Integers
    folds: Integers
    groups: Integers
    is_new: Bools
    sides: Integers
    scores: dict[str, Floats]

    def only(self, wanted: Bools) -> "Scored":
        """Return some of the images."""
        return Scored(
            self.labels[wanted],
            self.folds[wanted],
            self.groups[wanted],
            self.is_new[wanted],
            self.sides[wanted],
            {name: values[wanted] for name, values in self.scores.items()},
        )


def scale_of(head: str) -> float:
    """Return what a head's cosines are multiplied by, to be of about the size of logits."""
    return _SCALE[head]


def scale_cosines(head: str, cosines: Floats) -> Floats:
    """Return cosines as scores of about the size of logits."""
    return np.asarray(cosines * np.float32(_SCALE[head]))


def score_held_out(training: Training, folds: Folds, words: WordHead | None) -> Scored:
    """Score each training image by heads fitted without its fold, first at random, then by group.

    Takes n² cosines of memory: some thousand images.
    """
    vectors = to_length_one(training.embeddings)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    known = None if words is None else words.scores(training.embeddings)
    parts, first = [], 0
    for is_new, assigned in ((False, folds.at_random), (True, folds.by_group)):
        for fold in np.unique(assigned[assigned >= 0]):
            asked, learnt = np.flatnonzero(assigned == fold), np.flatnonzero(assigned != fold)
            scores = {
                LOGISTIC: _score_logistic(training, learnt, asked),
                **_score_cosines(training, cosines, learnt, asked),
            }
            if known is not None:
                scores[WORDS] = known[asked]
            parts.append(
                Scored(
                    training.labels[asked],
                    np.full(len(asked), first + fold),
                    training.groups[asked],
                    np.full(len(asked), is_new),
                    _familiarity(cosines, learnt, asked),
                    scores,
                )
            )
        first += int(assigned.max()) + 1
    return _join(parts)


def fit_thresholds(cosines: Floats) -> tuple[float, float]:
    """Return the similarities below which an image is in between, and far.

    Args:
        cosines: of training images with each other, (n, n), -inf on the diagonal.
    """
    near, between = np.quantile(mean_of_nearest(cosines), QUANTILES).tolist()
    return near, between


def find_sides(similarities: Floats, thresholds: tuple[float, float]) -> Integers:
    """Return the side of the gate that images fall on by their similarity to training, (n,)."""
    return sum((similarities < one).astype(np.int64) for one in thresholds)  # type: ignore[return-value]


def _familiarity(cosines: Floats, learnt: Integers, asked: Integers) -> Integers:
    thresholds = fit_thresholds(cosines[np.ix_(learnt, learnt)])
    return find_sides(mean_of_nearest(cosines[np.ix_(asked, learnt)]), thresholds)


def _score_cosines(
    training: Training, cosines: Floats, learnt: Integers, asked: Integers
) -> dict[str, Floats]:
    labels, k = training.labels[learnt], training.categories
    nearest = np.stack(
        [mean_of_nearest(cosines[np.ix_(asked, learnt[labels == one])]) for one in range(k)], 1
    )
    prototypes = fit_prototypes(training.embeddings[learnt], labels, training.groups[learnt], k)
    similar = prototypes.similarities(training.embeddings[asked])
    found = ((NEAREST, nearest), (PROTOTYPES, similar))
    return {head: scale_cosines(head, values) for head, values in found}


def _score_logistic(training: Training, learnt: Integers, asked: Integers) -> Floats:
    labels = training.labels[learnt]
    linear = fit_logistic(training.embeddings[learnt], labels, training.strength, _TOLERANCE)
    logits = np.full((len(asked), training.categories), _UNSEEN, np.float32)
    logits[:, np.unique(labels)] = linear.logits(training.embeddings[asked])
    return logits


def _join(parts: list[Scored]) -> Scored:
    return Scored(
        labels=np.concatenate([one.labels for one in parts]),
        folds=np.concatenate([one.folds for one in parts]),
        groups=np.concatenate([one.groups for one in parts]),
        is_new=np.concatenate([one.is_new for one in parts]),
        sides=np.concatenate([one.sides for one in parts]),
        scores={
            name: np.concatenate([one.scores[name] for one in parts]) for name in parts[0].scores
        },
    )
