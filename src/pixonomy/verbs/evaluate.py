"""Tests a trained run: predictions, figures and the report page."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

import polars as pl

from pixonomy.arrays.image_shards import ARRAYS_FILE, Arrays, read_arrays
from pixonomy.bundle.load import Bundle, load_bundle
from pixonomy.bundle.test_figures import TEST_FILE, write_test_figures
from pixonomy.errors import SettingError
from pixonomy.evaluation.baselines import measure_baselines
from pixonomy.evaluation.calibration import check_calibration
from pixonomy.evaluation.card import write_card
from pixonomy.evaluation.copies import check_duplicates
from pixonomy.evaluation.hierarchy import measure_hierarchy
from pixonomy.evaluation.independent import number_groups
from pixonomy.evaluation.label_issues import find_label_issues
from pixonomy.evaluation.metrics import measure
from pixonomy.evaluation.new_sources import measure_new_sources
from pixonomy.evaluation.product_metrics import check_products
from pixonomy.evaluation.report import render_report
from pixonomy.evaluation.run_report import Measured, describe_facts, make_report
from pixonomy.evaluation.slices import find_slice_columns, measure_slices
from pixonomy.models.device import AUTO, require_device
from pixonomy.prediction.predictions import predict_split
from pixonomy.progress import Context
from pixonomy.results.model_results import EvaluateResult, TestFigures
from pixonomy.storage.files import hash_json, printable, read_json, write_json, write_text
from pixonomy.storage.locks import lock_folder
from pixonomy.storage.tables import read_parquet, write_parquet
from pixonomy.training.run import Run, RunFolder, read_run, versions
from pixonomy.verbs.command_lines import command_line
from pixonomy.verbs.evaluate_on import Evaluated, evaluate_on
from pixonomy.verbs.evaluate_words import evaluate_words
from pixonomy.verbs.words_run import is_words_run

_DEFAULT = Context()
_VERSION = 9  # of what an evaluation holds; older ones are made anew


class _Evaluation(TypedDict):
    """What `evaluation.json` says, beside its fingerprint."""

    test: Mapping[str, object] | None
    evaluated_split: str
    metrics: Mapping[str, object] | None
    baselines: object
    near_duplicates: object
    origins: Sequence[object]
    products: object
    certainty: object
    hierarchy: object
    suspected_labels: object
    new_sources: dict[str, object] | None
    heads: object
    rests_on: Mapping[str, Mapping[str, float]]


class _StoredEvaluation(_Evaluation):
    fingerprint: str


def evaluate(run: Path, context: Context = _DEFAULT, on: Path | None = None) -> EvaluateResult:
    """Run the bundle on the test pictures, or else the validation ones, and write the report.

    Args:
        on: a manifest of images from elsewhere, or a folder, a table, an archive or a glob, which
            is indexed first. They are answered, too; `report`, `images` and
            `test` are then theirs. Labelled ones tell how much less right it is there; of those
            without a label the share of each category is estimated.

    Returns:
        An EvaluateResult; with `on` an EvaluateOnResult.

    Raises:
        SettingError: if there is no run, manifest or device, or the pictures trained on have
            changed.
        BundleError: if the bundle cannot be trusted.
    """
    began = time.monotonic()
    require_device(context.device or AUTO)
    if is_words_run(run):
        return evaluate_words(run, on, context)
    folder, described = read_run(run)
    arrays = _read_arrays(folder, described)
    bundle = load_bundle(folder.bundle, context.cores)
    done = _evaluate_once(folder, described, arrays, bundle, context)
    test = TestFigures.from_json(done["test"]) if done["test"] is not None else None
    result = EvaluateResult(
        run=printable(run),
        bundle=printable(folder.bundle),
        report=printable(folder.report),
        images=arrays.rows.height,
        categories=len(described.labels),
        seconds=0.0,
        test=test,
    )
    if on is not None:
        split, facts = done["evaluated_split"], describe_facts(described, arrays, bundle)
        options = {"--on": on, "--device": context.device}
        command = command_line("evaluate", [folder.path], options)
        answers, evaluated = read_parquet(folder.predictions), done["fingerprint"]
        majority = _majority(arrays)
        own = Evaluated(folder, bundle, split, answers, evaluated, majority, facts, command)
        result = evaluate_on(own, on, result, context)
    return replace(result, seconds=round(time.monotonic() - began, 2))


def _evaluate_once(
    folder: RunFolder, run: Run, arrays: Arrays, bundle: Bundle, context: Context
) -> _StoredEvaluation:
    """Evaluate, or read back what an evaluation of the same bundle has found."""
    fingerprint = hash_json([bundle.about["digest"], run.fingerprint, versions(), _VERSION])
    done = _read_done(folder, fingerprint)
    if done is None:
        with lock_folder(folder.path, context.report):
            done = _read_done(folder, fingerprint)  # another run may have ended meanwhile
            if done is None:
                found = _evaluate(folder, run, arrays, bundle, context)
                done = {**found, "fingerprint": fingerprint}
                write_json(folder.evaluation, done)
    return done


def _read_done(folder: RunFolder, fingerprint: str) -> _StoredEvaluation | None:
    """Return what an evaluation has found; None if one has to be made."""
    done: _StoredEvaluation | None = read_json(folder.evaluation)
    if done is None or done["fingerprint"] != fingerprint:
        return None
    parts = [folder.report, folder.card]
    if done["test"] is not None:
        parts.append(folder.bundle / TEST_FILE)
    return done if all(part.exists() for part in parts) else None


def _read_arrays(folder: RunFolder, run: Run) -> Arrays:
    """Open the run's arrays; those inside a run folder are found again when it was moved."""
    inside = folder.path / "data" / "arrays"
    is_moved = not (run.arrays / ARRAYS_FILE).exists() and (inside / ARRAYS_FILE).exists()
    arrays = read_arrays(inside if is_moved else run.arrays)
    if hash_json(dict(arrays.about["fingerprint"])) != run.fingerprint["arrays"]:
        raise SettingError(
            f"{printable(arrays.folder)} no longer holds the pictures that "
            f"{printable(folder.path)} was trained on; train it anew."
        )
    return arrays


def _evaluate(
    folder: RunFolder, run: Run, arrays: Arrays, bundle: Bundle, context: Context
) -> _Evaluation:
    began = time.monotonic()
    has_test = bool(len(arrays.of_split("test")))
    split = "test" if has_test else "validation"
    answered = predict_split(bundle, arrays, split, context.progress)
    predictions = number_groups(answered, arrays.rows)
    write_parquet(folder.predictions, predictions)
    temperature = bundle.calibration.temperature
    measured = _measure(folder, run, arrays, predictions, split=split, temperature=temperature)
    report = make_report(
        folder, run, arrays, bundle, predictions, measured=measured, began=began, context=context
    )
    write_text(folder.report, render_report(report))
    write_text(folder.card, write_card(report))
    metrics, copies = measured.metrics, measured.copies
    test = metrics.summary() if metrics and has_test else None
    figures = None if test is None else TestFigures.from_json(test)
    write_test_figures(folder.bundle, bundle.about["digest"], figures)
    return {
        "test": test,
        "evaluated_split": split,
        "metrics": metrics.as_json() if metrics else None,
        "baselines": measured.baselines,
        "near_duplicates": copies.as_json() if copies and copies.is_known else None,
        "origins": [slice_.as_json() for slice_ in measured.slices],
        "products": measured.products.as_json() if measured.products else None,
        "certainty": measured.certainty.as_json() if measured.certainty else None,
        "hierarchy": measured.hierarchy.as_json() if measured.hierarchy else None,
        "suspected_labels": measured.label_issues.as_json() if measured.label_issues else None,
        "new_sources": measured.new_sources.as_json() if measured.new_sources else None,
        "heads": read_json(folder.gate_facts),
        "rests_on": _measure_grounds(predictions),
    }


def _measure_grounds(predictions: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Return by what answers rest on how many there are and how many of these are right."""
    if "rests_on" not in predictions.columns:
        return {}
    is_right = pl.col("label") == pl.col("predicted")
    found = predictions.group_by("rests_on").agg(n=pl.len(), accuracy=is_right.mean())
    return {name: {"n": n, "accuracy": share} for name, n, share in found.sort("n").iter_rows()}


def _measure(
    folder: RunFolder,
    run: Run,
    arrays: Arrays,
    predictions: pl.DataFrame,
    *,
    split: str,
    temperature: float,
) -> Measured:
    if not predictions.height:
        return Measured(split, None, {}, None, (), None, None)
    majority = _majority(arrays)
    metrics = measure(predictions, run.labels, majority)
    return Measured(
        split,
        metrics,
        measure_baselines(folder, run, arrays, split, metrics),
        check_duplicates(predictions, arrays.rows),
        measure_slices(
            predictions,
            arrays.rows,
            find_slice_columns(arrays.rows, predictions["image_id"]),
        ),
        check_products(predictions, run.labels, majority),
        check_calibration(predictions, run.labels, temperature),
        measure_hierarchy(metrics.confusion, run.labels, _paths(arrays), predictions),
        find_label_issues(predictions, run.labels),
        measure_new_sources(predictions, arrays.rows),
    )


def _paths(arrays: Arrays) -> dict[str, list[str]]:
    """Return the ids from level 1 down to each label that is in a tree."""
    taxonomy = arrays.taxonomy
    return {} if taxonomy is None else {one: taxonomy.path(one) for one in taxonomy.categories}


def _majority(arrays: Arrays) -> str:
    """Return the most common label of the training pictures."""
    train = arrays.rows.filter(pl.col("split") == "train")["label"]
    counts = train.value_counts().sort(["count", "label"], descending=[True, False])
    return str(counts[0, 0])
