"""The bundle over a whole split: one row a picture."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pixonomy.arrays.image_shards import Arrays, read_arrays
from pixonomy.bundle.load import Bundle, load_bundle
from pixonomy.prediction.predictions import (
    STATED,
    Outputs,
    likeliest,
    predict_split,
    stated,
    top_probabilities,
)

COLUMNS = ["image_id", "group_id", "label", "predicted", "confidence", "verdict"]


@pytest.fixture
def bundle(fitted_run: Path) -> Bundle:
    return load_bundle(fitted_run)


@pytest.fixture
def arrays(fitted_run: Path) -> Arrays:
    return read_arrays(fitted_run / "data" / "arrays")


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_every_picture_of_the_split_has_one_row(bundle: Bundle, arrays: Arrays, split: str) -> None:
    table = predict_split(bundle, arrays, split)
    wanted = arrays.rows.filter(pl.col("split") == split).sort("image_id")
    assert table.columns == [*COLUMNS, "probability_0", "probability_1", "probability_2"]
    assert table.select("image_id", "group_id", "label").equals(
        wanted.select("image_id", "group_id", "label")
    )


def test_the_probabilities_stand_in_the_order_of_the_labels(bundle: Bundle, arrays: Arrays) -> None:
    table = predict_split(bundle, arrays, "train")
    probabilities = table.select(pl.col("^probability_.*$")).to_numpy()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    np.testing.assert_allclose(probabilities.max(axis=1), table["confidence"].to_numpy())
    most_likely = [bundle.labels[place] for place in probabilities.argmax(axis=1)]
    assert table["predicted"].to_list() == most_likely
    assert set(table["verdict"]) <= {"sure", "unsure", "none"}


def test_a_split_without_pictures_gives_the_columns_and_no_row(
    bundle: Bundle, arrays: Arrays
) -> None:
    table = predict_split(bundle, arrays, "nothing")
    assert table.height == 0
    assert table.columns[:6] == COLUMNS
    assert table.schema["predicted"] == pl.String


def test_it_tells_how_far_it_is(bundle: Bundle, arrays: Arrays) -> None:
    told: list[tuple[str, int, int]] = []
    table = predict_split(bundle, arrays, "test", lambda *how_far: told.append(how_far))
    assert told[-1] == ("evaluating", table.height, table.height)


def test_a_hundred_categories_have_a_column_each_and_more_have_ten_places() -> None:
    few, many = ([str(number) for number in range(count)] for count in (100, 101))
    assert [one.name for one in likeliest(few, np.zeros((2, 100)))] == [
        f"probability_{number}" for number in range(100)
    ]
    assert [one.name for one in likeliest(many, np.zeros((2, 101)))] == [
        name for rank in range(1, 11) for name in (f"top_{rank}", f"top_{rank}_probability")
    ]


def test_the_ten_likeliest_of_200_are_those_of_a_full_sort() -> None:
    labels = [f"category {number}" for number in range(200)]
    probabilities = np.random.default_rng(0).dirichlet(np.full(200, 0.3), 50)
    table = pl.DataFrame(top_probabilities(labels, probabilities))
    for row, shares in zip(table.iter_rows(named=True), probabilities, strict=True):
        wanted = sorted(zip(shares.tolist(), labels, strict=True), reverse=True)[:10]
        given = [(row[f"top_{rank}_probability"], row[f"top_{rank}"]) for rank in range(1, 11)]
        assert given == wanted


def test_equally_likely_categories_stand_in_the_order_of_the_labels() -> None:
    labels = [str(number) for number in range(200)]
    shares = np.zeros((1, 200))
    shares[0, [150, 20, 90]] = 0.25
    (row,) = pl.DataFrame(top_probabilities(labels, shares)).iter_rows(named=True)
    assert [row[f"top_{rank}"] for rank in (1, 2, 3)] == ["20", "90", "150"]


def test_no_picture_gives_the_columns_of_many_categories_and_no_row() -> None:
    table = pl.DataFrame(top_probabilities([str(n) for n in range(200)], np.zeros((0, 200))))
    assert table.shape == (0, 20)
    assert table.schema["top_1"] == pl.String
    assert table.schema["top_10_probability"] == pl.Float64


def test_of_many_categories_the_labels_own_probability_is_stated(
    bundle: Bundle, arrays: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = predict_split(bundle, arrays, "test")
    monkeypatch.setattr("pixonomy.prediction.predictions.MOST_COLUMNS", 2)
    monkeypatch.setattr("pixonomy.prediction.predictions.TOP", 2)
    few = predict_split(bundle, arrays, "test")
    places = [bundle.labels.index(label) for label in whole["label"]]
    probabilities = whole.select(pl.col("^probability_.*$")).to_numpy()
    own = probabilities[np.arange(len(places)), places]
    np.testing.assert_allclose(few["label_probability"].to_numpy(), own)
    assert few["top_1"].to_list() == whole["predicted"].to_list()
    if bundle.calibration.temperature > 1:
        assert (few["raw_confidence"] >= few["confidence"] - 1e-9).all()
    strange = stated(bundle, Outputs.nothing(bundle), pl.Series("label", [], dtype=pl.String))
    assert [one.name for one in strange] == list(STATED)
