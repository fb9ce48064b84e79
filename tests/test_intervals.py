"""95 % intervals hold the truth in 95 of 100 draws, however alike a unit's pictures are."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from scipy.stats import binomtest

from pixonomy.intervals import (
    Doubles,
    Integers,
    measure_means,
    number_units,
    wilson_interval,
)

DRAWS = 600
SHARES = (0.6, 0.7, 0.8, 0.9, 0.95)
Sizes = Callable[[np.random.Generator], Integers]


def draw(
    generator: np.random.Generator, share: float, alike: float, sizes: Integers
) -> tuple[Doubles, Integers]:
    """Draw answers to pictures of units: each is its unit's own with the chance √alike.

    Two pictures of one unit then have the correlation `alike`.
    """
    units = np.repeat(np.arange(len(sizes)), sizes)
    of_unit = (generator.random(len(sizes)) < share)[units]
    own = generator.random(len(units)) < share
    is_shared = generator.random(len(units)) < np.sqrt(alike)
    return np.where(is_shared, of_unit, own).astype(float), units


def coverage(alike: float, sizes: Sizes, draws: int = DRAWS) -> list[float]:
    """Return how often the interval of each of `SHARES` holds it."""
    generator, held = np.random.default_rng(0), []
    for share in SHARES:
        hits = 0
        for _ in range(draws):
            (low,), (high,) = measure_means(
                *draw(generator, share, alike, sizes(generator))
            ).shares()
            hits += low <= share <= high
        held.append(hits / draws)
    return held


def geometric(generator: np.random.Generator) -> Integers:
    return generator.geometric(0.25, 100)


@pytest.mark.parametrize("alike", [0, 0.5, 1])
@pytest.mark.parametrize(
    "sizes", [lambda _: np.full(100, 4), lambda _: np.full(400, 1), geometric],
    ids=["100 products of four", "400 single pictures", "100 products of one to twenty"],
)  # fmt: skip
def test_the_interval_holds_the_truth_in_95_of_100_draws(alike: float, sizes: Sizes) -> None:
    held = coverage(alike, sizes)
    assert 0.93 <= np.mean(held) <= 0.97
    assert min(held) >= 0.915  # 600 draws of 0.935 give less once in forty times


def test_few_and_very_unequal_units_are_covered_too() -> None:
    for sizes in (np.full(5, 4), np.full(10, 4), (60 / np.arange(1, 51)).astype(int)):
        for alike in (0, 0.5, 1):
            assert np.mean(coverage(alike, lambda _, sizes=sizes: sizes, 150)) >= 0.93  # type: ignore[misc]


def test_pictures_taken_as_independent_were_covered_in_62_of_100_draws() -> None:
    generator, held = np.random.default_rng(0), 0
    for _ in range(300):
        is_right, _ = draw(generator, 0.8, 1.0, np.full(100, 4))
        low, high = wilson_interval(is_right.sum(), 400)
        held += low <= 0.8 <= high
    assert held / 300 < 0.75


def test_where_each_picture_stands_alone_it_is_wilsons() -> None:
    is_right = np.array([True] * 8 + [False] * 2)
    wanted = binomtest(8, 10).proportion_ci(method="wilson")
    for units in (None, np.arange(10)):
        (low,), (high,) = measure_means(is_right, units).shares()
        assert (low, high) == pytest.approx((wanted.low, wanted.high))


def test_pictures_that_are_all_alike_are_as_good_as_one() -> None:
    is_right = np.repeat(np.arange(50) < 40, 4)
    found = measure_means(is_right, np.repeat(np.arange(50), 4))
    assert found.units[0] == 50
    assert found.effective[0] == pytest.approx(50, rel=0.03)
    assert found.freedom[0] == pytest.approx(49)


def test_one_unit_is_one_observation_and_no_pictures_are_none() -> None:
    found = measure_means(np.ones(8), np.zeros(8, np.int64), np.zeros(8, np.int64), 2)
    low, high = found.shares()
    assert (low[0], high[0]) == pytest.approx(wilson_interval(1, 1))
    assert np.isnan(low[1])
    assert found.n.tolist() == [8, 0]


def test_sets_are_measured_each_for_itself() -> None:
    generator = np.random.default_rng(3)
    values, units = draw(generator, 0.7, 0.5, np.full(60, 3))
    sets = generator.integers(0, 3, 180)
    together = measure_means(values, units, sets, 3)
    for place in range(3):
        alone = measure_means(values[sets == place], units[sets == place])
        assert together.variance[place] == pytest.approx(alone.variance[0])
        assert together.freedom[place] == pytest.approx(alone.freedom[0])
        assert together.units[place] == alone.units[0]


def test_units_are_numbered_by_unit_or_else_group_and_a_null_is_its_own() -> None:
    table = pl.DataFrame({"group_id": ["b", "a", None, "b", None]})
    found = number_units(table)
    assert found is not None
    assert found[0] == found[3]
    assert len(set(found.tolist())) == 4
    tied = number_units(table.with_columns(unit=pl.lit("x")))
    assert tied is not None
    assert tied.tolist() == [0] * 5
    assert number_units(table.select(label="group_id")) is None
