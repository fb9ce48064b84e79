import math

import numpy as np
import polars as pl
import pytest
from scipy.special import softmax

from pixonomy.evaluation.product_metrics import check_products
from pixonomy.prediction.predictions import top_probabilities

LABELS = ("a", "b")


def table(rows: list[tuple[str, str, float]]) -> pl.DataFrame:
    """Pictures as (product, label, probability of a)."""
    return pl.DataFrame(
        {
            "image_id": [f"{number:02d}" for number in range(len(rows))],
            "group_id": [row[0] for row in rows],
            "label": [row[1] for row in rows],
            "predicted": ["a" if row[2] > 0.5 else "b" for row in rows],
            "probability_0": [row[2] for row in rows],
            "probability_1": [1 - row[2] for row in rows],
        }
    )


def test_each_way_of_pooling_is_told() -> None:
    # Two mild votes for a against one strong one for b: only the mean of probabilities is for a.
    images = [("p", "a", 0.8), ("p", "a", 0.8), ("p", "a", 0.01), ("q", "b", 0.3)]
    assert math.log(0.8) * 2 + math.log(0.01) < math.log(0.2) * 2 + math.log(0.99)
    found = check_products(table(images), LABELS, "a")
    assert found is not None
    assert (found.n, found.several, found.mixed) == (2, 1, 0)
    accuracies = {one.pooling: one.share.accuracy for one in found.ways}
    assert accuracies == {"mean_log": 0.5, "mean": 1.0, "max": 0.5}
    told = found.as_json()["poolings"]["mean"]
    assert (told["n"], told["accuracy"], told["macro_f1"]) == (2, 1.0, 1.0)


def test_the_order_of_the_pictures_does_not_matter() -> None:
    images = table([("p", "a", 0.9), ("q", "b", 0.2), ("p", "a", 0.4), ("q", "b", 0.7)])
    one, other = (check_products(each, LABELS, "a") for each in (images, images[::-1]))
    assert one == other


def test_groups_of_several_categories_are_no_products() -> None:
    images = [("p", "a", 0.9), ("p", "b", 0.9), ("q", "b", 0.2), ("q", "b", 0.1)]
    found = check_products(table(images), LABELS, "a")
    assert found is not None
    assert (found.n, found.several, found.mixed) == (1, 1, 1)
    assert found.ways[0].share.accuracy == 1


def test_an_impossible_category_does_not_end_in_nonsense() -> None:
    found = check_products(table([("p", "a", 1.0), ("p", "a", 0.0)]), LABELS, "a")
    assert found is not None
    assert found.ways[0].share.accuracy in (0.0, 1.0)


@pytest.mark.parametrize("images", [[("p", "a", 0.9), ("q", "b", 0.1)], []])
def test_without_products_of_several_pictures_there_is_nothing_to_tell(
    images: list[tuple[str, str, float]],
) -> None:
    rows = table(images).cast({"group_id": pl.String, "label": pl.String})
    assert check_products(rows, LABELS, "a") is None


def test_products_are_told_by_how_many_pictures_they_have() -> None:
    images = [("p", "a", 0.9), ("p", "a", 0.4), ("q", "b", 0.3), ("r", "b", 0.8)]
    found = check_products(table(images), LABELS, "a")
    assert found is not None
    counts = [(one.images, one.pooled.n, one.pooled.accuracy) for one in found.counts]
    assert counts == [(1, 2, 0.5), (2, 1, 1.0)]
    assert found.counts[1].single.accuracy == 0.5
    assert found.as_json()["by_pictures"][1]["pooled"]["n"] == 1
    assert [one["pictures"] for one in found.as_json()["by_pictures"]] == [
        one.images for one in found.counts
    ]


def test_of_many_categories_the_ten_likeliest_of_each_picture_decide_alike() -> None:
    labels = tuple(f"c{k:03d}" for k in range(40))
    generator = np.random.default_rng(0)
    truth = np.repeat(np.arange(100) % 40, 2)
    logits = 2 * generator.standard_normal((200, 40))
    logits[np.arange(200), truth] += 3
    probabilities = softmax(logits, axis=1)
    columns = {f"probability_{k}": probabilities[:, k] for k in range(40)}
    whole = pl.DataFrame(
        {
            "image_id": [f"{row:03d}" for row in range(200)],
            "group_id": [f"{row // 2:03d}" for row in range(200)],
            "label": [labels[k] for k in truth],
            "predicted": [labels[k] for k in probabilities.argmax(axis=1)],
        }
    )
    every = check_products(whole.with_columns(**columns), labels, labels[0])
    few = check_products(
        whole.with_columns(top_probabilities(labels, probabilities)), labels, "c000"
    )
    assert every is not None
    assert few is not None
    for one, other in zip(every.ways, few.ways, strict=True):
        assert one.share.accuracy == pytest.approx(other.share.accuracy, abs=0.02)
    assert 0.3 < every.ways[0].share.accuracy < 0.99
