"""Makes the table of predictions, one row an image, from a bundle and arrays or from logits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.arrays.image_shards import Arrays
from pixonomy.bundle.calibrate import Doubles, Verdict, name_grounds
from pixonomy.bundle.load import Bundle
from pixonomy.inference.logits import softmax
from pixonomy.progress import Progress, silent
from pixonomy.results.answer_results import RestsOn

MOST_COLUMNS = 100  # more categories than these have no column each in a catalogue's table
TOP = 10  # categories told of an image instead

LABEL_PROBABILITY = "label_probability"
"""The column of what the true category is given, where not each category has one."""
STATED = (LABEL_PROBABILITY, "raw_confidence", "raw_label_probability")

_BATCH = 256


def predict_split(
    bundle: Bundle, arrays: Arrays, split: str, progress: Progress = silent
) -> pl.DataFrame:
    """Run the bundle on every image of a split.

    Returns:
        Columns image_id, group_id, label, predicted, confidence, verdict and what `likeliest`
        tells, sorted by image_id; of more than 100 categories also those of `stated`.
    """
    rows = arrays.of_split(split)
    images = arrays.images(bundle.resize_spec.size)
    tables = [_tabulate(bundle, Outputs.nothing(bundle), arrays.rows[:0])]
    for start in range(0, len(rows), _BATCH):
        chunk = rows[start : start + _BATCH]
        outputs = Outputs.of(bundle, images.gather(chunk))
        tables.append(_tabulate(bundle, outputs, arrays.rows[chunk]))
        progress("evaluating", start + len(chunk), len(rows))
    return pl.concat(tables).sort("image_id")


def _tabulate(bundle: Bundle, outputs: "Outputs", rows: pl.DataFrame) -> pl.DataFrame:
    columns = [*answer(bundle, outputs), *likeliest(bundle.labels, outputs.probabilities)]
    if len(bundle.labels) > MOST_COLUMNS:
        columns += stated(bundle, outputs, rows["label"])
    return rows.select("image_id", "group_id", "label").with_columns(columns)


@dataclass(frozen=True)
class Outputs:
    """What a bundle says of n images.

    Attributes:
        logits: float32 (n, k).
        probabilities: the calibrated ones, float64 (n, k).
        verdicts: one an image.
        rests_on: what each answer rests on; None where the bundle does not say.
    """

    logits: npt.NDArray[np.float32]
    probabilities: Doubles
    verdicts: list[Verdict]
    rests_on: list[RestsOn | None] | None = None

    @classmethod
    def of(cls, bundle: Bundle, images: npt.NDArray[np.uint8]) -> Self:
        """Ask the bundle about images, uint8 (n, 3, size, size)."""
        outputs, calibration = bundle.network.run(images), bundle.calibration
        return cls(
            outputs.logits,
            calibration.probabilities(outputs.logits),
            calibration.verdicts(outputs),
            name_grounds(outputs) if bundle.network.is_gated else None,
        )

    @classmethod
    def nothing(cls, bundle: Bundle) -> Self:
        """Return what is said of no image."""
        shape = (0, len(bundle.labels))
        grounds: list[RestsOn | None] | None = [] if bundle.network.is_gated else None
        return cls(np.zeros(shape, np.float32), np.zeros(shape), [], grounds)


def answer(bundle: Bundle, outputs: Outputs) -> list[pl.Series]:
    """Return the columns predicted, confidence and verdict of images; `rests_on` where known."""
    grounds = [] if outputs.rests_on is None else [outputs.rests_on]
    return [
        _name("predicted", bundle.labels, outputs.logits.argmax(axis=1)),
        pl.Series("confidence", outputs.probabilities.max(axis=1, initial=0.0)),
        pl.Series("verdict", outputs.verdicts, dtype=pl.String),
        *(pl.Series("rests_on", one, dtype=pl.String) for one in grounds),
    ]


def name_predicted(bundle: Bundle, outputs: Outputs) -> pl.Series:
    """Return the column predicted_name of images: what people call the predicted category."""
    return _name("predicted_name", bundle.names, outputs.logits.argmax(axis=1))


def stated(bundle: Bundle, outputs: Outputs, labels: pl.Series) -> list[pl.Series]:
    """Return what cannot be told from the likeliest categories alone, for images of known labels.

    Args:
        labels: of the n images; one that the bundle does not know has no probability (NaN).

    Returns:
        The columns `STATED`: the probability of the image's label, then the highest one and
        the label's without the temperature.
    """
    places = {label: place for place, label in enumerate(bundle.labels)}
    truth = labels.replace_strict(places, default=-1, return_dtype=pl.Int64).to_numpy()
    raw = softmax(outputs.logits.astype(np.float64))
    own = [
        np.where(truth >= 0, chances[np.arange(len(truth)), truth], np.nan)
        for chances in (outputs.probabilities, raw)
    ]
    values = (own[0], raw.max(axis=1, initial=0.0), own[1])
    return [pl.Series(name, value) for name, value in zip(STATED, values, strict=True)]


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


def has_probabilities(predictions: pl.DataFrame, categories: int) -> bool:
    """Tell whether each of k categories has a column of probabilities."""
    return {f"probability_{k}" for k in range(categories)} <= set(predictions.columns)
