import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from pixonomy.inference.temperature import fit_checked_temperature, fit_temperature


def draw(count: int, sharpness: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are `sharpness` times as large as they should be, and true labels."""
    generator = np.random.default_rng(seed)
    honest = generator.normal(0, 2, (count, 5))
    chances = softmax(honest, axis=1)
    labels = np.array([generator.choice(5, p=row) for row in chances])
    return (sharpness * honest).astype(np.float32), labels


@pytest.mark.parametrize("sharpness", [0.3, 1.0, 5.0])
def test_of_many_pictures_it_is_the_likeliest_temperature(sharpness: float) -> None:
    logits, labels = draw(3000, sharpness)

    def loss(temperature: float) -> float:
        logs = log_softmax(logits.astype(float) / temperature, axis=1)
        return -float(logs[np.arange(len(labels)), labels].mean())

    wanted = minimize_scalar(loss, bounds=(0.05, 20), method="bounded")
    temperature, found = fit_temperature(logits, labels)
    assert temperature == pytest.approx(wanted.x, rel=0.01)
    assert found == pytest.approx(loss(temperature), rel=1e-6)


def test_few_pictures_that_are_all_right_make_no_answer_certain() -> None:
    labels = np.arange(30) % 5
    logits = 8 * np.eye(5, dtype=np.float32)[labels]
    temperature, _ = fit_temperature(logits, labels)
    confidence = softmax(logits / temperature, axis=1).max(axis=1)
    np.testing.assert_allclose(confidence, 31 / 32, atol=1e-3)


def test_one_category_needs_no_temperature() -> None:
    temperature, loss = fit_temperature(np.ones((30, 1), np.float32), np.zeros(30, np.int64))
    assert 0 < temperature < 21
    assert loss == 0.0


@pytest.mark.parametrize("sharpness", [0.3, 5.0])
def test_a_temperature_that_suits_the_other_half_is_applied(sharpness: float) -> None:
    logits, labels = draw(400, sharpness)
    assert fit_checked_temperature(logits, labels) == fit_temperature(logits, labels)[0]


def test_a_temperature_that_makes_the_other_half_worse_is_not_applied() -> None:
    draws = [draw(60, 1.0, seed) for seed in range(40)]
    temperatures = np.array([fit_checked_temperature(*one) for one in draws])
    assert (temperatures == 1).mean() > 0.4  # honest logits: what is fitted is chance
    fresh, truth = draw(4000, 1.0, seed=99)

    def loss(temperature: float) -> float:
        logs = log_softmax(fresh.astype(float) / temperature, axis=1)
        return -float(logs[np.arange(len(truth)), truth].mean())

    unchecked = [fit_temperature(*one)[0] for one in draws]
    assert np.mean([*map(loss, temperatures)]) < np.mean([*map(loss, unchecked)])


def test_caution_on_few_pictures_that_are_all_right_is_kept() -> None:
    labels = np.arange(30) % 5
    logits = 8 * np.eye(5, dtype=np.float32)[labels]
    assert fit_checked_temperature(logits, labels) > 1


def test_pictures_of_one_product_do_not_check_each_others_temperature() -> None:
    draws = [draw(15, 1.0, seed) for seed in range(40)]
    four = [(np.repeat(one, 4, axis=0), np.repeat(labels, 4)) for one, labels in draws]
    units = np.repeat(np.arange(15), 4)
    are_fitted = [
        np.mean([fit_checked_temperature(*one, told) != 1 for one in four])
        for told in (units, None)
    ]
    # The logits are honest: what is fitted is chance, which copies would confirm.
    assert are_fitted[0] < 0.5
    assert are_fitted[1] > 0.6


def test_one_product_alone_has_nothing_to_check_a_temperature_with() -> None:
    logits, labels = draw(30, 5.0)
    assert fit_checked_temperature(logits, labels, np.zeros(30, np.int64)) == 1
