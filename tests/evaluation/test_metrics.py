import json
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    top_k_accuracy_score,
)

from pixonomy.errors import DataError
from pixonomy.evaluation.metrics import Metrics, measure, most_confused
from pixonomy.intervals import wilson_interval

LABELS = ("cat", "dog", "fox")


def predict(
    truth: Sequence[str], predicted: Sequence[str], probabilities: np.ndarray | None = None
) -> pl.DataFrame:
    n = len(truth)
    table = pl.DataFrame(
        {
            "image_id": [f"{row}.jpg" for row in range(n)],
            "group_id": [f"group {row}" for row in range(n)],
            "label": pl.Series(truth, dtype=pl.String),
            "predicted": pl.Series(predicted, dtype=pl.String),
            "confidence": [0.9] * n,
            "verdict": ["sure"] * n,
        }
    )
    if probabilities is None:
        return table
    return table.with_columns(
        pl.Series(f"probability_{k}", probabilities[:, k]) for k in range(probabilities.shape[1])
    )


def worked_case() -> Metrics:
    truth = ["cat"] * 4 + ["dog"] * 3 + ["fox"]
    predicted = ["cat", "cat", "cat", "dog", "dog", "cat", "cat", "dog"]
    return measure(predict(truth, predicted), LABELS, "cat")


def test_a_case_worked_by_hand_gives_its_figures() -> None:
    metrics = worked_case()
    cat, dog, fox = metrics.classes
    assert metrics.confusion.dense().tolist() == [[3, 1, 0], [2, 1, 0], [0, 1, 0]]
    assert metrics.confusion.dense().dtype == np.int64
    assert (metrics.n, metrics.accuracy, metrics.majority_baseline) == (8, 0.5, 0.5)
    assert metrics.random_baseline == pytest.approx(1 / 3)
    assert (cat.precision, cat.recall, cat.f1) == pytest.approx((3 / 5, 3 / 4, 2 / 3))
    assert (dog.precision, dog.recall, dog.f1) == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert (fox.n, fox.precision, fox.recall, fox.f1) == (1, None, 0.0, 0.0)
    assert metrics.macro_f1 == pytest.approx((2 / 3 + 1 / 3 + 0) / 3)
    assert metrics.log_loss is None


def test_the_interval_is_wilsons_as_worked_by_hand() -> None:
    z, n, share = 1.959963984540054, 8, 0.5
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    metrics = worked_case()
    assert metrics.accuracy_low == pytest.approx(middle - reach)
    assert metrics.accuracy_high == pytest.approx(middle + reach)


def test_pictures_of_products_are_counted_as_products() -> None:
    truth = ["cat"] * 40 + ["dog"] * 40
    predicted = ["cat"] * 32 + ["dog"] * 48
    table = predict(truth, predicted).with_columns(
        unit=pl.Series([str(place // 4) for place in range(80)])
    )
    alone, tied = measure(table.drop("unit"), LABELS, "cat"), measure(table, LABELS, "cat")
    assert (alone.units, tied.units, tied.n) == (80, 20, 80)
    assert tied.summary()["units"] == 20
    assert tied.effective_n == pytest.approx(20, rel=0.1)
    for low, high in (
        ("accuracy_low", "accuracy_high"),
        ("macro_f1_low", "macro_f1_high"),
    ):
        widths = [getattr(one, high) - getattr(one, low) for one in (alone, tied)]
        assert widths[1] > 1.6 * widths[0]
    cat = tied.classes[0]
    assert cat.units == 10
    assert cat.recall_low == pytest.approx(0.44, abs=0.03)  # eight products of ten
    assert (cat.precision_low, cat.precision_high) == pytest.approx(wilson_interval(8, 8))
    assert alone.majority_chance < 1e-5
    assert tied.majority_chance > 10 * alone.majority_chance


def test_predictions_that_tell_no_groups_are_measured_each_picture_alone() -> None:
    table = predict(["cat", "dog"] * 20, ["cat"] * 40)
    found = measure(table.drop("group_id"), LABELS, "cat")
    assert found.units is None
    assert found.accuracy_low == measure(table, LABELS, "cat").accuracy_low


def test_one_right_picture_leaves_a_wide_interval() -> None:
    metrics = measure(predict(["dog"], ["dog"]), LABELS, "cat")
    assert metrics.accuracy == metrics.accuracy_high == 1
    assert metrics.accuracy_low == pytest.approx(0.2065, abs=1e-4)
    assert (metrics.macro_f1, metrics.majority_baseline) == (1, 0)


def test_a_class_never_predicted_has_no_precision_and_lowers_the_macro_f1() -> None:
    metrics = measure(predict(["cat", "dog"], ["cat", "cat"]), LABELS[:2], "cat")
    assert metrics.classes[1].precision is None
    assert (metrics.classes[1].recall, metrics.classes[1].f1) == (0, 0)
    assert metrics.macro_f1 == pytest.approx((2 / 3 + 0) / 2)


def test_a_class_without_test_pictures_is_undefined_and_left_out_of_the_macro_f1() -> None:
    metrics = measure(predict(["cat", "cat"], ["cat", "fox"]), LABELS, "cat")
    fox = metrics.classes[2]
    assert (fox.n, fox.recall, fox.f1, fox.recall_low, fox.recall_high) == (0, *(None,) * 4)
    assert fox.precision == 0
    assert metrics.macro_f1 == pytest.approx(2 / 3)


def test_no_pictures_are_refused() -> None:
    with pytest.raises(DataError, match="no labelled pictures"):
        measure(predict([], []), LABELS, "cat")


@pytest.mark.parametrize(
    ("truth", "labels", "majority"),
    [("owl", LABELS, "cat"), (None, LABELS, "cat"), ("cat", LABELS, "owl"), ("cat", "aa", "a")],
)
def test_labels_that_do_not_fit_are_refused(
    truth: str, labels: Sequence[str], majority: str
) -> None:
    with pytest.raises(DataError):
        measure(predict([truth], ["cat"]), labels, majority)


def test_a_probability_of_zero_costs_much_but_not_infinity() -> None:
    metrics = measure(predict(["cat"], ["dog"], np.array([[0.0, 1.0]])), LABELS[:2], "cat")
    assert metrics.log_loss == pytest.approx(36.04, abs=0.01)


def test_of_many_categories_the_likeliest_ten_and_the_labels_own_are_enough() -> None:
    labels = [f"c{k}" for k in range(6)]
    table = predict(["c0", "c1"], ["c0", "c2"]).with_columns(
        *(pl.Series(f"top_{k}", [f"c{k - 1}", f"c{(k + 1) % 6}"]) for k in range(1, 6)),
        label_probability=pl.Series([0.5, 0.25]),
    )
    metrics = measure(table, labels, "c0")
    assert metrics.top_k == {3: 0.5, 5: 0.5}
    assert metrics.log_loss == pytest.approx(-(np.log(0.5) + np.log(0.25)) / 2)
    assert metrics.as_json()["confusion_cells"] is None


def test_thousands_of_categories_are_counted_as_the_pairs_that_occur() -> None:
    labels = [f"c{k}" for k in range(5000)]
    metrics = measure(predict(["c7", "c7", "c4999"], ["c7", "c9", "c9"]), labels, "c7")
    told = metrics.as_json()
    assert told["confusion"] is None
    assert told["confusion_cells"] == [[7, 7, 1], [7, 9, 1], [4999, 9, 1]]
    assert metrics.accuracy == pytest.approx(1 / 3)
    assert not metrics.top_k


def test_missing_probabilities_leave_the_log_loss_open() -> None:
    metrics = measure(predict(["cat"], ["cat"], np.array([[np.nan, 1.0]])), LABELS[:2], "cat")
    assert metrics.log_loss is None


def test_the_summary_has_the_promised_keys_and_json_takes_everything() -> None:
    metrics = worked_case()
    promised = ["n", "accuracy", "accuracy_low", "accuracy_high", "macro_f1", "majority_baseline"]
    assert list(metrics.summary()) == [*promised, "units"]
    read_back = json.loads(json.dumps(metrics.as_json(), allow_nan=False))
    assert read_back["labels"] == list(LABELS)
    assert read_back["confusion"] == metrics.confusion.dense().tolist()
    assert read_back["classes"][2]["precision"] is None


def test_the_most_confused_pairs_come_first_and_right_answers_never() -> None:
    metrics = worked_case()
    expected = [("dog", "cat", 2), ("cat", "dog", 1), ("fox", "dog", 1)]
    assert most_confused(metrics, LABELS) == expected
    assert most_confused(metrics, LABELS, limit=1) == expected[:1]
    assert worked_case().confusion.right.sum() == 4


def test_a_flawless_classifier_confuses_nothing() -> None:
    assert most_confused(measure(predict(["cat"], ["cat"]), LABELS, "cat"), LABELS) == []


@st.composite
def guesses(draw: st.DrawFn) -> tuple[list[str], list[str], np.ndarray]:
    n, k = draw(st.integers(1, 60)), draw(st.integers(2, 7))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    labels = [f"category {position}" for position in range(k)]
    probabilities = random.dirichlet(np.ones(k), n)
    truth = [labels[position] for position in random.integers(0, k, n)]
    return labels, truth, probabilities


@settings(max_examples=60, deadline=None)
@given(guesses())
def test_every_figure_agrees_with_scikit_learn(
    drawn: tuple[list[str], list[str], np.ndarray],
) -> None:
    labels, truth, probabilities = drawn
    predicted = [labels[position] for position in probabilities.argmax(axis=1)]
    metrics = measure(predict(truth, predicted, probabilities), labels, labels[0])
    present = sorted(set(truth))
    assert metrics.accuracy == pytest.approx(accuracy_score(truth, predicted))
    assert metrics.macro_f1 == pytest.approx(
        f1_score(truth, predicted, labels=present, average="macro", zero_division=0)
    )
    assert metrics.weighted_f1 == pytest.approx(
        f1_score(truth, predicted, labels=present, average="weighted", zero_division=0)
    )
    assert metrics.log_loss == pytest.approx(log_loss(truth, probabilities, labels=labels))
    for k, share in metrics.top_k.items():
        theirs = top_k_accuracy_score(truth, probabilities, k=k, labels=labels)
        assert share == pytest.approx(theirs)
    np.testing.assert_array_equal(
        metrics.confusion.dense(), confusion_matrix(truth, predicted, labels=labels)
    )
    for name, score in [("precision", precision_score), ("recall", recall_score)]:
        theirs = score(truth, predicted, labels=labels, average=None, zero_division=np.nan)
        ours = [getattr(one, name) for one in metrics.classes]
        np.testing.assert_allclose(np.array(ours, dtype=float), theirs)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_stays_within_zero_and_one(
    counts: tuple[int, int],
) -> None:
    right, n = counts
    low, high = wilson_interval(right, n)
    assert 0 <= low <= right / n + 1e-12
    assert right / n - 1e-12 <= high <= 1
    assert low < high
