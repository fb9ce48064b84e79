"""What logits of known pictures teach: temperature, thresholds, verdicts."""

import numpy as np
import numpy.typing as npt
import pytest

from pixonomy.bundle.calibrate import (
    NEVER_SURE,
    TARGET_ACCURACY,
    Calibration,
    calibrate,
    count_needed,
    explain_never_sure,
    name_grounds,
)
from pixonomy.inference.session import Outputs

Logits = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

SOAK = pytest.mark.soak
FEW = ((15, 1.0), (50, 0.5), (100, 0.0))  # for every change; all of them by `make soak`


def seen(logits: Logits, novelty: Logits | None = None) -> Outputs:
    return Outputs(logits, np.zeros((len(logits), 2), np.float32), novelty)


def draw(n: int, sharpness: float, seed: int = 0, spread: float = 1.5) -> tuple[Logits, Labels]:
    """Logits whose softmax is right by construction, made too sharp by a factor.

    A spread of 1.5 makes answers right in 60 of 100 cases, one of 4 in 80.
    """
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, spread, (n, 4))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (shares.cumsum(axis=1) > generator.random((n, 1))).argmax(axis=1)
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
    logits, labels = draw(3000, 3.0, spread=4)
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
    assert verdicts == ["unsure", "unsure"]
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
    fresh, truth = draw(4000, 2.0, seed=99, spread=4)
    is_right = fresh.argmax(axis=1) == truth
    draws = [draw(400, 2.0, seed, spread=4) for seed in range(20)]
    shares = []
    for target in (0.9, 0.75):
        given = [calibrate(seen(logits), labels, target) for logits, labels in draws]
        sure = np.array([one.verdicts(seen(fresh)) for one in given]) == "sure"
        accuracies = [is_right[row].mean() for row in sure if row.any()]
        assert np.mean(accuracies) > target - 0.01
        shares.append(sure.mean())
    assert shares[1] > shares[0] > 0


@pytest.mark.parametrize("n", [0, 10, 19])
def test_without_evidence_no_answer_is_sure_not_even_by_a_bundle_that_says_so(n: int) -> None:
    certain = seen(np.array([[1000, 0, 0, 0]], np.float32))
    assert Calibration(sure=0.5, n=n).verdicts(certain) == ["unsure"]
    logits, labels = draw(n, 1.0, spread=50)
    assert calibrate_logits(logits, labels).verdicts(certain) == ["unsure"]


def test_where_nothing_is_sure_a_confidence_that_rounds_to_one_is_not_either() -> None:
    logits, _ = draw(300, 1000.0)
    wrong = (logits.argmax(axis=1) + 1) % 4
    calibration = calibrate_logits(logits, wrong)
    certain = seen(np.array([[1e6, 0, 0, 0]], np.float32))
    assert calibration.probabilities(certain.logits).max() == 1
    assert calibration.sure == NEVER_SURE
    assert "sure" not in calibration.verdicts(certain)


def test_forty_five_right_answers_of_as_many_show_ninety_five_per_cent_and_fewer_do_not() -> None:
    assert count_needed(0.95) == 45  # 0.1 = 0.95 ** 44.9
    for n, is_ever_sure in ((44, False), (45, True)):
        labels = np.arange(n) % 4
        logits = 9 * np.eye(4, dtype=np.float32)[labels]
        assert calibrate_logits(logits, labels).is_ever_sure == is_ever_sure


def test_where_nothing_is_sure_one_sentence_says_why_and_what_to_do() -> None:
    few = explain_never_sure(Calibration(n=30))
    assert few is not None
    assert "calibrated on 30 pictures" in few
    assert "at least 45; give more validation pictures" in few
    many = explain_never_sure(Calibration(n=500))
    assert many is not None
    assert "no confidence was shown" in many
    assert explain_never_sure(Calibration(n=500, sure=0.9)) is None


def keep_promises(draws: list[tuple[Logits, Labels]], fresh: Logits) -> list[bool]:
    """Return of each draw whether what it makes sure of fresh pictures is right as promised."""
    return are_kept([calibrate_logits(*one) for one in draws], fresh)


def are_kept(calibrations: list[Calibration], fresh: Logits) -> list[bool]:
    """Return whether what each calibration makes sure of fresh pictures is right as promised.

    The chances of being right are known exactly, for `fresh` is drawn at a sharpness of 2.
    """
    chances = Calibration(temperature=2.0).probabilities(fresh).max(axis=1)
    kept = []
    for calibration in calibrations:
        sure = chances[np.array(calibration.verdicts(seen(fresh))) == "sure"]
        kept.append(not len(sure) or bool(sure.mean() >= TARGET_ACCURACY))
    return kept


@pytest.mark.parametrize("n", [10, 20, 50, 200])
def test_at_most_one_run_in_ten_promises_more_than_its_sure_answers_keep(n: int) -> None:
    draws = [draw(n, 2.0, seed, spread=4) for seed in range(60)]
    assert np.mean(keep_promises(draws, draw(4000, 2.0, seed=999, spread=4)[0])) >= 0.9


@pytest.mark.parametrize(
    "n", [pytest.param(n, marks=pytest.mark.slow if n == 50 else SOAK) for n in (20, 50, 200, 1000)]
)
def test_of_three_hundred_runs_at_most_one_in_ten_promises_too_much(n: int) -> None:
    draws = [draw(n, 2.0, seed, spread=4) for seed in range(300)]
    assert np.mean(keep_promises(draws, draw(20_000, 2.0, seed=999, spread=4)[0])) >= 0.9


def draw_products(count: int, alike: float, seed: int) -> tuple[Logits, Labels, Labels]:
    """Products of four pictures whose logits and labels correlate by `alike`; and the units."""
    own, of_product = draw(4 * count, 2.0, seed, 4), draw(count, 2.0, seed + 10_000, 4)
    unit = np.repeat(np.arange(count), 4)
    is_tied = np.random.default_rng(seed).random(4 * count) < np.sqrt(alike)
    logits = np.where(is_tied[:, None], of_product[0][unit], own[0])
    return logits, np.where(is_tied, of_product[1][unit], own[1]), unit


def share_kept(count: int, alike: float, runs: int, fresh: Logits, are_told: bool) -> float:
    """Return in how many runs, calibrated on products, sure answers are right as promised."""
    calibrations = []
    for seed in range(runs):
        logits, labels, units = draw_products(count, alike, seed)
        told = units if are_told else None
        calibrations.append(calibrate(seen(logits), labels, units=told))
    return float(np.mean(are_kept(calibrations, fresh)))


def test_pictures_of_one_product_are_no_evidence_of_their_own() -> None:
    fresh = draw(4000, 2.0, seed=999, spread=4)[0]
    assert share_kept(100, 1.0, 40, fresh, are_told=True) >= 0.9
    assert share_kept(100, 1.0, 40, fresh, are_told=False) < 0.85


@pytest.mark.parametrize(
    ("count", "alike"),
    [
        pytest.param(count, alike, marks=pytest.mark.slow if (count, alike) in FEW else SOAK)
        for count in (15, 50, 100, 250)
        for alike in (0.0, 0.5, 1.0)
    ],
)
def test_of_three_hundred_runs_on_products_at_most_one_in_ten_promises_too_much(
    count: int, alike: float
) -> None:
    fresh = draw(20_000, 2.0, seed=999, spread=4)[0]
    assert share_kept(count, alike, 300, fresh, are_told=True) >= 0.9


@pytest.mark.parametrize(("products", "is_ever_sure"), [(44, False), (45, True)])
def test_it_takes_as_many_products_as_single_pictures_to_be_sure(
    products: int, is_ever_sure: bool
) -> None:
    units = np.repeat(np.arange(products), 4)
    labels = units % 4
    logits = 9 * np.eye(4, dtype=np.float32)[labels]
    assert calibrate(seen(logits), labels, units=units).is_ever_sure == is_ever_sure
    assert calibrate(seen(logits), labels).is_ever_sure


def test_what_is_said_of_too_little_evidence_counts_products() -> None:
    told = explain_never_sure(Calibration(n=120), units=30)
    assert told is not None
    assert "120 pictures of 30 products, bursts or sets of copies" in told
    assert "takes at least 45 of these; give more validation pictures." in told
    enough = explain_never_sure(Calibration(n=1200), units=300)
    assert enough is not None
    assert "on the 1,200 pictures of 300 products, bursts or sets of copies" in enough


def test_a_network_trained_on_noise_is_never_sure_of_new_noise() -> None:
    generator = np.random.default_rng(0)
    for n in (10, 20, 60, 300):
        logits = generator.normal(0, 3, (n, 2)).astype(np.float32)
        calibration = calibrate_logits(logits, generator.integers(0, 2, n))
        noise = generator.normal(0, 3, (40, 2)).astype(np.float32)
        assert "sure" not in calibration.verdicts(seen(noise))


def test_thousands_of_pictures_keep_nine_tenths_of_the_sure_answers_that_exact_knowledge_has() -> (
    None
):
    logits, labels = draw(5000, 2.0, spread=4)
    verdicts = calibrate_logits(logits, labels).verdicts(seen(logits))
    surest = np.sort(Calibration(temperature=2.0).probabilities(logits).max(axis=1))[::-1]
    means = surest.cumsum() / np.arange(1, 5001)
    assert verdicts.count("sure") >= 0.9 * (means >= TARGET_ACCURACY).sum()


def gated(logits: Logits, rests_on: list[float]) -> Outputs:
    embeddings = np.zeros((len(logits), 2), np.float32)
    return Outputs(logits, embeddings, rests_on=np.array(rests_on, np.float32))


def test_a_gated_networks_logits_are_calibrated_already_and_have_no_energy() -> None:
    logits, labels = draw(400, 5.0)
    found = calibrate(gated(logits, [0] * 400), labels)
    assert found.temperature == 1.0
    assert found.none_energy is None


def test_an_answer_by_words_is_sure_by_its_own_threshold() -> None:
    logits = np.array([[9, 0], [9, 0], [9, 0]], np.float32)
    outputs = gated(logits, [0, 1, 2])
    never = Calibration(sure=0.9, n=100)
    assert never.verdicts(outputs) == ["sure", "sure", "unsure"]
    earned = Calibration(sure=NEVER_SURE, n=100, sure_by_words=0.9)
    assert earned.verdicts(outputs) == ["unsure", "unsure", "sure"]


def test_grounds_are_named_and_unknown_without_a_gate() -> None:
    logits = np.zeros((3, 2), np.float32)
    assert name_grounds(gated(logits, [0, 1, 2])) == ["training", "both", "words"]
    assert name_grounds(seen(logits)) == [None, None, None]
