import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from pixonomy.evaluation.difference import compare_apart, compare_paired, flip_signs


def answers(first: list[bool], second: list[bool], groups: list[int] | None = None) -> pl.DataFrame:
    groups = groups or list(range(len(first)))
    return pl.DataFrame({"group_id": groups, "first": first, "second": second})


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_single_pictures_are_compared_by_mcnemars_exact_test(
    outcomes: list[tuple[bool, bool]],
) -> None:
    first, second = (list(side) for side in zip(*outcomes, strict=True))
    found = compare_paired(answers(first, second))
    gained = sum(b and not a for a, b in outcomes)
    lost = sum(a and not b for a, b in outcomes)
    wanted = binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    assert found.chance == pytest.approx(wanted)
    assert found.difference == pytest.approx((gained - lost) / len(outcomes))
    assert found.low <= found.difference + 1e-9
    assert found.high >= found.difference - 1e-9


def test_flipped_signs_of_unequal_groups_are_counted_as_all_ways_to_flip_them() -> None:
    gains = np.array([3.0, 1.0, 2.0, -1.0, 2.0])
    ways = np.array(np.meshgrid(*[[-1, 1]] * 5)).reshape(5, -1).T @ gains
    wanted = (np.abs(ways) >= abs(gains.sum()) - 1e-9).mean()
    assert flip_signs(gains, np.random.default_rng(0)) == pytest.approx(wanted, abs=0.02)


def test_pictures_of_one_group_count_as_one_observation() -> None:
    gain = [True] * 10 + [False] * 30
    alone = compare_paired(answers([False] * 40, gain))
    in_groups = compare_paired(answers([False] * 40, gain, [place // 10 for place in range(40)]))
    assert alone.chance < 0.01
    assert in_groups.chance == 1.0  # one group of four has changed
    assert in_groups.high - in_groups.low > 1.5 * (alone.high - alone.low)
    assert (in_groups.groups, in_groups.n) == (4, 40)


def test_nineteen_intervals_of_twenty_hold_the_true_difference() -> None:
    generator = np.random.default_rng(1)
    held = []
    for _ in range(200):
        sides = [generator.random(150) < share for share in (0.7, 0.8)]
        tables = [pl.DataFrame({"group_id": range(150), "is_right": side}) for side in sides]
        found = compare_apart(*tables)
        held.append(found.low <= 0.1 <= found.high)
    assert 0.90 <= np.mean(held) <= 0.99


def test_one_chance_of_twenty_is_below_five_per_cent_where_nothing_differs() -> None:
    generator = np.random.default_rng(2)
    chances = []
    for _ in range(200):
        sides = [generator.random(150) < 0.75 for _ in range(2)]
        tables = [pl.DataFrame({"group_id": range(150), "is_right": side}) for side in sides]
        chances.append(compare_apart(*tables).chance)
    assert 0.02 <= np.mean(np.array(chances) < 0.05) <= 0.09


def test_the_smallest_difference_is_found_four_times_in_five() -> None:
    generator = np.random.default_rng(3)
    smallest = compare_apart(
        *(
            pl.DataFrame({"group_id": range(200), "is_right": generator.random(200) < 0.7})
            for _ in "ab"
        )
    ).smallest
    found = []
    for _ in range(200):
        sides = [generator.random(200) < share for share in (0.7, 0.7 + smallest)]
        tables = [pl.DataFrame({"group_id": range(200), "is_right": side}) for side in sides]
        found.append(compare_apart(*tables).chance < 0.05)
    assert 0.7 <= np.mean(found) <= 0.95


def test_equal_answers_to_few_pictures_do_not_prove_that_nothing_differs() -> None:
    found = compare_paired(answers([True, False, True], [True, False, True]))
    assert (found.difference, found.chance) == (0.0, 1.0)
    assert found.low == -found.high < -0.3
    many = compare_paired(answers([True] * 1000, [True] * 1000))
    assert 0.002 < many.high < 0.005  # three in a thousand: the rule of three


def draw_pair(generator: np.random.Generator, alike: float, gain: float) -> pl.DataFrame:
    """100 products of four pictures; the second is right of one in ten and `gain` more."""
    unit = np.repeat(np.arange(100), 4)
    chances = [1 - 0.1 - gain - 0.1, 0.1, 0.1 + gain]  # alike, only the first, only the second
    of_unit = generator.choice(3, 100, p=chances)[unit]
    own = generator.choice(3, 400, p=chances)
    outcome = np.where(generator.random(400) < np.sqrt(alike), of_unit, own)
    return pl.DataFrame({"group_id": unit, "first": outcome == 1, "second": outcome == 2})


@pytest.mark.parametrize(
    "alike", [pytest.param(0, marks=pytest.mark.slow), 0.5, pytest.param(1, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("gain", [0.0, 0.1])
def test_pairs_of_products_are_covered_in_95_of_100_draws(alike: float, gain: float) -> None:
    generator = np.random.default_rng(4)
    found = [compare_paired(draw_pair(generator, alike, gain)) for _ in range(200)]
    held = np.mean([one.low <= gain <= one.high for one in found])
    assert 0.92 <= held <= 0.99


@pytest.mark.parametrize(
    "alike", [pytest.param(0, marks=pytest.mark.slow), 0.5, pytest.param(1, marks=pytest.mark.slow)]
)
def test_products_apart_are_covered_in_95_of_100_draws(alike: float) -> None:
    generator, held = np.random.default_rng(5), 0
    unit = np.repeat(np.arange(100), 4)
    for _ in range(300):
        tables = []
        for share in (0.7, 0.8):
            is_tied = generator.random(400) < np.sqrt(alike)
            rolls = np.where(is_tied, generator.random(100)[unit], generator.random(400))
            tables.append(pl.DataFrame({"group_id": unit, "is_right": rolls < share}))
        found = compare_apart(*tables)
        held += found.low <= 0.1 <= found.high
    assert 0.925 <= held / 300 <= 0.98
