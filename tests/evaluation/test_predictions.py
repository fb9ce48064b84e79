"""The bundle over a whole split: one row a picture."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pixonomy.arrays.read import Arrays, read_arrays
from pixonomy.bundle.load import Bundle, load_bundle
from pixonomy.evaluation.predictions import predict_split

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
