import pytest

from pixonomy.errors import SettingError
from pixonomy.training.recipe import Recipe
from pixonomy.training.schedule import learning_rate


def test_the_rate_climbs_to_its_height_and_falls_to_nothing() -> None:
    recipe = Recipe(learning_rate=1.0, warmup=0.1)
    rates = [learning_rate(recipe, step, 100) for step in range(100)]
    assert rates[:10] == [(step + 1) / 10 for step in range(10)]
    assert max(rates) == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] < 0.001


def test_no_warm_up_starts_at_full_height() -> None:
    assert learning_rate(Recipe(learning_rate=0.5, warmup=0.0), 0, 10) == 0.5


def test_one_cycle_falls_in_a_straight_line() -> None:
    recipe = Recipe(learning_rate=1.0, warmup=0.2, schedule="linear")
    rates = [learning_rate(recipe, step, 10) for step in range(10)]
    assert rates[:2] == [0.5, 1.0]
    assert rates[2:] == pytest.approx([1 - step / 8 for step in range(8)])


def test_an_unknown_schedule_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingError, match="one of cosine, linear"):
        Recipe(schedule="exponential")
