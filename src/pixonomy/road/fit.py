"""Sources go in; a trained, evaluated, bundled classifier with its report comes out."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixonomy.arrays.write import ArraySettings
from pixonomy.curation.split import SplitShares
from pixonomy.files import printable
from pixonomy.images.resize import DEFAULT_FIT, Fit
from pixonomy.progress import Surroundings
from pixonomy.road.evaluate import evaluate
from pixonomy.road.index import index
from pixonomy.road.prepare import prepare
from pixonomy.road.split import split
from pixonomy.road.train import TrainChoices, plan_training, train
from pixonomy.sources.table import TableColumns

_DEFAULT = Surroundings()


@dataclass(frozen=True)
class FitChoices:
    """What the user chose of the whole road; the defaults are ours."""

    columns: TableColumns = field(default_factory=TableColumns)
    training: TrainChoices = field(default_factory=TrainChoices)
    fit: Fit = DEFAULT_FIT
    seed: int = 0


def fit(
    sources: Sequence[Path],
    output: Path,
    choices: FitChoices | None = None,
    overwrite: bool = False,
    surroundings: Surroundings = _DEFAULT,
) -> dict[str, Any]:
    """Index, group duplicates, split, prepare, train, evaluate, bundle: one call.

    Finished stages are skipped, so the same call after a kill goes on where it was.

    Returns:
        {run, bundle, report, images, categories, seconds, test: {…} or null}.
    """
    began = time.monotonic()
    choices = choices or FitChoices()
    data = output / "data"
    indexed, dealt, arrays = data / "manifest.parquet", data / "split.parquet", data / "arrays"
    plan = plan_training(choices.training, surroundings)
    index(sources, indexed, choices.columns, overwrite, surroundings)
    split(indexed, dealt, SplitShares(seed=choices.seed), overwrite, surroundings)
    settings = ArraySettings((plan.recipe.size,), choices.fit)
    prepare(dealt, arrays, settings, overwrite, surroundings)
    train(arrays, output, plan, overwrite, surroundings)
    result = evaluate(output, surroundings)
    return {**result, "run": printable(output), "seconds": round(time.monotonic() - began, 2)}
