"""Trains and evaluates one cell of a study, once, and keeps its figures.

What a cell leaves is `cell.json`, its predictions and its history. Checkpoints and bundle are
removed: a grid of VGGs would fill a disk with them.
"""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict

import polars as pl

from pixonomy.errors import ArtefactInUse, PixonomyError
from pixonomy.intervals import unit_column
from pixonomy.progress import Context
from pixonomy.storage.files import hash_file, hash_json, read_json, write_json
from pixonomy.storage.locks import forget_holder, lock_folder
from pixonomy.storage.tables import read_parquet
from pixonomy.studies.plan import Cell, Study
from pixonomy.training.run import RunFolder, versions
from pixonomy.verbs.evaluate import evaluate
from pixonomy.verbs.train import TrainChoices, plan_training, train

CELL_FILE = "cell.json"
_VERSION = 2  # raised when the same cell would tell otherwise
_HEAVY = ("checkpoints", "bundle", "events", "report.html")


class _Tested(TypedDict):
    n: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    macro_f1: float


class CellRecord(_Tested):
    """What `cell.json` says of a finished cell."""

    fingerprint: str
    setting: dict[str, object]
    seed: int
    repeat: int
    fold: int
    log_loss: float | None
    calibration_error: float | None
    steps: int
    train: int
    seconds: float


@dataclass(frozen=True)
class Done:
    """A finished cell.

    Attributes:
        record: what `cell.json` says of it.
        folder: where it lies.
    """

    cell: Cell
    record: CellRecord
    folder: RunFolder

    @property
    def predictions(self) -> pl.DataFrame:
        """One row a test image: image_id, group_id or its unit, label, predicted."""
        predictions = read_parquet(self.folder.predictions)
        unit = pl.col(unit_column(predictions) or "image_id").alias("group_id")
        return predictions.select("image_id", unit, "label", "predicted")

    @property
    def history(self) -> pl.DataFrame | None:
        """One row an epoch; None where nothing was trained."""
        return pl.read_csv(self.folder.history) if self.folder.history.exists() else None


def choices_of(study: Study, cell: Cell) -> TrainChoices:
    """Return what the cell's training is asked for."""
    changes = {**study.changes, **cell.changes, "seed": cell.seed}
    model = changes.pop("model", None)
    name = None if model is None else str(model)
    return TrainChoices(name, _recipe_path(study), _weights_path(study), changes)


def find_done(study: Study, cell: Cell, arrays: str, folder: Path) -> Done | None:
    """Return a cell that is finished as it would be made now."""
    place = RunFolder(folder / cell.name())
    record = read_json(place.path / CELL_FILE)
    if record is None or record["fingerprint"] != _fingerprint(study, cell, arrays):
        return None
    forget_holder(place.path)
    return Done(cell, record, place)


def run_cell(
    study: Study, cell: Cell, arrays: Path, digest: str, folder: Path, context: Context
) -> Done:
    """Train and test a cell; one that was stopped goes on where it was.

    Args:
        digest: of what the arrays are made from.

    Raises:
        PixonomyError: if it cannot be trained.
    """
    place = RunFolder(folder / cell.name())
    with lock_folder(place.path):
        return _run_cell(study, cell, arrays, digest, place, context=context)


def _run_cell(
    study: Study,
    cell: Cell,
    arrays: Path,
    digest: str,
    place: RunFolder,
    *,
    context: Context,
) -> Done:
    quiet = Context(context.cores, device=context.device)
    plan = plan_training(choices_of(study, cell), quiet)
    result = train(arrays, place.path, plan, True, quiet)
    evaluate(place.path, quiet)
    evaluation = read_json(place.evaluation)
    assert evaluation is not None  # it has just been written
    test: _Tested | None = evaluation["test"]
    certainty = evaluation["certainty"]
    if test is None:
        raise PixonomyError("No picture of this cell is tested.")
    record: CellRecord = {
        "fingerprint": _fingerprint(study, cell, digest),
        "setting": dict(cell.setting),
        "seed": cell.seed,
        "repeat": cell.fold.repeat,
        "fold": cell.fold.fold,
        **test,
        "log_loss": evaluation["metrics"]["log_loss"],
        "calibration_error": certainty["after"]["error"] if certainty else None,
        "steps": result["steps"],
        "train": _count_training(arrays),
        "seconds": result["seconds"],
    }
    write_json(place.path / CELL_FILE, record)
    clear_cell(place)
    return Done(cell, record, place)


def clear_cell(place: RunFolder) -> None:
    """Remove what a finished cell does not need, unless another run is at it."""
    heavy = [place.path / name for name in _HEAVY if (place.path / name).exists()]
    if heavy:
        with suppress(ArtefactInUse), lock_folder(place.path):
            for path in heavy:
                _remove(path)


def _fingerprint(study: Study, cell: Cell, digest: str) -> str:
    """Return what decides whether a finished cell can be taken as it is."""
    asked = asdict(choices_of(study, cell))
    files = [_recipe_path(study), _weights_path(study)]
    hashes = [hash_file(Path(name)) for name in files if name and Path(name).is_file()]
    return hash_json([asked, asdict(cell.fold), digest, hashes, versions(), _VERSION])


def _recipe_path(study: Study) -> str | None:
    return _resolve(study, study.recipe)


def _weights_path(study: Study) -> str | None:
    return _resolve(study, study.weights)


def _resolve(study: Study, name: str | None) -> str | None:
    """Return a file under the study's root by its path; any other word as it is."""
    if name is not None and study.path(name).is_file():
        return str(study.path(name))
    return name


def _count_training(arrays: Path) -> int:
    rows = read_parquet(arrays / "rows.parquet", ("split",))
    return int((rows["split"] == "train").sum())


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def some_of(cells: list[Cell], part: tuple[int, int]) -> Iterator[Cell]:
    """Yield this machine's part, (which, of how many), of the cells."""
    which, parts = part
    yield from (cell for place, cell in enumerate(cells) if place % parts == which - 1)
