"""Divides validation images: some stop the training, others calibrate confidences.

The epoch that does best on some images flatters itself on them: confidences and thresholds set
on the same ones would promise too much.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.dataset.connected import connect

Rows = npt.NDArray[np.int64]

_FEWEST = 40  # images; fewer are not worth dividing: neither half would show anything
_KEYS = ("group_id", "duplicate_group")
_SEED = 0


@dataclass(frozen=True)
class Validation:
    """What validation images are used for.

    Attributes:
        stopping: rows of those that choose the best epoch, int64, ascending.
        calibrating: rows of those that set temperature and thresholds, int64, ascending.
        are_apart: whether no image serves both.
    """

    stopping: Rows
    calibrating: Rows
    are_apart: bool


def divide_validation(rows: pl.DataFrame) -> Validation:
    """Divide the validation images in two halves, label by label, whole units at a time.

    A unit is a group (a product) or a group of duplicates. The division depends on nothing but the
    rows, so that training and calibration agree on it. Few images all serve both.

    Args:
        rows: of arrays: image_id, label, split, group_id and, where known, duplicate_group.
    """
    places = (rows["split"] == "validation").fill_null(False).arg_true().to_numpy()
    places = places.astype(np.int64)
    if len(places) < _FEWEST:
        return Validation(places, places, False)
    some = rows[places]
    units = connect([some[name] for name in _KEYS if name in some.columns])
    # In the order of ids, not of rows: arrays of another order are divided alike.
    first = (
        pl.DataFrame({"unit": units, "label": some["label"], "image_id": some["image_id"]})
        .group_by("unit")
        .agg(pl.col("label", "image_id").sort_by("image_id").first())
        .sort("image_id")
    )
    shuffled = first[np.random.default_rng(_SEED).permutation(first.height)]
    is_second = pl.int_range(pl.len()).over("label") % 2 == 1
    calibrates = np.isin(units, shuffled.filter(is_second)["unit"].to_numpy())
    return Validation(places[~calibrates], places[calibrates], True)
