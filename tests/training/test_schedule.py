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
