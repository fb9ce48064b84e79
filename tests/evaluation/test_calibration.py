import numpy as np
import polars as pl
import pytest
from scipy.special import softmax

from pixonomy.evaluation.calibration import (
    CalibrationCheck,
    calibration_error,
    check_calibration,
    coverage_curve,
)
from pixonomy.prediction.predictions import STATED

LABELS = ("a", "b", "c")


def predict(n: int, temperature: float, sharpness: float = 1.0) -> pl.DataFrame:
    """Pictures whose true labels follow the probabilities of `logits / sharpness`."""
    generator = np.random.default_rng(0)
    logits = 3 * generator.standard_normal((n, 3))
    true = softmax(logits / sharpness, axis=1)
    truth = (true.cumsum(axis=1) < generator.random((n, 1))).sum(axis=1)
    told = softmax(logits / temperature, axis=1)
    columns = {f"probability_{k}": told[:, k] for k in range(3)}
    labels = [LABELS[k] for k in truth]
    return pl.DataFrame(
        {"label": labels, "predicted": [LABELS[k] for k in told.argmax(axis=1)], **columns}
    )


def check(predictions: pl.DataFrame, temperature: float) -> CalibrationCheck:
    found = check_calibration(predictions, LABELS, temperature)
    assert found is not None
    return found


def test_the_error_of_a_hand_worked_case() -> None:
    confidence = np.array([0.95, 0.95, 0.55, 0.55])
    is_right = np.array([True, True, True, False])
    assert calibration_error(confidence, is_right) == pytest.approx((0.1 + 0.1) / 4)


def test_confidences_that_hold_err_no_more_than_chance() -> None:
    found = check(predict(4000, 1.0), 1.0)
    assert found.after.error < 1.6 * found.after.error_by_chance
    assert found.after.error_low <= found.after.error_by_chance
    assert found.before.error == pytest.approx(found.after.error)
    assert found.before.log_loss == pytest.approx(found.after.log_loss)


def test_a_temperature_is_seen_before_and_after() -> None:
    found = check(predict(4000, 3.0, sharpness=3.0), 3.0)
    assert found.before.error > 0.1 > 3 * found.after.error
    assert found.before.log_loss > found.after.log_loss + 0.1


def test_the_interval_of_the_error_narrows_with_pictures() -> None:
    few, many = (check(predict(n, 1.0), 1.0).after for n in (100, 5000))
    assert many.error_high - many.error_low < (few.error_high - few.error_low) / 3


@pytest.mark.parametrize(("units", "size"), [(100, 4), (400, 1)])
@pytest.mark.parametrize("too_sure", [0.0, 0.3])
def test_the_interval_of_the_error_holds_the_truth(units: int, size: int, too_sure: float) -> None:
    generator = np.random.default_rng(6)

    def draw(count: int, tied: int) -> tuple[np.ndarray, np.ndarray]:
        """Confidences of pictures of a product are the same, and so are outcomes of half."""
        confidence = np.repeat(generator.beta(4, 1.3, count), tied)
        rolls = np.repeat(generator.random(count), tied)
        is_own = generator.random(count * tied) < np.sqrt(0.5)
        rolls = np.where(is_own, generator.random(count * tied), rolls)
        return confidence, rolls < confidence - too_sure * np.maximum(confidence - 0.4, 0)

    true, held = calibration_error(*draw(300_000, 1)), 0
    for _ in range(25):
        confidence, is_right = draw(units, size)
        table = pl.DataFrame(
            {
                "unit": np.repeat(np.arange(units), size),
                "label": "a",
                "predicted": pl.Series(is_right).replace_strict({True: "a", False: "b"}),
                "confidence": confidence,
                **dict.fromkeys(STATED, confidence),
            }
        )
        after = check(table, 1.0).after
        held += after.error_low - 0.003 <= true <= after.error_high
    assert held >= 22  # of 25


def test_the_curve_falls_from_the_surest_pictures_to_the_accuracy_of_all() -> None:
    predictions = predict(2000, 1.0)
    found = check(predictions, 1.0)
    accuracy = (predictions["label"] == predictions["predicted"]).mean()
    assert found.curve[-1].coverage == 1.0
    assert found.curve[-1].accuracy == pytest.approx(accuracy)
    assert found.curve[0].accuracy > 0.95
    confidences = [one.confidence for one in found.curve]
    assert confidences == sorted(confidences, reverse=True)


def test_one_picture_is_enough() -> None:
    (first, *_, last) = coverage_curve(np.array([0.7]), np.array([True]))
    assert first.accuracy == last.accuracy == 1.0
    found = check(predict(1, 1.0), 1.0)
    assert found.n == sum(one.n for one in found.bins) == 1


def test_bins_hold_all_pictures_and_no_empty_one() -> None:
    found = check(predict(500, 1.0), 1.0)
    assert sum(one.n for one in found.bins) == 500
    assert all(one.n and 0 < one.confidence <= 1 for one in found.bins)


def test_what_is_stated_of_each_picture_gives_the_same_as_all_probabilities() -> None:
    predictions = predict(500, 2.0)
    told = predictions.select(pl.col("^probability_.*$")).to_numpy()
    raw = softmax(2.0 * np.log(told), axis=1)
    truth = [LABELS.index(label) for label in predictions["label"]]
    rows = np.arange(500)
    values = (told[rows, truth], raw.max(axis=1), raw[rows, truth])
    few = predictions.select("label", "predicted", confidence=told.max(axis=1)).with_columns(
        pl.Series(name, value) for name, value in zip(STATED, values, strict=True)
    )
    one, other = check(predictions, 2.0), check(few, 2.0)
    assert one.after.log_loss == pytest.approx(other.after.log_loss)
    assert one.before.error == pytest.approx(other.before.error)
    assert one.curve[-1] == other.curve[-1]
    assert check_calibration(predictions.select("label", "predicted"), LABELS, 1.0) is None
