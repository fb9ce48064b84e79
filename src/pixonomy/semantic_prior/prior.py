"""Answers from words alone: how near each class of a pretrained network lies to each category.

A network that was trained on ImageNet tells 1,000 kinds of things apart, each of which is a noun of
WordNet. What a category's words have in common with each of them turns its class probabilities
into probabilities of categories, without one training image.
"""

from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from pixonomy.dataset.category import Category
from pixonomy.errors import SettingError
from pixonomy.semantic_prior.noun_hierarchy import NounHierarchy, load_hierarchy
from pixonomy.semantic_prior.words import Term, Understood, understand

Floats = npt.NDArray[np.float32]

PRIOR_VERSION = 1
"""Raised whenever the same words would give other weights."""

# Chosen on the training images of garments, groceries and products by their labels' names.
_POWER = 16
_RARELY = 1  # times met, added to every sense: tagged texts are few, and most senses never occur
_MODIFIER = 0.5  # the weight of "kitchen" in "kitchen renovation"


@cache
def imagenet_classes() -> tuple[str, ...]:
    """Return the ids of the 1,000 classes of ImageNet-1k, in the order of Keras's heads."""
    file = resources.files("pixonomy.semantic_prior").joinpath("imagenet-1k.txt")
    return tuple(file.read_text("ascii").split())


def class_weights(categories: Sequence[Category], classes: Sequence[str]) -> Floats:
    """Return how much each class of the network speaks for each category.

    1 for the classes that are a kind of one of its words, for others the Wu-Palmer similarity
    (Wu & Palmer 1994) of class and noun sense to a power; less for the rarer senses of a word. The
    best over the category's words counts, divided by its mean over classes.

    Args:
        classes: ids of WordNet 3.0 such as `n02123045`, in the order of the network's head.

    Returns:
        float32 (categories, classes), above 0, each row of mean 1. A category of whose words none
        is known has a row of ones: no class speaks for or against it.

    Raises:
        SettingError: if a class is no noun of WordNet 3.0.
    """
    return weigh(understand(categories), classes)


def weigh(understood: Sequence[Understood], classes: Sequence[str]) -> Floats:
    """Do what `class_weights` does with words that were looked up before."""
    similarity = ClassSimilarity(classes, load_hierarchy())
    rows = np.ones((len(understood), len(classes)), np.float32)
    for row, one in zip(rows, understood, strict=True):
        if one.terms:
            row[:] = np.max(
                [_weigh_term(term, similarity) for some in one.terms for term in some], 0
            )
    return np.asarray(rows / rows.mean(axis=1, keepdims=True), np.float32)


def _weigh_term(term: Term, similarity: "ClassSimilarity") -> Floats:
    """Return the best over the senses of a word, float32 (classes,), 0 … 1."""
    met = np.array([sense.frequency + _RARELY for sense in term.senses], np.float32)
    usual = np.sqrt(met / met.max()) * (1 if term.is_head else _MODIFIER)
    # A class that is a kind of the word is all that it asks for, however far below it lies.
    near = [
        np.where(similarity.kinds_of(one.synset), 1, similarity(one.synset)) ** _POWER
        for one in term.senses
    ]
    return np.asarray((usual[:, None] * np.array(near)).max(axis=0), np.float32)


class ClassSimilarity:
    """How similar the classes are to a noun sense, by the senses above both."""

    def __init__(self, classes: Sequence[str], hierarchy: NounHierarchy) -> None:
        self._hierarchy = hierarchy
        above = [hierarchy.ancestors(_known(one, hierarchy)) for one in classes]
        self._rows = {synset: at for at, synset in enumerate(sorted(set().union(*above)))}
        self._depths = np.array([hierarchy.depth(one) for one in self._rows], np.float32)
        # Steps from each class up to each sense that is above any of them.
        self._steps = np.full((len(self._rows), len(classes)), np.inf, np.float32)
        for at, steps in enumerate(above):
            self._steps[[self._rows[one] for one in steps], at] = list(steps.values())

    def __call__(self, synset: int) -> Floats:
        """Return float32 (classes,), 0 … 1."""
        above = self._hierarchy.ancestors(synset)
        shared = {self._rows[one]: steps for one, steps in above.items() if one in self._rows}
        rows = list(shared)
        twice = 2 * self._depths[rows, None]
        steps = np.array(list(shared.values()), np.float32)[:, None] + self._steps[rows]
        return np.asarray((twice / (twice + steps)).max(axis=0), np.float32)

    def kinds_of(self, synset: int) -> npt.NDArray[np.bool_]:
        """Return which classes are the sense or a kind of it, bool (classes,)."""
        row = self._rows.get(synset)
        if row is None:
            return np.zeros(self._steps.shape[1], np.bool_)
        return np.asarray(np.isfinite(self._steps[row]))


def answer(class_probabilities: Floats, weights: Floats) -> Floats:
    """Return the probabilities of categories.

    Args:
        class_probabilities: of the network's classes, float32 (n, classes).
        weights: by `class_weights`, float32 (categories, classes).

    Returns:
        float32 (n, categories), each row of sum 1.
    """
    scores = class_probabilities @ weights.T
    return np.asarray(scores / scores.sum(axis=1, keepdims=True), np.float32)


def _known(wnid: str, hierarchy: NounHierarchy) -> int:
    synset = hierarchy.synset(wnid)
    if synset is None:
        raise SettingError(
            f"The network's class {wnid!r} is no noun of WordNet 3.0, such as 'n02123045'."
        )
    return synset
