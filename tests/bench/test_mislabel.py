import numpy as np
import pytest

from pixonomy.bench.mislabel import (
    Noise,
    find_alike,
    measure_found,
    plant_errors,
    plant_human_errors,
)


@pytest.mark.parametrize("share", [0.05, 0.4])
def test_exactly_the_share_is_wrong_and_the_seed_decides_where(share: float) -> None:
    labels, alike = np.arange(1000) % 4, np.array([1, 0, 3, 2])
    first = plant_errors(labels, alike, Noise("symmetric", share, 1))
    assert (first != labels).sum() == round(1000 * share)
    assert (first == plant_errors(labels, alike, Noise("symmetric", share, 1))).all()
    assert (first != plant_errors(labels, alike, Noise("symmetric", share, 2))).any()


def test_asymmetric_errors_go_to_the_category_that_is_alike() -> None:
    labels, alike = np.arange(400) % 4, np.array([1, 2, 3, 1])
    given = plant_errors(labels, alike, Noise("asymmetric", 0.2, 0))
    is_wrong = given != labels
    assert is_wrong.sum() == 80
    assert (given[is_wrong] == alike[labels[is_wrong]]).all()


def test_alike_is_what_a_category_is_most_often_taken_for() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2])
    taken = np.array([1, 1, 2, 1, 1, 0])
    probabilities = 0.8 * np.eye(3)[taken] + np.array([0.05, 0.05, 0.1])
    assert find_alike(labels, probabilities).tolist() == [1, 2, 0]


def test_what_was_found_is_counted() -> None:
    is_wrong = np.array([True, True, False, False])
    found = measure_found(
        is_wrong, np.array([True, False, True, False]), np.array([0.1, 0.3, 0.2, 0.9])
    )
    assert (found.precision, found.recall, found.f1, found.auroc) == (0.5, 0.5, 0.5, 0.75)


def test_people_err_where_pictures_are_hard_and_towards_what_they_resemble() -> None:
    labels = np.zeros(20_000, np.int64)
    doubts = np.tile([0.99, 0.005, 0.005], (20_000, 1))
    doubts[10_000:] = [0.5, 0.4, 0.1]
    given = plant_human_errors(labels, doubts, 0.1, 0)
    is_wrong = given != labels
    assert 0.09 < is_wrong.mean() < 0.11
    assert is_wrong[10_000:].mean() > 10 * is_wrong[:10_000].mean()
    hard = given[10_000:]
    assert 3 < (hard == 1).sum() / (hard == 2).sum() < 5
    assert (plant_human_errors(labels, doubts, 0.1, 0) == given).all()
