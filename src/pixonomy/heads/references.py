"""Reference images: training embeddings that new ones are compared with, some of each category."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pixonomy.heads.quantized import Quantized

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

NEIGHBOURS = 5
ABSENT = -1.0
"""The similarity to a category that has no reference."""

_MOST, _LEAST_OF_CATEGORY = 1800, NEIGHBOURS  # 1,280 bytes each: with the words' head below 5 MB
_LARGEST = 127


@dataclass(frozen=True)
class References:
    """Embeddings of length one, of training images; int8 keeps their cosines to 0.01.

    Attributes:
        vectors: int8 (k, r, d), as many of each category as of the one with the most.
        scale: float32 (k, r): vectors times it have length one; 0 where a category has fewer.
    """

    vectors: npt.NDArray[np.int8]
    scale: Floats

    @cached_property
    def columns(self) -> Quantized:
        """All references, one category after the other: (d, k r)."""
        k, r, d = self.vectors.shape
        return Quantized(self.vectors.reshape(k * r, d).T.copy(), self.scale.ravel())

    def similarities(self, embeddings: Floats) -> tuple[Floats, Floats]:
        """Return how near embeddings, (n, d), lie to references, by cosine.

        Returns:
            The mean over the five nearest of each category, (n, k), and of all, (n,).
        """
        k, r, _ = self.vectors.shape
        products = self.columns.multiply(embeddings)
        cosines = (products / _lengths(embeddings)).reshape(len(embeddings), k, r)
        cosines = np.where(self.scale > 0, cosines, -np.inf)
        return mean_of_nearest(cosines), mean_of_nearest(cosines.reshape(len(embeddings), k * r))


def choose_references(
    embeddings: Floats, labels: Integers, categories: int, seed: int
) -> References:
    """Choose some training images of each category at random: all of up to 1,800."""
    most = max(_LEAST_OF_CATEGORY, _MOST // categories)
    order = np.random.default_rng([seed, 4]).permutation(len(labels))
    chosen = [order[labels[order] == number][:most] for number in range(categories)]
    places = np.full((categories, max(map(len, chosen))), -1)
    for number, some in enumerate(chosen):
        places[number, : len(some)] = np.sort(some)
    values = to_length_one(embeddings)[places]  # of a place without one: the last; its scale is 0
    largest = np.abs(values).max(axis=2)
    vectors = np.rint(values / np.maximum(largest, 1e-6)[..., None] * _LARGEST).astype(np.int8)
    lengths = np.linalg.norm(vectors.astype(np.float32), axis=2)
    scale = np.where(places >= 0, 1 / np.maximum(lengths, 1), 0)
    return References(vectors, scale.astype(np.float32))


def mean_of_nearest(cosines: Floats) -> Floats:
    """Return the mean of the five highest values of the last axis; -inf is no reference."""
    count = min(NEIGHBOURS, cosines.shape[-1])
    if not count:
        return np.full(cosines.shape[:-1], ABSENT, np.float32)
    nearest = np.partition(cosines, -count, axis=-1)[..., -count:]
    is_there = np.isfinite(nearest)
    found = is_there.sum(axis=-1)
    total = np.where(is_there, nearest, 0).sum(axis=-1)
    return np.where(found > 0, total / np.maximum(found, 1), ABSENT).astype(np.float32)


def to_length_one(vectors: Floats) -> Floats:
    """Return vectors, (n, d), brought to length one."""
    return np.asarray(vectors / _lengths(vectors), np.float32)


def _lengths(vectors: Floats) -> Floats:
    return np.asarray(np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6), np.float32)
