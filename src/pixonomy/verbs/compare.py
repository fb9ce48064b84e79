"""Runs go in; one page that shows them side by side comes out."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from pixonomy.bundle.load import load_bundle
from pixonomy.errors import SettingError
from pixonomy.evaluation.comparison import ComparedRun, compare_with_first, render_comparison
from pixonomy.evaluation.metrics import measure
from pixonomy.progress import Context
from pixonomy.storage.address import require_local
from pixonomy.storage.files import printable, read_json, write_text
from pixonomy.storage.locks import lock_file
from pixonomy.storage.tables import read_parquet
from pixonomy.training.run import RunFolder, read_run
from pixonomy.verbs.evaluate import evaluate

_DEFAULT = Context()
_HASH_LETTERS = 12  # enough to tell files apart


def compare(runs: Sequence[Path], output: Path, context: Context = _DEFAULT) -> dict[str, Any]:
    """Compare each run with the first, by their answers to their test pictures.

    Runs that have not been evaluated are. A page that is there already is replaced.

    Returns:
        {page, runs: [{run, model, size, seed, test}], comparisons: [{run, n, groups, first, second,
        difference, low, high, chance, smallest, is_paired, adjusted, only_first, only_second}],
        seconds}: shares of 0 to 1, the difference being the run's accuracy minus the first's.

    Raises:
        SettingError: if there are fewer than two runs, or one has no test pictures.
    """
    require_local(output)
    began = time.monotonic()
    if len(runs) < 2:
        raise SettingError("A comparison needs two runs or more.")
    _require_room(output)
    tests = [evaluate(run, context)["test"] for run in runs]
    untested = [printable(run) for run, test in zip(runs, tests, strict=True) if test is None]
    if untested:
        raise SettingError(f"{untested[0]} has no test pictures to be compared by.")
    names = _tell_apart(runs)
    compared_runs = [_compared_run(run, name) for run, name in zip(runs, names, strict=True)]
    compared = compare_with_first(compared_runs)
    command = " ".join(["pixonomy compare", *map(printable, runs), "-o", printable(output)])
    with lock_file(output, context.report):
        write_text(output, render_comparison(compared_runs, compared, command))
    recipes = [read_run(run)[1].recipe for run in runs]
    return {
        "page": printable(output),
        "runs": [
            {"run": printable(run), "model": recipe.model, "size": recipe.size,
             "seed": recipe.seed, "test": test}
            for run, recipe, test in zip(runs, recipes, tests, strict=True)
        ],
        "comparisons": [one.as_json() for one in compared],
        "seconds": round(time.monotonic() - began, 2),
    }  # fmt: skip


def _require_room(output: Path) -> None:
    """Refuse to write over anything but a page."""
    if output.is_dir() or (output.exists() and output.suffix.lower() not in {".html", ".htm"}):
        raise SettingError(
            f"{printable(output)} is there and is no page; give the name of an .html file."
        )


def _tell_apart(runs: Sequence[Path]) -> list[str]:
    """Return a name for each run: its folder's, with those above it as far as it takes."""
    parts = [run.absolute().parts for run in runs]
    for depth in range(1, max(map(len, parts)) + 1):
        names = ["/".join(one[-depth:]) for one in parts]
        if len(set(names)) == len(names):
            return [printable(name) for name in names]
    counts: Counter[str] = Counter()  # one run named twice
    numbered = []
    for run in runs:
        counts[run.name] += 1
        numbered.append(f"{printable(run.name)} ({counts[run.name]})")
    return numbered


def _compared_run(path: Path, name: str) -> ComparedRun:
    folder, run = read_run(path)
    evaluation = read_json(folder.evaluation)
    assert evaluation is not None  # it has just been evaluated
    predictions = read_parquet(folder.predictions)
    bundle = load_bundle(folder.bundle)
    return ComparedRun(
        name=name,
        settings=_settings(folder, asdict(run.recipe), run.weights, str(run.manifest)),
        names=dict(zip(bundle.labels, bundle.names, strict=True)),
        metrics=measure(predictions, run.labels, evaluation["metrics"]["majority_label"]),
        predictions=predictions,
        history=pl.read_csv(folder.history) if folder.history.exists() else None,
    )


def _settings(
    folder: RunFolder, recipe: dict[str, Any], weights: str | None, manifest: str
) -> dict[str, str]:
    result = read_json(folder.result) or {}
    told = {key: str(value) for key, value in recipe.items()}
    told["pretrained weights"] = weights[:_HASH_LETTERS] if weights else "none, from scratch"
    told["pictures (SHA-256 of the manifest)"] = manifest[:_HASH_LETTERS]
    if "seconds" in result:
        told["training seconds"] = f"{result['seconds']:.0f}"
    return told
