"""Accuracies as of other shares of categories."""

import numpy as np
import pytest

from pixonomy.evaluation.standardise import Answers, Estimate


def draw(units: int = 200, size: int = 1) -> Answers:
    generator = np.random.default_rng(0)
    place = np.repeat(generator.integers(0, 3, units), size)
    is_right = (generator.random(units * size) < np.array([0.9, 0.7, 0.4])[place]).astype(float)
    return Answers.of(is_right, place, np.repeat(np.arange(units), size), 3)


def test_the_accuracy_is_the_mean_of_the_categories_by_the_given_shares() -> None:
    answers, shares = draw(), np.array([0.2, 0.3, 0.5])
    recalls = [answers.is_right[answers.place == place].mean() for place in range(3)]
    assert answers.standardise(shares).value == pytest.approx(shares @ recalls)
    assert answers.beside(shares).value == pytest.approx(answers.accuracy - shares @ recalls)


def test_of_many_pictures_the_interval_is_that_of_a_stratified_sample() -> None:
    answers, shares = draw(3000), np.array([0.2, 0.3, 0.5])
    recalls, n = answers.found.mean, answers.counts
    reach = 1.96 * np.sqrt((shares**2 * recalls * (1 - recalls) / n).sum())
    found = answers.standardise(shares)
    assert (found.down, found.up) == pytest.approx((reach, reach), rel=0.03)


def test_copies_of_all_pictures_change_nothing_if_they_are_told() -> None:
    one, shares = draw(400), np.array([0.2, 0.3, 0.5])
    twice = (np.tile(one.is_right, 2), np.tile(one.place, 2))
    told = Answers.of(*twice, np.tile(one.unit, 2), 3)
    untold = Answers.of(*twice, np.arange(800), 3).standardise(shares)
    wanted = one.standardise(shares)
    assert told.standardise(shares).down == pytest.approx(wanted.down, rel=0.03)
    assert untold.down == pytest.approx(wanted.down / np.sqrt(2), rel=0.03)
    assert told.beside(shares).up == pytest.approx(one.beside(shares).up, rel=0.03)


def test_the_own_shares_leave_no_difference_but_other_pictures_would_come_in_others() -> None:
    answers = draw()
    found = answers.beside(answers.shares)
    assert found.value == pytest.approx(0)
    spread = (answers.found.mean[answers.place] - answers.accuracy).std()
    assert found.up == pytest.approx(1.96 * spread / np.sqrt(200), rel=0.02)


def test_all_right_is_no_proof_that_nothing_goes_wrong() -> None:
    answers = Answers.of(np.ones(30), np.arange(30) % 3, np.arange(30), 3)
    found = answers.standardise(np.array([0.6, 0.3, 0.1]))
    assert (found.value, found.up) == pytest.approx((1, 0))
    assert found.down > 0.15  # ten of ten right: Wilson's bound of each is 0.72
    assert answers.beside(np.array([0.6, 0.3, 0.1])).up > 0.05
    assert answers.only(np.array([True, False, True])).counts.tolist() == [10, 10]


def test_a_difference_reaches_as_far_as_both_sides_do() -> None:
    found = Estimate(0.8, 0.4, 0.1).minus(Estimate(0.5, 0.2, 0.3))
    assert found.value == pytest.approx(0.3)
    assert (found.down, found.up) == pytest.approx((0.5, np.hypot(0.1, 0.2)))
