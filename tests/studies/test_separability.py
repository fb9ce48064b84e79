import numpy as np
import polars as pl
import pytest

from pixonomy.studies.separability import separability


def look(spread: float, count: int = 60) -> float:
    generator = np.random.default_rng(0)
    truth = np.arange(count) % 3
    vectors = np.eye(8)[truth] + generator.normal(0, spread, (count, 8))
    return separability(
        vectors.astype(np.float32), pl.Series(map(str, truth)), pl.Series(range(count))
    ).score


def test_categories_that_stand_apart_score_one_and_mixed_ones_nothing() -> None:
    assert look(0.01) == 1.0
    assert abs(look(100.0)) < 0.3
    assert look(0.01) > look(0.6) > look(100.0)


def test_the_closest_pair_is_named() -> None:
    generator = np.random.default_rng(0)
    middles = np.array([[1.0, 0.0, 0.0], [0.9, 0.1, 0.0], [0.0, 0.0, 1.0]])
    truth = np.arange(90) % 3
    vectors = middles[truth] + generator.normal(0, 0.15, (90, 3))
    labels = pl.Series(["ale", "beer", "chair"])[truth.tolist()]
    found = separability(vectors.astype(np.float32), labels, pl.Series(range(90)))
    assert found.closest == ("ale", "beer")
    assert found.n == 90


def test_pictures_of_one_product_do_not_vote_for_each_other() -> None:
    generator = np.random.default_rng(0)
    products = generator.normal(size=(20, 16))
    vectors = np.repeat(products, 6, axis=0).astype(np.float32)
    labels = pl.Series([str(number % 2) for number in range(20) for _ in range(6)])
    units = pl.Series([number for number in range(20) for _ in range(6)])
    alone = separability(vectors, labels, pl.Series(range(120))).score
    assert alone == pytest.approx(1.0)  # each finds its own product
    assert separability(vectors, labels, units).score < 0.6
