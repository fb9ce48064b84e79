"""Says what the bundle of a run is: its labels, preprocessing, calibration and provenance."""

from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
import numpy.typing as npt

from pixonomy.arrays.image_shards import Arrays
from pixonomy.bundle.calibrate import calibrate, sure_threshold
from pixonomy.bundle.categories import describe_categories
from pixonomy.bundle.load import SCHEMA_VERSION
from pixonomy.dataset.connected import tie
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.images.resize import RESIZE_VERSION
from pixonomy.inference.session import Network
from pixonomy.training.gate import Gate
from pixonomy.training.run import Run, versions
from pixonomy.training.validation import divide_validation


def describe_run(
    run: Run,
    arrays: Arrays,
    numbers: npt.NDArray[np.int64],
    network: Network,
    gate: Gate | None,
) -> dict[str, object]:
    """Calibrate a network and return what `bundle.json` says, but for the hashes.

    Args:
        numbers: the label number of every row of the arrays.
        gate: where one answers; None: a linear head does.
    """
    validation = divide_validation(arrays.rows)
    outputs = network.run(arrays.images(run.recipe.size).gather(validation.calibrating))
    known, units = numbers[validation.calibrating], tie(arrays.rows[validation.calibrating])
    calibration = calibrate(outputs, known, run.recipe.sure_accuracy, units)
    if gate is not None and len(gate.held_out.groups):
        found = gate.held_out
        target = run.recipe.sure_accuracy
        sure = sure_threshold(found.confidence, found.is_right, target, found.groups)
        calibration = replace(calibration, sure_by_words=sure)
    taxonomy = None if arrays.taxonomy is None else arrays.taxonomy.restrict(run.labels)
    return {
        "schema_version": SCHEMA_VERSION,
        "labels": _describe(run.labels, taxonomy, numbers[arrays.of_split("train")]),
        **({} if taxonomy is None else {"categories": describe_categories(taxonomy)}),
        "preprocessing": {
            "size": run.recipe.size,
            "fit": arrays.about["fit"],
            "resize_version": RESIZE_VERSION,
        },
        "calibration": asdict(calibration),
        "provenance": {
            "recipe": run.recipe.decisive(),
            "weights": run.weights,
            "calibrated_apart": validation.are_apart,
            "calibrated_units": len(np.unique(units)),
            "data": dict(arrays.about["fingerprint"]),
            "versions": versions(),
        },
    }


def _describe(
    labels: Sequence[str], taxonomy: Taxonomy | None, train: npt.NDArray[np.int64]
) -> list[dict[str, object]]:
    """Return each label with its name and the number of its training images."""
    counts = np.bincount(train[train >= 0], minlength=len(labels)).tolist()
    return [
        {"label": label, "name": taxonomy.name(label) if taxonomy else label, "count": count}
        for label, count in zip(labels, counts, strict=True)
    ]
