"""Compares runs on one page, side by side."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import polars as pl

from pixonomy.bundle.load import load_bundle
from pixonomy.errors import SettingError
from pixonomy.evaluation.comparison import ComparedRun, compare_with_first
from pixonomy.evaluation.comparison_page import render_comparison
from pixonomy.evaluation.metrics import measure
from pixonomy.pages.provenance import Provenance
from pixonomy.progress import Context
from pixonomy.results.comparison_results import ComparedRunResult, CompareResult, RunComparison
from pixonomy.results.model_results import TestFigures
from pixonomy.storage.address import require_local
from pixonomy.storage.files import printable, read_json, write_text
from pixonomy.storage.locks import lock_file
from pixonomy.storage.tables import read_parquet
from pixonomy.training.run import RunFolder, read_run
from pixonomy.verbs.command_lines import command_line
from pixonomy.verbs.evaluate import evaluate

_DEFAULT = Context()
_HASH_LETTERS = 12  # enough to tell files apart


def compare(runs: Sequence[Path], output: Path, context: Context = _DEFAULT) -> CompareResult:
    """Compare each run with the first, by their answers to their test pictures.

    Runs that have not been evaluated are. A page that is there already is replaced.

    Returns:
        A CompareResult.

    Raises:
        SettingError: if there are fewer than two runs, or one has no test pictures.
    """
    require_local(output)
    began = time.monotonic()
    if len(runs) < 2:
        raise SettingError("A comparison needs two runs or more.")
    _require_space(output)
    tests = [_test(run, context) for run in runs]
    names = _name_runs(runs)
    compared_runs = [_compared_run(run, name) for run, name in zip(runs, names, strict=True)]
    compared = compare_with_first(compared_runs)
    command = command_line("compare", runs, {"-o": output})
    provenance = Provenance.now(", ".join(map(printable, runs)), began, command)
    with lock_file(output, context.report):
        write_text(output, render_comparison(compared_runs, compared, provenance))
    return CompareResult(
        page=printable(output),
        runs=tuple(_describe_run(run, test) for run, test in zip(runs, tests, strict=True)),
        comparisons=tuple(RunComparison.from_json(one.as_json()) for one in compared),
        seconds=round(time.monotonic() - began, 2),
    )


def _test(run: Path, context: Context) -> TestFigures:
    test = evaluate(run, context).test
    if test is None:
        raise SettingError(f"{printable(run)} has no test pictures to be compared by.")
    return test


def _describe_run(path: Path, test: TestFigures) -> ComparedRunResult:
    recipe = read_run(path)[1].recipe
    return ComparedRunResult(
        run=printable(path), model=recipe.model, size=recipe.size, seed=recipe.seed, test=test
    )


def _require_space(output: Path) -> None:
    """Refuse to write over anything but a page."""
    if output.is_dir() or (output.exists() and output.suffix.lower() not in {".html", ".htm"}):
        raise SettingError(
            f"{printable(output)} is there and is no page; give the name of an .html file."
        )


def _name_runs(runs: Sequence[Path]) -> list[str]:
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
    folder: RunFolder, recipe: Mapping[str, object], weights: str | None, manifest: str
) -> dict[str, str]:
    result = read_json(folder.result) or {}
    settings = {key: str(value) for key, value in recipe.items()}
    settings["pretrained weights"] = weights[:_HASH_LETTERS] if weights else "none, from scratch"
    settings["pictures (SHA-256 of the manifest)"] = manifest[:_HASH_LETTERS]
    if "seconds" in result:
        settings["training seconds"] = f"{result['seconds']:.0f}"
    return settings
