"""What logits of known pictures teach: temperature, thresholds, verdicts."""

import numpy as np
import numpy.typing as npt
import pytest

from pixonomy.bundle.calibrate import TARGET_ACCURACY, Calibration, calibrate
from pixonomy.inference.session import Outputs

Logits = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


def seen(logits: Logits, novelty: Logits | None = None) -> Outputs:
    return Outputs(logits, np.zeros((len(logits), 2), np.float32), novelty)


def draw(n: int, sharpness: float, seed: int = 0) -> tuple[Logits, Labels]:
    """Logits whose softmax is right by construction, made too sharp by a factor."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 1.5, (n, 4))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([generator.choice(4, p=share) for share in shares])
    return (sharpness * logits).astype(np.float32), labels


def calibrate_logits(logits: Logits, labels: Labels) -> Calibration:
    return calibrate(seen(logits), labels)


@pytest.mark.parametrize("sharpness", [0.25, 1.0, 5.0])
def test_the_temperature_undoes_too_sharp_and_too_flat_logits(sharpness: float) -> None:
    calibration = calibrate_logits(*draw(4000, sharpness))
    assert calibration.temperature == pytest.approx(sharpness, rel=0.12)
    assert calibration.n == 4000


def test_the_temperature_changes_no_answer() -> None:
    logits, labels = draw(200, 5.0)
    calibration = calibrate_logits(logits, labels)
    probabilities = calibration.probabilities(logits)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), logits.argmax(axis=1))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)


def test_sure_answers_reach_the_target_accuracy_on_the_calibration_pictures() -> None:
    logits, labels = draw(3000, 3.0)
    calibration = calibrate_logits(logits, labels)
    is_sure = np.array(calibration.verdicts(seen(logits))) == "sure"
    assert 0 < is_sure.sum() < len(labels)
    assert (logits.argmax(axis=1) == labels)[is_sure].mean() >= TARGET_ACCURACY


def test_where_answers_are_always_wrong_none_is_called_sure() -> None:
    logits, _ = draw(300, 1.0)
    wrong = (logits.argmax(axis=1) + 1) % 4
    verdicts = calibrate_logits(logits, wrong).verdicts(seen(logits))
    assert "sure" not in verdicts


def test_a_picture_with_less_energy_than_known_ones_is_none_of_the_categories() -> None:
    logits, labels = draw(500, 2.0)
    calibration = calibrate_logits(logits, labels)
    assert calibration.none_energy is not None
    assert calibration.verdicts(seen(np.full((1, 4), -20, np.float32))) == ["none"]
    assert calibration.verdicts(seen(logits)).count("none") <= 0.011 * len(labels)


@pytest.mark.parametrize("n", [0, 1, 19])
def test_too_few_pictures_leave_the_neutral_calibration(n: int) -> None:
    logits, labels = draw(20, 5.0)
    assert calibrate_logits(logits[:n], labels[:n]) == Calibration(n=n)


def test_the_neutral_calibration_never_says_none() -> None:
    verdicts = Calibration().verdicts(seen(np.array([[-900, -901], [5, -5]], np.float32)))
    assert verdicts == ["sure", "sure"]
    assert Calibration().verdicts(seen(np.zeros((1, 3), np.float32))) == ["unsure"]


def test_no_logits_have_no_probabilities() -> None:
    none = np.zeros((0, 3), np.float32)
    assert Calibration().probabilities(none).shape == (0, 3)
    assert Calibration().verdicts(seen(none)) == []


def test_log_probabilities_are_the_logarithms_and_stay_finite() -> None:
    calibration = Calibration(temperature=2.0)
    logits, _ = draw(50, 1.0)
    np.testing.assert_allclose(
        calibration.log_probabilities(logits), np.log(calibration.probabilities(logits))
    )
    extreme = np.array([[0.0, 5000.0]], np.float32)
    assert calibration.probabilities(extreme)[0, 0] == 0
    np.testing.assert_allclose(calibration.log_probabilities(extreme), [[-2500, 0]])


def test_where_novelty_is_told_it_decides_about_none() -> None:
    logits, labels = draw(500, 2.0)
    novelty = np.linspace(1, 3, 500, dtype=np.float32)
    calibration = calibrate(seen(logits, novelty), labels)
    assert calibration.verdicts(seen(logits, novelty)).count("none") == 5
    like = seen(np.full((1, 4), -20, np.float32), np.ones(1, np.float32))
    assert calibration.verdicts(like) == ["unsure"]
    unlike = seen(np.array([[20, 0, 0, 0]], np.float32), np.full(1, 4, np.float32))
    assert calibration.verdicts(unlike) == ["none"]


def test_a_lower_promise_calls_more_answers_sure_and_keeps_to_it_on_fresh_pictures() -> None:
    fresh, truth = draw(4000, 2.0, seed=99)
    is_right = fresh.argmax(axis=1) == truth
    draws = [draw(400, 2.0, seed) for seed in range(20)]
    shares = []
    for target in (0.9, 0.75):
        given = [calibrate(seen(logits), labels, target) for logits, labels in draws]
        sure = np.array([one.verdicts(seen(fresh)) for one in given]) == "sure"
        accuracies = [is_right[row].mean() for row in sure if row.any()]
        assert np.mean(accuracies) > target - 0.01
        shares.append(sure.mean())
    assert shares[1] > shares[0] > 0
