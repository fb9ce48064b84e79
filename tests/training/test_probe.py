import numpy as np
import pytest

from pixonomy.training.probe import Embedded, choose_probed, fit_probe


def clouds(categories: int, n: int, seed: int) -> Embedded:
    generator = np.random.default_rng(seed)
    centres = np.random.default_rng(9).normal(size=(categories, 20)) * 3 + 5
    labels = np.arange(n) % categories
    embeddings = centres[labels] + generator.normal(size=(n, 20))
    return Embedded(embeddings.astype(np.float32), labels)


@pytest.mark.parametrize("categories", [2, 3, 7])
def test_the_probe_tells_clouds_apart(categories: int) -> None:
    train, validation = clouds(categories, 210, 0), clouds(categories, 70, 1)
    probe = fit_probe(train, validation)
    unseen = clouds(categories, 140, 2)
    assert probe.logits(unseen.embeddings).shape == (140, categories)
    assert (probe.logits(unseen.embeddings).argmax(axis=1) == unseen.labels).mean() > 0.95


def test_the_probe_needs_no_validation_pictures() -> None:
    nothing = Embedded(np.zeros((0, 20), np.float32), np.zeros(0, np.int64))
    probe = fit_probe(clouds(3, 90, 0), nothing)
    assert np.isfinite(probe.kernel).all()


def test_a_probe_looks_at_equally_many_pictures_of_each_label_and_at_four_of_a_rare_one() -> None:
    labels = np.repeat([0, 1, 2], [1000, 500, 4])
    rows = np.flatnonzero(np.arange(len(labels)) % 5 != 1)  # the others are not trained on
    chosen = choose_probed(rows, labels, 300, seed=0)
    assert np.isin(chosen, rows).all()
    assert (np.diff(chosen) > 0).all()
    assert np.bincount(labels[chosen]).tolist() == [100, 100, 3]
    assert np.bincount(labels[choose_probed(rows, labels, 1, seed=0)]).tolist() == [4, 4, 3]


@pytest.mark.parametrize("n", [0, 100])
def test_a_probe_looks_at_all_of_a_small_set_however_unequal(n: int) -> None:
    labels = np.repeat([0, 1], [90, 10])
    rows = np.arange(n)
    np.testing.assert_array_equal(choose_probed(rows, labels, 100, seed=0), rows)


def test_the_same_seed_chooses_the_same_pictures() -> None:
    labels, rows = np.zeros(1000, np.int64), np.arange(1000)
    chosen = [choose_probed(rows, labels, 50, seed).tolist() for seed in (0, 0, 1)]
    assert chosen[0] == chosen[1] != chosen[2]
