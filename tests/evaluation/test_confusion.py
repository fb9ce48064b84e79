import numpy as np

from pixonomy.evaluation.confusion import Confusion


def sample() -> Confusion:
    truth = np.array([0, 0, 1, 2, 2, 2, 1])
    return Confusion.of(truth, np.array([0, 1, 1, 0, 0, 2, 1]), 4)


def test_only_pairs_that_occur_are_held() -> None:
    assert sample().cells() == [[0, 0, 1], [0, 1, 1], [1, 1, 2], [2, 0, 2], [2, 2, 1]]
    assert sample().n == 7


def test_sums_are_those_of_the_whole_square() -> None:
    confusion = sample()
    whole = confusion.dense()
    np.testing.assert_array_equal(confusion.present, whole.sum(axis=1))
    np.testing.assert_array_equal(confusion.answered, whole.sum(axis=0))
    np.testing.assert_array_equal(confusion.right, np.diag(whole))


def test_mistakes_come_most_frequent_first() -> None:
    assert sample().mistakes().cells() == [[2, 0, 2], [0, 1, 1]]
    assert sample().mistakes(1).cells() == [[2, 0, 2]]


def test_no_picture_is_no_pair() -> None:
    nothing = Confusion.of(np.zeros(0, np.int64), np.zeros(0, np.int64), 3)
    assert (nothing.n, nothing.cells(), nothing.mistakes().cells()) == (0, [], [])
