"""The interval of macro-F1 holds the truth about as often as it says."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from pixonomy.evaluation.confusion import Confusion
from pixonomy.evaluation.macro import macro_interval
from pixonomy.intervals import Integers, wilson_interval

RECALLS = np.array([0.95, 0.9, 0.85, 0.8, 0.7])


def draw(generator: np.random.Generator, units: int, size: int, alike: float) -> list[Integers]:
    """Draw the true and the given categories of pictures, and their units."""
    unit = np.repeat(np.arange(units), size)
    truth = generator.integers(0, 5, units)[unit]
    rolls, others = generator.random(units)[unit], generator.integers(1, 5, units)[unit]
    is_own = generator.random(len(unit)) >= np.sqrt(alike)
    rolls = np.where(is_own, generator.random(len(unit)), rolls)
    others = np.where(is_own, generator.integers(1, 5, len(unit)), others)
    return [truth, np.where(rolls < RECALLS[truth], truth, (truth + others) % 5), unit]


@pytest.mark.parametrize(
    "alike", [pytest.param(0, marks=pytest.mark.slow), 0.5, pytest.param(1, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(("units", "size"), [(100, 4), (400, 1)])
def test_the_interval_holds_the_truth(units: int, size: int, alike: float) -> None:
    generator = np.random.default_rng(1)
    truth, predicted, _ = draw(generator, 300_000, 1, 0)
    true, held = f1_score(truth, predicted, average="macro"), 0
    for _ in range(400):
        truth, predicted, unit = draw(generator, units, size, alike)
        low, high = macro_interval(truth, predicted, unit, Confusion.of(truth, predicted, 5))
        held += low <= true <= high
    assert 0.92 <= held / 400 <= 0.985


def test_a_flawless_answer_is_worth_its_units() -> None:
    truth = np.repeat(np.arange(2), 20)
    units = np.arange(40) // 4
    low, high = macro_interval(truth, truth, units, Confusion.of(truth, truth, 2))
    assert (low, high) == pytest.approx(wilson_interval(10, 10))


def test_one_picture_has_an_interval() -> None:
    one = np.zeros(1, np.int64)
    low, high = macro_interval(one, one, None, Confusion.of(one, one, 3))
    assert (low, high) == pytest.approx(wilson_interval(1, 1))
    low, high = macro_interval(one, one + 1, None, Confusion.of(one, one + 1, 3))
    assert (low, high) == pytest.approx(wilson_interval(0, 1))
