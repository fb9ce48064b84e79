"""Runs a study: every cell's training, one table and one page."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from pixonomy.bundle.embedder import choose_embedder
from pixonomy.dataset.manifest import read_manifest
from pixonomy.errors import PixonomyError, SettingError
from pixonomy.pages.provenance import Provenance
from pixonomy.pages.wording import counted, duration
from pixonomy.progress import Context
from pixonomy.results.comparison_results import CellCounts, StudyResult
from pixonomy.spreadsheet import write_spreadsheet
from pixonomy.storage.address import require_local
from pixonomy.storage.artefact import FolderArtefact
from pixonomy.storage.files import (
    hash_file,
    hash_json,
    printable,
    read_json,
    write_json,
    write_text,
)
from pixonomy.storage.locks import lock_file, lock_folder
from pixonomy.studies.effects import find_effects
from pixonomy.studies.plan import Cell, Study, load_study
from pixonomy.studies.separability import SeparabilityRecord, measure_separability
from pixonomy.studies.study_cells import Done, choices_of, clear_cell, find_done, run_cell, some_of
from pixonomy.studies.study_data import Prepared, prepare_data, prepare_fold
from pixonomy.studies.study_page import Findings, render_study
from pixonomy.verbs.command_lines import command_line
from pixonomy.verbs.train import plan_training

_DEFAULT = Context()
_RECORD = "study.json"
_TABLE, _PAGE = "table.csv", "study.html"
_COLUMNS = (
    "seed", "repeat", "fold", "train", "steps", "n", "accuracy", "accuracy_low", "accuracy_high",
    "macro_f1", "log_loss", "calibration_error",
)  # fmt: skip


@dataclass(frozen=True)
class StudyChoices:
    """How a study is run.

    Attributes:
        root: what the file's relative paths hang from; None: its own folder.
        part: this machine's part of the cells: (1, 1) is all, (2, 4) the second of four. Parts
            share the folder; the table holds all cells that are finished.
        network: that looks at the images before any training: a bundle, a weights file,
            `imagenet` or `none`; None: the study's weights, else a hand-made description.
    """

    root: Path | None = None
    part: tuple[int, int] = (1, 1)
    network: str | None = None

    def __post_init__(self) -> None:
        which, parts = self.part
        if not 1 <= which <= parts:
            raise SettingError(f"A part is 1/1, 1/4 … 4/4, not {which}/{parts}.")


@dataclass
class _Counts:
    done: int = 0
    failed: int = 0
    skipped: int = 0


def study(
    file: Path,
    output: Path,
    choices: StudyChoices | None = None,
    context: Context = _DEFAULT,
) -> StudyResult:
    """Train and test every cell of a grid, and compare.

    Finished cells are skipped, so the same call after a kill, or with another cell, goes on. A
    cell that fails is told and tried again by the next call.

    Returns:
        A StudyResult.

    Raises:
        SettingError: if the study, a source or a setting is wrong, or `output` is something else.
        DataError: if a category has no images.
    """
    require_local(output)
    began, choices = time.monotonic(), choices or StudyChoices()
    planned = load_study(file, choices.root)
    _check_settings(planned, Context(device=context.device))
    _claim(output)
    which, parts = choices.part
    part = f"-{which}-of-{parts}" if parts > 1 else ""
    with lock_folder(output, context.report, part=part):
        prepared = prepare_data(planned, output / "data", context)
        counts, failures = _run_cells(planned, prepared, output, choices.part, context)
        # Other parts write the table, too: the last one must have seen the cells of all.
        with lock_file(output / _TABLE, context.report, waits=True):
            finished = _finished(planned, prepared, output)
            _require_cells(finished, failures)
            found = Findings(
                study=planned,
                cells=finished,
                effects=find_effects(dict(planned.axes), finished),
                separability=_measure_separability(planned, prepared, output, choices, context),
                names={name: _names(one) for name, one in prepared.items()},
                failures=failures,
                missing=len(planned.cells) - len(finished),
                provenance=_provenance(file, output, choices, began, finished),
            )
            result = _write_outcome(found, counts, output)
    return replace(result, seconds=round(time.monotonic() - began, 2))


def _check_settings(planned: Study, quiet: Context) -> None:
    """A wrong setting of any cell ends here, before any work."""
    for cell in planned.cells:
        plan_training(choices_of(planned, cell), quiet)


def _write_outcome(found: Findings, counts: _Counts, output: Path) -> StudyResult:
    """Write the table and the page; return what `study` tells."""
    _write_table(found.study, found.cells, output / _TABLE)
    write_text(output / _PAGE, render_study(found))
    return StudyResult(
        table=printable(output / _TABLE),
        page=printable(output / _PAGE),
        cells=CellCounts(**vars(counts)),
        effects=tuple(found.effects),
        seconds=0.0,
    )


def _provenance(
    file: Path, output: Path, choices: StudyChoices, began: float, finished: Sequence[Done]
) -> Provenance:
    which, parts = choices.part
    options = {
        "-o": output,
        "--root": choices.root,
        "--network": choices.network,
        "--part": f"{which}/{parts}" if parts > 1 else None,
    }
    seconds = sum(float(one.record["seconds"]) for one in finished)
    details = f"{counted(len(finished), 'training')}, {duration(seconds)} in all."
    command = command_line("study", [file], options)
    return Provenance.now(printable(file), began, command, (details,))


def _require_cells(finished: Sequence[object], failures: Sequence[str]) -> None:
    if not finished:
        raise PixonomyError(f"No cell could be trained; the first failed so: {failures[0]}")


def _claim(output: Path) -> None:
    """Mark the folder as a study's before anything is written into it."""
    FolderArtefact(output, "study", _RECORD, _RECORD).fingerprint()
    if not (output / _RECORD).exists():
        write_json(output / _RECORD, {"stage": "study"})


def _run_cells(
    planned: Study,
    prepared: dict[str, Prepared],
    output: Path,
    part: tuple[int, int],
    context: Context,
) -> tuple[_Counts, list[str]]:
    counts, failures = _Counts(), []
    mine = list(some_of(planned.cells, part))
    for place, cell in enumerate(mine):
        digest = _digest(planned, prepared[cell.data])
        done = find_done(planned, cell, digest, output / "cells")
        if done is not None:
            counts.skipped += 1
            clear_cell(done.folder)
        else:
            try:
                arrays = _arrays(planned, prepared[cell.data], cell, output, context)
                run_cell(planned, cell, arrays, digest, output / "cells", context)
                counts.done += 1
            except PixonomyError as error:
                counts.failed += 1
                failures.append(f"{cell.name()}: {error}")
                context.report(failures[-1])
        context.progress("cells", place + 1, len(mine))
    return counts, failures


def _arrays(planned: Study, prepared: Prepared, cell: Cell, output: Path, context: Context) -> Path:
    sizes = planned.sizes or (plan_training(choices_of(planned, cell)).recipe.size,)
    quiet = Context(context.cores)
    folder = output / "data" / "-".join(str(size) for size in sizes)
    folder.mkdir(parents=True, exist_ok=True)
    return prepare_fold(planned, prepared, cell.fold, sizes, folder, quiet)


def _digest(planned: Study, prepared: Prepared) -> str:
    """Return what decides which images the cells of a data set see."""
    chosen = hash_json(sorted(prepared.units["image_id"].to_list()))
    sample = {name: str(value) for name, value in vars(planned.sample).items()}
    return hash_json([hash_file(prepared.manifest), chosen, sample, dict(prepared.each)])


def _finished(planned: Study, prepared: dict[str, Prepared], output: Path) -> list[Done]:
    """Return all finished cells, whichever call or machine has done them."""
    found = (
        find_done(planned, cell, _digest(planned, prepared[cell.data]), output / "cells")
        for cell in planned.cells
    )
    return [one for one in found if one is not None]


def _measure_separability(
    planned: Study,
    prepared: dict[str, Prepared],
    output: Path,
    choices: StudyChoices,
    context: Context,
) -> dict[str, SeparabilityRecord]:
    """Return the separability of each data set, measured once."""
    network = choices.network
    if network is None and planned.weights is not None:
        weights = planned.path(planned.weights)
        network = str(weights) if weights.is_file() else planned.weights
    embedder = choose_embedder(network or "none", output / "data", context)
    asked = hash_json(
        [
            embedder.identity,
            *(hash_json(one.units["image_id"].to_list()) for one in prepared.values()),
        ]
    )
    known = read_json(output / "separability.json")
    if known is None or known["asked"] != asked:
        measured = measure_separability(prepared, embedder, context)
        known = {"asked": asked, "of": {name: one.as_json() for name, one in measured.items()}}
        write_json(output / "separability.json", known)
    return dict(known["of"])


def _names(prepared: Prepared) -> dict[str, str]:
    tree = read_manifest(prepared.manifest, ()).taxonomy
    return {label: tree.name(label) if tree else label for label in prepared.labels}


def _write_table(planned: Study, finished: Sequence[Done], path: Path) -> None:
    """Write one line a cell, in the order of the grid; nothing in it depends on the clock."""
    axes = list(planned.axes)
    rows = [
        {
            **{axis: str(one.record["setting"][axis]) for axis in axes},
            **{name: dict(one.record)[name] for name in _COLUMNS},
        }
        for one in finished
    ]
    write_spreadsheet(path, pl.DataFrame(rows))
