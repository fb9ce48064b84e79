"""Which training images are held out together to choose a head: at random, and by group."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans

from pixonomy.heads.references import Floats, Integers, to_length_one
from pixonomy.label_errors.review import assign_folds

_AT_RANDOM = 4  # folds
_BY_GROUP, _BY_GROUP_OF_MANY, _MANY = 10, 5, 20  # folds at most; of over 20 categories fewer
_CLUSTERS, _IMAGES_A_CLUSTER = 2, 10


@dataclass(frozen=True)
class Folds:
    """A fold of each training image, int64 (n,).

    Attributes:
        at_random: whole units (products, duplicates) at a time.
        by_group: whole groups at a time; -1: never held out, as its category has no other group.
    """

    at_random: Integers
    by_group: Integers


def make_folds(labels: Integers, units: Integers, groups: Integers, seed: int) -> Folds:
    """Assign n training images to folds; `units` and `groups` are equal for what stays together."""
    most = _BY_GROUP if labels.max() < _MANY else _BY_GROUP_OF_MANY
    return Folds(
        assign_folds(labels, units, _AT_RANDOM, seed), _assign_groups(labels, groups, most)
    )


def _assign_groups(labels: Integers, groups: Integers, most: int) -> Integers:
    """Assign groups in turn; a category keeps a group in training."""
    names, first, sizes = np.unique(groups, return_index=True, return_counts=True)
    # Those of a category one after the other, so that they come to different folds.
    order = np.lexsort((-sizes, labels[first]))
    folds = {int(names[one]): place % most for place, one in enumerate(order)}
    assigned = np.array([folds[one] for one in groups.tolist()], np.int64)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        # All its groups came to one fold: training would see nothing of the category.
        if len(set(assigned[rows].tolist())) < 2:
            assigned[rows] = -1
    return assigned


def cluster(embeddings: Floats, labels: Integers, seed: int) -> Integers:
    """Number clusters of each category's embeddings, (n, d): groups where none are known.

    Returns:
        int64 (n,): up to two clusters (k-means) of each category, none shared by two.
    """
    vectors = to_length_one(embeddings)
    vectors = to_length_one(vectors - vectors.mean(axis=0))
    groups = np.zeros(len(labels), np.int64)
    for label, rows in _by_label(labels):
        count = min(_CLUSTERS, len(rows) // _IMAGES_A_CLUSTER)
        of_image = np.zeros(len(rows), np.int64)
        if count > 1:
            means = KMeans(count, n_init=1, max_iter=20, random_state=seed)
            of_image = means.fit_predict(vectors[rows]).astype(np.int64)
        groups[rows] = label * _CLUSTERS + of_image
    return groups


def _by_label(labels: Integers) -> Iterator[tuple[int, Integers]]:
    for label in np.unique(labels).tolist():
        yield label, np.flatnonzero(labels == label)
