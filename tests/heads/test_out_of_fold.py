import numpy as np
import pytest

from embedded_clouds import draw, word_head
from pixonomy.heads.folds import Folds, make_folds
from pixonomy.heads.out_of_fold import FAR, NEAR, find_sides, fit_thresholds, score_held_out


def test_an_image_is_scored_by_heads_that_have_not_seen_its_fold() -> None:
    training = draw(8, seed=0).training
    n = len(training.labels)
    folds = make_folds(training.labels, np.arange(n), training.groups, 0)
    scored = score_held_out(training, folds, None)
    # A label that only one fold has is unknown to the heads that score it.
    labels = training.labels.copy()
    labels[folds.at_random == 0] = 3
    odd = type(training)(training.embeddings, labels, training.groups, 4)
    only_random = Folds(folds.at_random, np.full(n, -1))
    found = score_held_out(odd, only_random, None)
    assert (found.scores["logistic"][found.labels == 3][:, 3] == -20).all()
    assert set(scored.scores) == {"logistic", "nearest", "prototypes"}


def test_images_of_a_held_out_source_are_far_and_the_others_near() -> None:
    training = draw(20, seed=0).training
    n = len(training.labels)
    folds = make_folds(training.labels, np.arange(n), training.groups, 0)
    scored = score_held_out(training, folds, word_head())
    known = scored.only(~scored.is_new)
    new = scored.only(scored.is_new)
    assert len(known.labels) == len(new.labels) == n
    assert (known.sides == NEAR).mean() > 0.8
    assert (new.sides == FAR).mean() > 0.9


@pytest.mark.parametrize(("similarity", "side"), [(0.9, 0), (0.5, 0), (0.4, 1), (0.1, 2)])
def test_the_side_follows_from_the_similarity(similarity: float, side: int) -> None:
    assert find_sides(np.array([similarity], np.float32), (0.5, 0.2)).tolist() == [side]


def test_thresholds_leave_a_tenth_and_a_hundredth_of_training_images_below() -> None:
    vectors = np.random.default_rng(0).normal(size=(300, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = (vectors @ vectors.T).astype(np.float32)
    np.fill_diagonal(cosines, -np.inf)
    own = np.sort(cosines, axis=1)[:, -5:].mean(axis=1)
    near, between = fit_thresholds(cosines)
    assert (own < near).mean() == pytest.approx(0.1, abs=0.01)
    assert (own < between).mean() == pytest.approx(0.01, abs=0.005)
