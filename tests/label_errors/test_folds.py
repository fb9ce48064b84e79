import numpy as np

from pixonomy.label_errors.folds import assign_folds, count_units


def test_a_unit_is_never_torn_and_labels_are_spread_evenly() -> None:
    units = np.repeat(np.arange(40), 3)
    labels = np.repeat(np.arange(40) // 20, 3)
    folds = assign_folds(labels, units, 5, seed=1)
    assert all(len(set(folds[units == unit])) == 1 for unit in range(40))
    for label in (0, 1):
        assert np.bincount(folds[labels == label], minlength=5).tolist() == [12] * 5


def test_the_seed_decides_alone() -> None:
    units, labels = np.arange(50), np.arange(50) % 4
    first, again, other = (assign_folds(labels, units, 5, seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_units_of_a_label_are_counted_once() -> None:
    counts = count_units(np.array([0, 0, 0, 1]), np.array([7, 7, 8, 7]), 3)
    assert counts.tolist() == [2, 1, 0]
