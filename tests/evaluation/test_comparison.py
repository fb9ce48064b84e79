import numpy as np
import pytest

from compared_runs import contender
from pixonomy.evaluation.comparison import (
    compare_with_best,
    compare_with_first,
    holm,
)


def test_pictures_that_only_one_answers_are_counted() -> None:
    first, second = np.ones(40, bool), np.ones(40, bool)
    first[:12], second[38:] = False, False
    (found,) = compare_with_first([contender("a", first), contender("b", second)])
    assert (found.only_first, found.only_second) == (2, 12)
    assert found.difference.difference == pytest.approx(10 / 40)
    assert found.is_clear


def test_runs_on_different_pictures_are_compared_apart() -> None:
    right = np.arange(40) % 4 > 0
    (found,) = compare_with_first([contender("a", right), contender("b", right, "other ")])
    assert not found.difference.is_paired
    assert found.only_first is None
    assert not found.is_clear


def test_holm_counts_several_tests_as_several() -> None:
    # Worked by hand: 0.01 x 3, 0.03 x 2, 0.04 x 1 but not below the one before.
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_the_best_run_is_found_wherever_it_stands() -> None:
    bad, good = np.arange(40) < 20, np.arange(40) < 39
    best, beside = compare_with_best(
        [contender("a", bad), contender("b", good), contender("c", np.arange(40) < 38)]
    )
    assert best == 1
    assert [(one.name, one.is_clear) for one in beside] == [("a", True), ("c", False)]


def test_the_best_of_many_is_compared_as_one_of_all_pairs() -> None:
    runs = [contender(str(n), np.arange(40) < n) for n in (39, 30, 30, 30)]
    best, beside = compare_with_best(runs)
    alone = compare_with_best(runs[:2])[1][0]
    assert best == 0
    assert beside[0].adjusted == pytest.approx(6 * alone.adjusted)  # of four runs: six pairs
