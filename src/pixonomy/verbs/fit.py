"""Makes a trained, evaluated classifier and its report from sources, in one call."""

import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from pixonomy.arrays.write import ArraySettings
from pixonomy.dataset.describe import describe_manifest
from pixonomy.dataset.read_taxonomy import read_taxonomy
from pixonomy.errors import SettingError
from pixonomy.images.resize import DEFAULT_FIT, Fit
from pixonomy.progress import Context
from pixonomy.results.model_results import EvaluateResult
from pixonomy.sources.table import TableColumns
from pixonomy.splitting.assign import SplitShares
from pixonomy.storage.address import require_local
from pixonomy.storage.files import printable, storage_errors
from pixonomy.training.run import Origin, RunFolder
from pixonomy.verbs.command_lines import command_line, remark, training_options
from pixonomy.verbs.evaluate import evaluate
from pixonomy.verbs.index import IndexChoices, index
from pixonomy.verbs.prepare import prepare
from pixonomy.verbs.split import split
from pixonomy.verbs.train import (
    TrainChoices,
    plan_training,
    train,
)
from pixonomy.verbs.training_folder import found_training, training_artefact
from pixonomy.verbs.words_run import is_words_run, move_aside, require_same_categories

_DEFAULT = Context()
_DATA = ("manifest.parquet", "split.parquet", "arrays")  # what lies in the run's folder `data`


@dataclass(frozen=True)
class FitChoices:
    """What the user chose of the whole road; the defaults are ours.

    Attributes:
        columns, categories, level: how sources are read, see `IndexChoices`.
        fit: how other shapes become a square.
        hold_out: the column of which whole values are tested, see `SplitShares`.
    """

    columns: TableColumns = field(default_factory=TableColumns)
    training: TrainChoices = field(default_factory=TrainChoices)
    fit: Fit = DEFAULT_FIT
    seed: int = 0
    categories: Path | None = None
    level: int | None = IndexChoices.level
    hold_out: str | None = None

    @property
    def reading(self) -> IndexChoices:
        """How the sources are read."""
        return IndexChoices(self.columns, self.categories, self.level)

    @property
    def shares(self) -> SplitShares:
        """How the pictures are split."""
        return SplitShares(seed=self.seed, hold_out=self.hold_out)


def fit(
    sources: Sequence[Path | str],
    output: Path,
    choices: FitChoices | None = None,
    overwrite: bool = False,
    context: Context = _DEFAULT,
) -> EvaluateResult:
    """Index, group duplicates, split, prepare, train, evaluate, bundle: one call.

    Finished stages are skipped, so the same call after a kill goes on where it was. What a call
    has left that ended before its training began binds nobody: other choices replace it.

    Args:
        sources: folders, tables, catalogues, archives and manifests, see `index`.

    Returns:
        An EvaluateResult.

    Raises:
        SettingError: if a choice or a source is wrong, or `output` is something else.
        DataError: if the pictures do not allow it: none found, one category only, …
    """
    require_local(output)
    began = time.monotonic()
    choices = choices or FitChoices()
    indexed, assigned, arrays = (output / "data" / name for name in _DATA)
    plan = plan_training(choices.training, context)
    origin = _origin(sources, output, choices, plan.recipe.seed, context.device)
    plan = replace(plan, origin=origin)
    is_words = is_words_run(output)
    _check_output(output, is_words)
    if is_words and choices.categories is not None and not overwrite:
        labels = [one.id for one in read_taxonomy(choices.categories).leaf_categories]
        require_same_categories(output, labels)
    # A finished run is only read, which needs no lock; else each stage takes its own.
    run = RunFolder(output)
    lock = training_artefact(run).lock(context.report)
    with nullcontext() if run.evaluation.exists() else lock:
        if is_words:
            move_aside(output)
        anew = overwrite or found_training(run) is None
        found = index(sources, indexed, choices.reading, anew, context)
        for line in describe_manifest(found):
            context.report(line)
        split(indexed, assigned, choices.shares, anew, context)
        settings = ArraySettings((plan.recipe.size,), choices.fit)
        prepare(assigned, arrays, settings, anew, context)
        train(arrays, output, plan, overwrite, context)
        around = replace(context, device=context.device or plan.recipe.device)
        result = evaluate(output, around)
    return replace(result, run=printable(output), seconds=round(time.monotonic() - began, 2))


def _origin(
    sources: Sequence[Path | str],
    output: Path,
    choices: FitChoices,
    trained_seed: int,
    device: str | None,
) -> Origin:
    columns, training = choices.columns, choices.training
    changes = {**training.changes, "seed": choices.seed}
    options = {
        "-o": output,
        "--root": columns.root,
        "--path-column": columns.path,
        "--label-column": columns.label,
        "--categories": choices.categories,
        "--level": choices.level if choices.level != FitChoices.level else None,
        "--hold-out": choices.hold_out,
        **training_options(training.model, training.recipe, training.weights, changes),
        "--backbone": training.backbone,
        "--device": device,
    }
    unsaid = {  # by any option of `fit`, whose --seed is that of split and training
        **training.changes,
        "framing": choices.fit if choices.fit != DEFAULT_FIT else None,
        "seed of the training": trained_seed if trained_seed != choices.seed else None,
    }
    command = command_line("fit", sources, options) + remark(unsaid)
    return Origin(command, ", ".join(map(printable, sources)))


def _check_output(output: Path, is_words: bool) -> None:
    """Refuse a folder of other people's files before anything is written into it.

    Args:
        is_words: a words-only run lies there, whose place the new one takes.
    """
    if not is_words:
        found_training(RunFolder(output))
    data = output / "data"
    with storage_errors(data):
        names = [path.name for path in data.iterdir()] if data.is_dir() else []
    others = [name for name in names if name not in _DATA and not name.startswith(".")]
    if others or (data.exists() and not data.is_dir()):
        raise SettingError(
            f"{printable(data)} holds files that are not of a run; choose an empty or new folder."
        )
