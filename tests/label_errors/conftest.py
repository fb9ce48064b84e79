"""Answers of a classifier about labels of which some are wrong."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


def draw(generator: np.random.Generator, by: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw log-probabilities, given labels and true ones; see `answers`."""
    count, categories = 8000, 4
    hard = generator.random(count) ** 2
    true = np.arange(count) % categories
    other = (true + generator.integers(1, categories, count)) % categories
    sure, rows = 9 * (1 - hard), np.arange(count)
    scores = generator.normal(size=(count, categories))
    scores[rows, true] += sure
    odds = hard**by
    given = np.where(generator.random(count) < 0.08 * odds / odds.mean(), other, true)
    scores[rows, given] += hard  # what the model has learnt of such errors
    return scores.astype(np.float32), given, true


@pytest.fixture(scope="session")
def answers() -> Callable[..., Any]:
    """Return what draws answers about 8,000 pictures, 8 % of them wrong.

    `by` 0: the wrong ones lie anywhere; above: the more where a picture is hard.
    """
    return draw
