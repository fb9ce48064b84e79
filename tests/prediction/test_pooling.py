"""Pictures of a group become one answer, however they are portioned."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.bundle.calibrate import Calibration
from pixonomy.errors import SettingError
from pixonomy.prediction.pooling import (
    NO_PREDICTION,
    POOLINGS,
    Aggregation,
    Pooling,
    check_pooling,
    score,
)

# Three pictures of one group, which each way of pooling answers otherwise.
#   mean log-probability  -1.64, -2.90, -1.30
#   mean probability       0.41,  0.29,  0.30
#   highest probability    0.68,  0.83,  0.45
PICTURES = np.array([[0.02, 0.83, 0.15], [0.68, 0.02, 0.30], [0.54, 0.01, 0.45]])


def pool(
    pooling: Pooling, logits: np.ndarray, groups: list[int], cuts: tuple[int, ...] = ()
) -> list[int]:
    """Pool logits (n, k) in portions that end at `cuts`."""
    pooled = Aggregation(pooling, max(groups, default=-1) + 1)
    numbers, scores = np.array(groups, np.int64), score(pooling, Calibration(), logits)
    for start, end in pairwise((0, *sorted(cuts), len(groups))):
        pooled.add(numbers[start:end], scores[start:end])
    return [int(winner) for winner in pooled.most_likely]


def pool_by_hand(pooling: str, images: list[list[float]]) -> list[float]:
    """Return what each category of one group's probabilities comes to, in plain Python."""
    categories = list(zip(*images, strict=True))
    if pooling == "mean_log":
        return [sum(map(math.log, one)) / len(one) for one in categories]
    if pooling == "mean":
        return [sum(one) / len(one) for one in categories]
    return [max(one) for one in categories]


@pytest.mark.parametrize(("pooling", "winner"), [("mean_log", 2), ("mean", 0), ("max", 1)])
def test_each_way_of_pooling_has_the_winner_worked_out_by_hand(
    pooling: Pooling, winner: int
) -> None:
    logits = np.log(PICTURES).astype(np.float32)
    assert pool(pooling, logits, [0, 0, 0]) == [winner]
    by_hand = pool_by_hand(pooling, PICTURES.tolist())
    assert by_hand.index(max(by_hand)) == winner


@given(data=st.data())
@settings(deadline=None)
def test_portions_of_any_size_give_what_whole_groups_give(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(1, 5), max_size=8))
    groups = [number for number, size in enumerate(sizes) for _ in range(size)]
    categories = data.draw(st.integers(1, 6))
    seed = data.draw(st.integers(0, 2**32 - 1))
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 5, (len(groups), categories)).astype(np.float32)
    cuts = data.draw(st.lists(st.integers(0, len(groups)), max_size=6))
    pooling: Pooling = data.draw(st.sampled_from(POOLINGS))

    most_likely = pool(pooling, logits, groups, tuple(cuts))

    probabilities = Calibration().probabilities(logits)
    for number, winner in enumerate(most_likely):
        rows = probabilities[np.array(groups) == number].tolist()
        by_hand = pool_by_hand(pooling, rows)
        assert by_hand[winner] >= max(by_hand) - 1e-9


def test_a_group_without_a_picture_has_no_winner() -> None:
    pooled = Aggregation("mean", 4)
    pooled.add(np.array([1, 3]), np.array([[0.4, 0.6], [0.9, 0.1]]))
    assert pooled.most_likely.tolist() == [NO_PREDICTION, 1, NO_PREDICTION, 0]


def test_pictures_that_rule_a_category_out_beyond_all_doubt_are_pooled_too() -> None:
    # A probability of exp(-2000) is zero in float64, and its logarithm would be minus infinity.
    logits = np.array([[0, -2000, -900], [-2000, 0, -900]], np.float32)
    assert pool("mean_log", logits, [0, 0]) == [2]


def test_the_first_of_equal_categories_wins() -> None:
    logits = np.zeros((3, 4), np.float32)
    assert [pool(one, logits, [0, 0, 1], (1,)) for one in ("mean_log", "mean", "max")] == [
        [0, 0],
        [0, 0],
        [0, 0],
    ]


def test_an_unknown_way_of_pooling_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingError, match="mean_log, mean, max, not by 'median'"):
        check_pooling("median")
