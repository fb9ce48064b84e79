"""A bundle and arrays go in; one row of predictions a picture comes out."""

import numpy as np
import polars as pl

from pixonomy.arrays.read import Arrays
from pixonomy.bundle.load import Bundle
from pixonomy.progress import Progress, silent

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
    probabilities = bundle.calibration.probabilities(values)
    labels = np.array(bundle.labels, dtype=object)
    table = arrays.rows[rows].select("image_id", "group_id", "label")
    columns = [
        pl.Series("predicted", labels[values.argmax(axis=1)], dtype=pl.String),
        pl.Series("confidence", probabilities.max(axis=1, initial=0.0)),
        pl.Series("verdict", bundle.calibration.verdicts(values), dtype=pl.String),
        *(
            pl.Series(f"probability_{place}", probabilities[:, place])
            for place in range(len(labels))
        ),
    ]
    return table.with_columns(columns).sort("image_id")
