from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from pixonomy.label_errors.review import (
    assign_folds,
    count_units,
    review_labels,
    review_probabilities,
)

NAMES = np.array(["bike", "car", "tent"])


def draw(count: int, seed: int = 0) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    generator = np.random.default_rng(seed)
    true = np.arange(count) % 3
    features = generator.normal(size=(count, 20)).astype(np.float32)
    features[:, :3] += 4 * np.eye(3)[true]
    return features, true


def spoil(true: npt.NDArray[np.int64], share: float) -> npt.NDArray[np.int64]:
    chosen = np.random.default_rng(5).permutation(len(true))[: round(share * len(true))]
    given = true.copy()
    given[chosen] = (given[chosen] + 1) % 3
    return given


@pytest.mark.parametrize("share", [0.05, 0.2, 0.4])
def test_wrong_labels_are_suspected_with_the_right_suggestion(share: float) -> None:
    features, true = draw(600)
    given = spoil(true, share)
    review = review_labels(features, pl.Series(NAMES[given]))
    is_wrong = given != true
    assert review.is_label_issue[is_wrong].mean() > 0.9
    assert review.is_label_issue[~is_wrong].mean() < 0.05
    found = review.is_label_issue & is_wrong
    assert (review.suggested.to_numpy()[found] == NAMES[true[found]]).mean() > 0.95
    assert review.quality[is_wrong].mean() < 0.2
    assert review.quality[~is_wrong].mean() > 0.9


def test_right_labels_of_clear_pictures_are_not_suspected() -> None:
    features, true = draw(300)
    review = review_labels(2 * features, pl.Series(NAMES[true]))
    assert review.is_label_issue.sum() <= 3


def test_each_suspect_and_nobody_else_has_a_reason() -> None:
    features, true = draw(300)
    review = review_labels(features, pl.Series(NAMES[spoil(true, 0.1)]))
    assert (review.reasons.is_not_null().to_numpy() == review.is_label_issue).all()
    worst = int(review.quality.argmin())
    assert "nearest pictures" in review.reasons[worst]
    assert "a model trained without it gives" in review.reasons[worst]
    assert f"“{review.suggested[worst]}”" in review.reasons[worst]


def test_copies_of_a_wrongly_labelled_picture_do_not_vouch_for_each_other() -> None:
    features, true = draw(300)
    features[0, :3] = 8 * np.eye(3)[true[0]]
    features[300 - 12 :] = features[0]
    given = true.copy()
    given[0] = given[300 - 12 :] = 1 - true[0]
    units = np.arange(300)
    units[300 - 12 :] = 0
    review = review_labels(features, pl.Series(NAMES[given]), units)
    assert review.is_label_issue[0]
    assert review.is_label_issue[300 - 12 :].all()


def test_a_category_of_two_pictures_is_not_judged() -> None:
    features, true = draw(102)
    names = NAMES[true].tolist()
    names[0] = names[1] = "boat"
    review = review_labels(features, pl.Series(names))
    assert np.isnan(review.quality[:2]).all()
    assert not review.is_label_issue[:2].any()
    assert review.suggested[0] == "boat"
    assert not np.isnan(review.quality[2:]).any()


@pytest.mark.parametrize("names", [[], ["car"] * 9, ["car", "tent"]])
def test_where_there_is_nothing_to_learn_nothing_is_suspected(names: list[str]) -> None:
    features = np.random.default_rng(0).normal(size=(len(names), 4)).astype(np.float16)
    review = review_labels(features, pl.Series(names, dtype=pl.String))
    assert not review.is_label_issue.any()
    assert review.suggested.to_list() == names


def test_the_same_rows_give_the_same_review() -> None:
    features, true = draw(200)
    labels = pl.Series(NAMES[spoil(true, 0.2)])
    first, again = review_labels(features, labels), review_labels(features, labels)
    np.testing.assert_array_equal(first.quality, again.quality)


def test_labels_are_reviewed_by_the_answers_of_a_classifier_too() -> None:
    _, true = draw(600)
    given = spoil(true, 0.1)
    noisy = np.random.default_rng(1).random((600, 3)) + 6 * np.eye(3)[true]
    probabilities = noisy / noisy.sum(axis=1, keepdims=True)
    labels = pl.Series([*NAMES[given][:-1], "boat"])
    review = review_probabilities(probabilities, labels, NAMES.tolist())
    is_wrong = (given != true)[:-1]
    assert (review.is_label_issue[:-1] == is_wrong).mean() > 0.98
    assert np.isnan(review.quality[-1])
    assert review.reasons.drop_nulls()[0].startswith("A model trained without it gives “")


def test_most_labels_that_people_got_wrong_are_suspected(answers: Callable[..., Any]) -> None:
    scores, given, true = answers(np.random.default_rng(4), 1.5)
    likely = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    names = [str(one) for one in range(4)]
    review = review_probabilities(likely, pl.Series([names[one] for one in given]), names)
    is_wrong = given != true
    found = review.is_label_issue & is_wrong
    assert found.sum() / is_wrong.sum() > 0.4  # anchors among the surest alone found 7 to 25 %
    assert found.sum() / review.is_label_issue.sum() > 0.9


def test_no_precision_is_promised_that_the_surest_pictures_do_not_show() -> None:
    generator = np.random.default_rng(0)
    true = np.arange(600) % 3
    features = generator.normal(size=(600, 20)).astype(np.float32)
    features[:, :3] += 1.2 * np.eye(3)[true]
    right = review_labels(features, pl.Series(NAMES[true]))
    assert right.is_label_issue.any()
    assert right.precision < 0.5
    clear, _ = draw(600)
    spoilt = review_labels(clear, pl.Series(NAMES[spoil(true, 0.2)]))
    assert spoilt.precision > 0.7
    assert 0.4 < right.agreement < 0.8


def test_a_unit_is_never_torn_and_labels_are_spread_evenly() -> None:
    units = np.repeat(np.arange(40), 3)
    labels = np.repeat(np.arange(40) // 20, 3)
    folds = assign_folds(labels, units, 5, seed=1)
    assert all(len(set(folds[units == unit])) == 1 for unit in range(40))
    for label in (0, 1):
        assert np.bincount(folds[labels == label], minlength=5).tolist() == [12] * 5


def test_the_seed_decides_alone() -> None:
    units, labels = np.arange(50), np.arange(50) % 4
    first, again, other = (assign_folds(labels, units, 5, seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_units_of_a_label_are_counted_once() -> None:
    counts = count_units(np.array([0, 0, 0, 1]), np.array([7, 7, 8, 7]), 3)
    assert counts.tolist() == [2, 1, 0]
