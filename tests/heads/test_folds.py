import numpy as np

from pixonomy.heads.folds import cluster, make_folds


def test_a_group_is_held_out_whole_and_its_category_keeps_another() -> None:
    labels = np.repeat([0, 1, 2], 30)
    groups = np.repeat(np.arange(9), 10)
    by_group = make_folds(labels, np.arange(90), groups, 0).by_group
    for group in range(9):
        assert len(set(by_group[groups == group])) == 1
    for fold in set(by_group):
        assert set(labels[by_group != fold]) == {0, 1, 2}


def test_the_only_group_of_a_category_is_never_held_out() -> None:
    labels = np.repeat([0, 1], 20)
    groups = np.repeat([0, 1, 2], [10, 10, 20])
    by_group = make_folds(labels, np.arange(40), groups, 0).by_group
    assert (by_group[labels == 1] == -1).all()
    assert (by_group[labels == 0] >= 0).all()


def test_many_groups_share_ten_folds_and_of_many_categories_five() -> None:
    labels = np.arange(400) % 4
    groups = np.arange(400) // 4
    assert set(make_folds(labels, np.arange(400), groups, 0).by_group) == set(range(10))
    labels = np.arange(400) % 40
    assert set(make_folds(labels, np.arange(400), np.arange(400), 0).by_group) == set(range(5))


def test_units_stay_together_in_random_folds() -> None:
    labels, units = np.repeat([0, 1], 40), np.arange(80) // 4
    at_random = make_folds(labels, units, units, 0).at_random
    assert all(len(set(at_random[units == unit])) == 1 for unit in set(units))


def test_clusters_are_of_one_category_each_and_find_two_kinds_of_it() -> None:
    generator = np.random.default_rng(0)
    centres = 5 * generator.normal(size=(4, 16))
    kinds = np.repeat(np.arange(4), 30)
    embeddings = (centres[kinds] + generator.normal(size=(120, 16))).astype(np.float32)
    labels = kinds // 2
    groups = cluster(embeddings, labels, seed=0)
    for group in set(groups):
        assert len(set(kinds[groups == group])) == 1
    assert len(set(groups)) == 4


def test_few_images_are_one_cluster() -> None:
    embeddings = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
    assert len(set(cluster(embeddings, np.zeros(12, np.int64), 0))) == 1
