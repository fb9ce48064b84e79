import numpy as np
import polars as pl
import pytest

from pixonomy.evaluation.quantify import draw_shares, estimate_shares

LABELS = ("car", "home", "travel")


def answer_to(truth: np.ndarray, generator: np.random.Generator, skill: float = 2.0) -> np.ndarray:
    """Calibrated probabilities of a classifier that was taught with all categories alike often."""
    seen = generator.normal(np.eye(len(LABELS))[truth] * skill)
    weights = np.exp(skill * seen)  # of unit normals around 0 and `skill`: the exact posterior
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def table(truth: np.ndarray, probabilities: np.ndarray) -> pl.DataFrame:
    columns = {f"probability_{place}": probabilities[:, place] for place in range(len(LABELS))}
    return pl.DataFrame({"label": [LABELS[number] for number in truth], **columns})


def draw(shares: list[float], count: int, generator: np.random.Generator) -> np.ndarray:
    return generator.choice(len(LABELS), count, p=shares)


@pytest.mark.parametrize("sets", [8, pytest.param(40, marks=pytest.mark.slow)])
def test_on_sets_with_other_shares_the_error_is_at_most_half_and_intervals_hold(sets: int) -> None:
    generator = np.random.default_rng(0)
    counted, corrected, held = [], [], []
    for _ in range(sets):
        known = draw([1 / 3] * 3, 1500, generator)
        truth = draw(list(generator.dirichlet([1.0] * 3)), 1500, generator)
        first, second = (table(one, answer_to(one, generator)) for one in (known, truth))
        found = estimate_shares(first, second, LABELS)
        real = np.bincount(truth, minlength=3) / len(truth)
        counted.append([abs(one.counted - share) for one, share in zip(found, real, strict=True)])
        corrected.append([abs(one.share - share) for one, share in zip(found, real, strict=True)])
        held.append([one.low <= share <= one.high for one, share in zip(found, real, strict=True)])
    assert np.mean(corrected) <= 0.5 * np.mean(counted)
    assert 0.82 <= np.mean(held) <= 0.97  # intervals of 90 %, three of which move together


def test_shares_sum_to_one_and_lie_in_their_intervals() -> None:
    generator = np.random.default_rng(1)
    truth = draw([0.2, 0.3, 0.5], 300, generator)
    found = estimate_shares(table(truth, answer_to(truth, generator)),
                            table(truth, answer_to(truth, generator)), LABELS)  # fmt: skip
    assert [one.label for one in found] == list(LABELS)
    assert sum(one.share for one in found) == pytest.approx(1)
    assert all(0 <= one.low <= one.share <= one.high <= 1 for one in found)


def test_a_category_without_known_pictures_is_judged_by_the_probabilities() -> None:
    generator = np.random.default_rng(2)
    known = draw([0.5, 0.5, 0.0], 800, generator)
    truth = draw([0.2, 0.2, 0.6], 800, generator)
    first, second = (table(one, answer_to(one, generator, 4.0)) for one in (known, truth))
    found = estimate_shares(first, second, LABELS)
    assert found[2].share == pytest.approx(0.6, abs=0.08)


def test_the_same_pictures_give_the_same_shares() -> None:
    generator = np.random.default_rng(3)
    truth = draw([0.2, 0.3, 0.5], 100, generator)
    both = table(truth, answer_to(truth, generator))
    assert estimate_shares(both, both, LABELS) == estimate_shares(both, both, LABELS)


def test_exact_answers_leave_nothing_to_correct() -> None:
    spread = np.diag([500.0] * 3) + 1e-3
    drawn = draw_shares(spread, np.array([10, 30, 60]), np.random.default_rng(0))
    np.testing.assert_allclose(drawn.mean(axis=0), [0.1, 0.3, 0.6], atol=0.002)
