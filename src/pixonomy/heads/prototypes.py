"""Prototypes: the direction of each category's training images, seen from the mean of all.

Snell et al. (2017), "Prototypical networks for few-shot learning", with embeddings of length one
from which the training mean is taken away first.
"""

from dataclasses import dataclass

import numpy as np

from pixonomy.heads.references import Floats, Integers, to_length_one


@dataclass(frozen=True)
class Prototypes:
    """Attributes: centre, float32 (d,): the training mean; directions, (k, d), of length one."""

    centre: Floats
    directions: Floats

    def similarities(self, embeddings: Floats) -> Floats:
        """Return the cosine of each embedding, (n, d), with each prototype, (n, k)."""
        centred = to_length_one(to_length_one(embeddings) - self.centre)
        return np.asarray(centred @ self.directions.T, np.float32)


def fit_prototypes(
    embeddings: Floats, labels: Integers, groups: Integers, categories: int
) -> Prototypes:
    """Average training embeddings, (n, d), first by group (a source), then by category.

    A group so counts as much as another, however many images it gave. A category without an image
    has the prototype zero.
    """
    vectors = to_length_one(embeddings)
    centre = vectors.mean(axis=0)
    vectors = to_length_one(vectors - centre)
    directions = np.zeros((categories, vectors.shape[1]), np.float32)
    for number in range(categories):
        rows = np.flatnonzero(labels == number)
        means = [vectors[rows[groups[rows] == one]].mean(axis=0) for one in set(groups[rows])]
        if means:
            directions[number] = np.mean(means, axis=0)
    return Prototypes(centre.astype(np.float32), to_length_one(directions))
