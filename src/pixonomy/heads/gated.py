"""A gated head: what answers for images like the training ones, and what for others.

Where an image's five nearest references are less similar to it than a training image's usually are,
other heads answer, such as one by words.
"""

from dataclasses import dataclass

import numpy as np

from pixonomy.heads.choose import Choice, Doubles, choose, mix
from pixonomy.heads.folds import make_folds
from pixonomy.heads.out_of_fold import (
    BETWEEN,
    FAR,
    LOGISTIC,
    NEAR,
    NEAREST,
    PROTOTYPES,
    WORDS,
    Bools,
    Scored,
    Training,
    find_sides,
    fit_thresholds,
    scale_cosines,
    score_held_out,
)
from pixonomy.heads.prototypes import Prototypes, fit_prototypes
from pixonomy.heads.references import (
    Floats,
    Integers,
    References,
    choose_references,
)
from pixonomy.heads.word_head import ENOUGH, SMALLEST, WordHead

FEWEST = 40
"""Training images; fewer show nothing of how they fall into groups."""
MOST_CATEGORIES = 100
"""More would take too long to choose for."""

RESTS_ON = ("training", "both", "words")
"""On what an answer rests: that the image is like training ones, its words, or both."""

Mix = tuple[float, ...]


@dataclass(frozen=True)
class GatedHead:
    """All that answers for an embedding.

    Attributes:
        thresholds: the similarities below which an image is in between, and far.
        mixes: the exponents of `HEADS` on each side: near, between, far.
        words: None where the backbone's classes or the categories' words are not known.
    """

    references: References
    prototypes: Prototypes
    thresholds: tuple[float, float]
    mixes: tuple[Mix, Mix, Mix]
    words: WordHead | None = None

    def answer(self, embeddings: Floats, logits: Floats) -> tuple[Doubles, Integers]:
        """Return log-probabilities, (n, k), and the place in `RESTS_ON` of each image, (n,).

        Args:
            embeddings: shape (n, d).
            logits: of the logistic regression, (n, k).
        """
        nearest, familiar = self.references.similarities(embeddings)
        similar = self.prototypes.similarities(embeddings)
        scores = {
            LOGISTIC: logits,
            NEAREST: scale_cosines(NEAREST, nearest),
            PROTOTYPES: scale_cosines(PROTOTYPES, similar),
        }
        if self.words is not None:
            evidence = self.words.quantized_evidence(embeddings)
            scores[WORDS] = np.log(np.maximum(evidence, np.float32(SMALLEST)))
        sides = find_sides(familiar, self.thresholds)
        answers = np.stack([mix(scores, one) for one in self.mixes])
        return answers[sides, np.arange(len(sides))], np.array(self.rests_on)[sides]

    @property
    def rests_on(self) -> tuple[int, int, int]:
        """On what answers rest on each side, as places in `RESTS_ON`."""
        return 0, *((2 if not any(one[:-1]) else 1 if one[-1] else 0) for one in self.mixes[1:])  # type: ignore[return-value]

    @property
    def tells_by_words(self) -> bool:
        """Whether words answer for far images."""
        return self.rests_on[FAR] == 2

    def lessen(self, novelty: Floats, embeddings: Floats) -> Floats:
        """Return the novelty of images, (n,), less where words know what they show."""
        if self.words is None or not self.tells_by_words:
            return novelty
        most = self.words.quantized_evidence(embeddings).max(axis=1)
        return np.asarray(novelty * np.minimum(1, ENOUGH / np.maximum(most, 1e-9)), np.float32)


@dataclass(frozen=True)
class HeldOut:
    """How far images of groups held out were answered: probability, right or not, and group."""

    confidence: Doubles
    is_right: Bools
    groups: Integers


def fit_gated_head(
    training: Training,
    units: Integers,
    words: WordHead | None,
    seed: int,
    are_sources: bool = True,
) -> tuple[GatedHead, Choice, HeldOut] | None:
    """Choose and fit a gated head.

    Args:
        units: equal for training images that are alike (products, duplicates), (n,).
        are_sources: whether the training's groups are where images come from, see `choose`.

    Returns:
        It, what else could have been chosen, and how it fared on held-out groups; None for fewer
        than 40 images or more than 100 categories.
    """
    if len(training.labels) < FEWEST or training.categories > MOST_CATEGORIES:
        return None
    folds = make_folds(training.labels, units, training.groups, seed)
    scored = score_held_out(training, folds, words)
    choice = choose(scored, are_sources)
    embeddings, labels, k = training.embeddings, training.labels, training.categories
    references = choose_references(embeddings, labels, k, seed)
    head = GatedHead(
        references,
        fit_prototypes(embeddings, labels, training.groups, k),
        _fit_thresholds(references),
        (choice.chosen[NEAR].mix, choice.chosen[BETWEEN].mix, choice.chosen[FAR].mix),
        words,
    )
    return head, choice, _decide(scored, choice)


def _fit_thresholds(references: References) -> tuple[float, float]:
    k, r, d = references.vectors.shape
    flat = references.vectors.reshape(k * r, d).astype(np.float32)
    flat *= references.scale.reshape(-1, 1)
    own = flat[references.scale.ravel() > 0]
    cosines = own @ own.T
    np.fill_diagonal(cosines, -np.inf)
    return fit_thresholds(cosines)


def _decide(scored: Scored, choice: Choice) -> HeldOut:
    far = scored.only((scored.sides == FAR) & scored.is_new)
    logs = mix(far.scores, choice.chosen[FAR].mix)
    is_right = logs.argmax(axis=1) == far.labels
    return HeldOut(np.exp(logs.max(axis=1, initial=-np.inf)), is_right, far.groups)
