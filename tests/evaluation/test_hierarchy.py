import numpy as np
import pytest

from pixonomy.evaluation.confusion import Confusion
from pixonomy.evaluation.hierarchy import measure_hierarchy

LABELS = ("red", "white", "tyre", "lamp")
PATHS = {
    "red": ["drinks", "wine", "red"],
    "white": ["drinks", "wine", "white"],
    "tyre": ["car", "wheels", "tyre"],
    "lamp": ["car", "wine", "lamp"],  # a branch of the same name below another one
}


def test_each_level_has_its_accuracy_and_mistakes_their_depth() -> None:
    truth = np.array([0, 0, 0, 2])
    predicted = np.array([0, 1, 3, 3])  # right, same branch, another, the same coarsest level
    found = measure_hierarchy(Confusion.of(truth, predicted, 4), LABELS, PATHS)
    assert found is not None
    assert [one.categories for one in found.levels] == [2, 3, 4]
    assert [one.share.accuracy for one in found.levels] == [0.75, 0.5, 0.25]
    assert found.depth == pytest.approx((3 + 2 + 0 + 1) / 4)
    assert found.depth_of_mistakes == pytest.approx((2 + 0 + 1) / 3)
    levels = found.as_json()["levels"]
    assert isinstance(levels, tuple)
    assert levels[0]["share"]["n"] == 4


def test_mistakes_at_random_lie_as_deep_as_chance_says() -> None:
    generator = np.random.default_rng(0)
    truth, predicted = generator.integers(0, 4, (2, 40_000))
    found = measure_hierarchy(Confusion.of(truth, predicted, 4), LABELS, PATHS)
    assert found is not None
    assert found.depth_of_mistakes == pytest.approx(found.depth_by_chance, abs=0.02)


def test_without_mistakes_they_have_no_depth() -> None:
    found = measure_hierarchy(Confusion.of(np.array([1]), np.array([1]), 4), LABELS, PATHS)
    assert found is not None
    assert (found.depth, found.depth_of_mistakes, found.depth_by_chance) == (3, None, None)


def test_categories_may_lie_at_different_depths() -> None:
    paths = {
        "red": ["drinks", "wine", "still", "red"],
        "white": ["drinks", "wine", "still", "white"],
        "tyre": ["car", "tyre"],
        "lamp": ["lamp"],
    }
    truth = np.array([0, 0, 2, 3])
    predicted = np.array([0, 1, 2, 2])  # right, three levels shared, right, none
    found = measure_hierarchy(Confusion.of(truth, predicted, 4), LABELS, paths)
    assert found is not None
    assert [one.categories for one in found.levels] == [3, 3, 3, 4]
    assert [one.share.accuracy for one in found.levels] == [0.75, 0.75, 0.75, 0.5]
    assert found.depth == pytest.approx((4 + 3 + 4 + 0) / 4)


@pytest.mark.parametrize("paths", [{}, {"red": ["red"]}, {label: [label] for label in LABELS}])
def test_without_a_tree_there_is_nothing_to_tell(paths: dict[str, list[str]]) -> None:
    assert measure_hierarchy(Confusion.of(np.array([0]), np.array([1]), 4), LABELS, paths) is None
