from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pixonomy.label_errors.noise_matrix import find_dependence, find_floor, guess_noise, read_labels

Answers = Callable[..., Any]


def test_the_way_labels_go_wrong_is_read_off_the_surest_pictures() -> None:
    generator = np.random.default_rng(0)
    true = np.arange(3000) % 3
    given = true.copy()
    flipped = (true == 0) & (generator.random(3000) < 0.3)
    given[flipped] = 1
    scores = (6 * np.eye(3)[true] + generator.normal(size=(3000, 3))).astype(np.float32)
    reading = read_labels([scores], np.ones(3, np.float32), given, guess_noise(3), np.ones(1))
    np.testing.assert_allclose(reading.noise[0], [0.7, 0.3, 0.0], atol=0.12)
    np.testing.assert_allclose(np.diag(reading.noise)[1:], 1.0, atol=0.03)
    wrong = 1 - reading.posterior[np.arange(3000), given]
    assert wrong[flipped].min() > 0.5 > wrong[~flipped].max()


def test_scores_that_say_nothing_get_no_weight() -> None:
    generator = np.random.default_rng(0)
    given = np.arange(600) % 3
    good = (3 * np.eye(3)[given] + generator.normal(size=(600, 3))).astype(np.float32)
    idle = generator.normal(size=(600, 3)).astype(np.float32)
    reading = read_labels(
        [good, idle], np.ones(3, np.float32), given, guess_noise(3), np.full(2, 0.5)
    )
    assert reading.weights[0] > 10 * reading.weights[1]


def test_a_category_that_nothing_is_taken_for_gets_the_noise_of_all() -> None:
    scores = np.zeros((50, 3), np.float32)
    scores[:, 0] = 5
    given = np.array([0] * 45 + [1] * 5)
    reading = read_labels([scores], np.ones(3, np.float32), given, guess_noise(3), np.ones(1))
    assert np.isfinite(reading.noise).all()
    np.testing.assert_allclose(reading.noise.sum(axis=1), 1.0, atol=1e-4)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_slips_lie_evenly_and_errors_of_people_do_not(answers: Answers, seed: int) -> None:
    found = []
    for by in (0.0, 3.0):
        scores, given, _ = answers(np.random.default_rng(seed), by)
        shares = np.ones(4, np.float32)
        found.append(read_labels([scores], shares, given, guess_noise(4), np.ones(1)).dependence)
    assert found[0] < 0.2
    assert found[1] > 0.8


def test_a_few_pictures_show_no_dependence() -> None:
    likely = np.full((12, 3), 0.05, np.float32)
    likely[:, 0] = np.linspace(0.9, 0.5, 12)
    given = np.array([0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    assert find_dependence(likely, given) == 0.0


def test_the_floor_is_what_the_surest_show_beyond_their_doubts() -> None:
    likely = np.full((1000, 2), 0.0, np.float32)
    likely[:, 0] = np.r_[np.full(100, 0.98), np.full(900, 0.6)]
    likely[:, 1] = 1 - likely[:, 0]
    given = np.zeros(1000, np.int64)
    given[:10] = 1  # 10 of the surest 50, and of the surest 100
    given[200:500] = 1
    assert find_floor(likely, given) == pytest.approx(0.1 - 0.02, abs=1e-6)
    assert find_floor(likely, np.zeros(1000, np.int64)) == 0.0


def test_slips_among_few_pictures_seldom_look_like_errors_of_people() -> None:
    generator = np.random.default_rng(3)
    likely = np.zeros((2000, 2), np.float32)
    likely[:, 0] = np.linspace(1.0, 0.6, 2000)
    likely[:, 1] = 1 - likely[:, 0]
    drawn = [(generator.random(2000) < 0.08).astype(np.int64) for _ in range(200)]
    found = np.array([find_dependence(likely, given) for given in drawn])
    assert (found > 0.2).mean() < 0.02  # an excess held to 40 ranks that lie evenly: 0.05
    many = np.tile(likely, (100, 1))
    slips = (generator.random(len(many)) < 0.08).astype(np.int64)
    assert find_dependence(many, slips) == 0.0


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_doubts_of_the_model_are_not_taken_for_errors_of_people(seed: int) -> None:
    generator = np.random.default_rng(seed)
    ranks = np.linspace(0, 1, 20_000)
    doubts = 0.64 * ranks**2
    likely = np.stack([1 - doubts, doubts], axis=1).astype(np.float32)
    is_misjudged = generator.random(len(ranks)) < doubts
    slips = generator.random(len(ranks)) < 0.02
    assert find_dependence(likely, (is_misjudged | slips).astype(np.int64)) == 0.0
    by_people = generator.random(len(ranks)) < 0.01 * (1 + 10 * ranks)
    assert find_dependence(likely, (is_misjudged | by_people).astype(np.int64)) == 1.0


def test_errors_are_held_to_depend_on_nothing_where_that_is_asked_for(answers: Answers) -> None:
    scores, given, _ = answers(np.random.default_rng(1), 3.0)
    start = ([scores], np.ones(4, np.float32), given, guess_noise(4), np.ones(1))
    assert read_labels(*start, may_depend=False).dependence == 0.0
    assert read_labels(*start).dependence > 0.8
