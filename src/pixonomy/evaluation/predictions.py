"""A bundle and arrays, or logits, go in; one row of predictions a picture comes out."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.arrays.read import Arrays
from pixonomy.bundle.calibrate import Doubles
from pixonomy.bundle.load import Bundle
from pixonomy.progress import Progress, silent

MOST_COLUMNS = 100  # more categories than these have no column each in a catalogue's table
TOP = 10  # categories told of a picture instead

_BATCH = 256


def predict_split(
    bundle: Bundle, arrays: Arrays, split: str, progress: Progress = silent
) -> pl.DataFrame:
    """Run the bundle on every picture of a split.

    Returns:
        Columns image_id, group_id, label, predicted, confidence, verdict and `probability_<i>`
        (in the order of the bundle's labels), sorted by image_id.
    """
    rows = arrays.of_split(split)
    pictures = arrays.pictures(bundle.framing.size)
    logits = [np.zeros((0, len(bundle.labels)), np.float32)]
    for start in range(0, len(rows), _BATCH):
        chunk = rows[start : start + _BATCH]
        logits.append(bundle.network.run(pictures.gather(chunk)).logits)
        progress("evaluating", start + len(chunk), len(rows))
    values = np.concatenate(logits)
    table = arrays.rows[rows].select("image_id", "group_id", "label")
    probabilities = bundle.calibration.probabilities(values)
    columns = [*answer(bundle, values, probabilities), *each_probability(probabilities)]
    return table.with_columns(columns).sort("image_id")


def answer(
    bundle: Bundle, logits: npt.NDArray[np.float32], probabilities: Doubles
) -> list[pl.Series]:
    """Return the columns predicted, confidence and verdict of pictures.

    Args:
        logits: shape (n, k).
        probabilities: the calibrated ones of the same pictures, shape (n, k).
    """
    return [
        _name("predicted", bundle.labels, logits.argmax(axis=1)),
        pl.Series("confidence", probabilities.max(axis=1, initial=0.0)),
        pl.Series("verdict", bundle.calibration.verdicts(logits), dtype=pl.String),
    ]


def each_probability(probabilities: Doubles) -> list[pl.Series]:
    """Return a column `probability_<place>` for each category, of probabilities (n, k)."""
    return [
        pl.Series(f"probability_{place}", column)
        for place, column in enumerate(np.ascontiguousarray(probabilities.T))
    ]


def likeliest(labels: Sequence[str], probabilities: Doubles) -> list[pl.Series]:
    """Return `each_probability` for up to 100 categories, `top_probabilities` for more."""
    if len(labels) <= MOST_COLUMNS:
        return each_probability(probabilities)
    return top_probabilities(labels, probabilities)


def top_probabilities(labels: Sequence[str], probabilities: Doubles) -> list[pl.Series]:
    """Return the columns `top_<i>` and `top_<i>_probability` of the ten likeliest categories.

    Args:
        labels: k categories, more than ten.
        probabilities: shape (n, k).

    Returns:
        20 columns of n values, the likeliest category first.
    """
    # Ten of thousands are found much faster than thousands are sorted.
    found = np.sort(np.argpartition(-probabilities, TOP - 1, axis=1)[:, :TOP], axis=1)
    shares = np.take_along_axis(probabilities, found, axis=1)
    order = np.argsort(-shares, axis=1, kind="stable")
    places = np.take_along_axis(found, order, axis=1)
    shares = np.take_along_axis(shares, order, axis=1)
    columns: list[pl.Series] = []
    for rank in range(TOP):
        columns.append(_name(f"top_{rank + 1}", labels, places[:, rank]))
        columns.append(pl.Series(f"top_{rank + 1}_probability", shares[:, rank]))
    return columns


def _name(column: str, labels: Sequence[str], places: npt.NDArray[np.intp]) -> pl.Series:
    return pl.Series(column, labels, dtype=pl.String).gather(places)
