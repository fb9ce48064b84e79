import numpy as np
import pytest

from pixonomy.label_errors.threshold import choose_threshold, expected_f1


def test_few_certain_answers_are_cut_in_the_middle() -> None:
    assert choose_threshold(np.array([1.0] + [0.0] * 199)) == pytest.approx(0.5, abs=0.01)


def test_no_labels_leave_the_cut_in_the_middle() -> None:
    assert choose_threshold(np.zeros(0)) == 0.5


def test_the_more_labels_seem_wrong_the_lower_the_cut() -> None:
    cuts = [choose_threshold(np.array([1.0] * n + [0.0] * (100 - n))) for n in (5, 20, 40, 90)]
    assert cuts == sorted(cuts, reverse=True)
    assert cuts[-1] == pytest.approx(0.125)


def test_the_harder_wrong_labels_are_to_tell_the_lower_the_cut() -> None:
    sure, vague = np.array([0.9] * 5 + [0.1] * 20), np.array([0.6] * 5 + [0.3] * 20)
    assert choose_threshold(vague) < choose_threshold(sure) < 0.5


def test_the_expected_f1_is_that_of_the_best_number_of_suspects() -> None:
    wrong = np.array([0.9, 0.8, 0.1])
    assert expected_f1(wrong) == pytest.approx(2 * 1.7 / (2 + 1.8))


def test_labels_that_are_surely_right_leave_nothing_to_find() -> None:
    assert expected_f1(np.zeros(3)) == 1.0


def test_where_errors_depend_on_the_picture_the_cut_is_lower() -> None:
    wrong = np.array([0.9] * 10 + [0.2] * 40 + [0.0] * 50)
    assert choose_threshold(wrong, 1.0) < choose_threshold(wrong, 0.5) < choose_threshold(wrong)
