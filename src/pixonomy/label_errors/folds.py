"""Assigns rows to folds: units whole, labels spread evenly."""

import numpy as np
import numpy.typing as npt

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
