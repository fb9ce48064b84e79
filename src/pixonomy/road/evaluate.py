"""A trained run goes in; predictions, figures and the report page come out."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pixonomy.arrays.read import ARRAYS_FILE, Arrays, read_arrays
from pixonomy.bundle.load import Bundle, load_bundle
from pixonomy.errors import SettingError
from pixonomy.evaluation.certainty import Certainty, check_certainty
from pixonomy.evaluation.copies import CopyCheck, check_copies
from pixonomy.evaluation.metrics import Metrics, measure
from pixonomy.evaluation.origins import Origin, find_origin_columns, measure_origins
from pixonomy.evaluation.predictions import predict_split
from pixonomy.evaluation.products import ProductCheck, check_products
from pixonomy.evaluation.report import Report, render_report
from pixonomy.files import (
    hash_json,
    printable,
    read_json,
    read_parquet,
    write_json,
    write_parquet,
    write_text,
)
from pixonomy.pages.wording import counted
from pixonomy.progress import Surroundings
from pixonomy.road.elsewhere import Evaluated, evaluate_on
from pixonomy.training.run import Run, RunFolder, read_run, versions

_DEFAULT = Surroundings()
_LEFT_OUT = "^(duplicate of|of the same group as) a (validation|test) picture$"
_VERSION = 4  # of what an evaluation holds; older ones are made anew


@dataclass(frozen=True)
class _Measured:
    """What was found on the pictures of a split; nothing where it has none."""

    split: str
    metrics: Metrics | None
    baselines: dict[str, float]
    copies: CopyCheck | None
    origins: tuple[Origin, ...]
    products: ProductCheck | None
    certainty: Certainty | None


def evaluate(
    run: Path, surroundings: Surroundings = _DEFAULT, on: Path | None = None
) -> dict[str, Any]:
    """Run the bundle on the test pictures and write the report.

    Without test pictures the report shows the validation pictures and says so.

    Args:
        on: a manifest of pictures from elsewhere. They are answered, too; `report`, `images` and
            `test` are then theirs. Labelled ones tell how much less right it is there; of those
            without a label the share of each category is estimated.

    Returns:
        {run, bundle, report, images, categories, seconds, test: {n, accuracy, accuracy_low,
        accuracy_high, macro_f1, majority_baseline} or null}; with `on` also predictions, gap:
        {n, groups, first, second, difference, low, high, chance, smallest, is_paired} or null, and
        shares: [{label, counted, share, low, high}].

    Raises:
        SettingError: if there is no run or manifest, or the pictures trained on have changed.
        BundleError: if the bundle cannot be trusted.
    """
    began = time.monotonic()
    folder, described = read_run(run)
    arrays = _read_arrays(folder, described)
    bundle = load_bundle(folder.bundle, surroundings.cores)
    fingerprint = hash_json([bundle.about["digest"], described.fingerprint, versions(), _VERSION])
    done = read_json(folder.evaluation)
    if done is None or done["fingerprint"] != fingerprint or not folder.report.exists():
        done = _evaluate(folder, described, arrays, bundle, surroundings)
        write_json(folder.evaluation, done | {"fingerprint": fingerprint})
    told = {
        "run": printable(run),
        "bundle": printable(folder.bundle),
        "report": printable(folder.report),
        "images": arrays.rows.height,
        "categories": len(described.labels),
        "test": done["test"],
    }
    if on is not None:
        split, facts = done["evaluated_split"], _facts(described, arrays, bundle)
        own = Evaluated(folder, described, bundle, split, _majority(arrays), facts)
        told |= evaluate_on(own, on, surroundings)
    return told | {"seconds": round(time.monotonic() - began, 2)}


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
    folder: RunFolder, run: Run, arrays: Arrays, bundle: Bundle, surroundings: Surroundings
) -> dict[str, Any]:
    has_test = bool(len(arrays.of_split("test")))
    split = "test" if has_test else "validation"
    predictions = predict_split(bundle, arrays, split, surroundings.progress)
    write_parquet(folder.predictions, predictions)
    temperature = bundle.calibration.temperature
    measured = _measure(folder, run, arrays, predictions, split=split, temperature=temperature)
    report = _report(folder, run, arrays, bundle, predictions, measured=measured)
    write_text(folder.report, render_report(report))
    metrics, copies = measured.metrics, measured.copies
    return {
        "test": metrics.summary() if metrics and has_test else None,
        "evaluated_split": split,
        "metrics": metrics.as_json() if metrics else None,
        "baselines": measured.baselines,
        "near_duplicates": copies.as_json() if copies and copies.is_known else None,
        "origins": [origin.as_json() for origin in measured.origins],
        "products": measured.products.as_json() if measured.products else None,
        "certainty": measured.certainty.as_json() if measured.certainty else None,
    }


def _measure(
    folder: RunFolder,
    run: Run,
    arrays: Arrays,
    predictions: pl.DataFrame,
    *,
    split: str,
    temperature: float,
) -> _Measured:
    if not predictions.height:
        return _Measured(split, None, {}, None, (), None, None)
    majority = _majority(arrays)
    metrics = measure(predictions, run.labels, majority)
    return _Measured(
        split,
        metrics,
        _baselines(folder, arrays, run, split, metrics),
        check_copies(predictions, arrays.rows),
        measure_origins(
            predictions,
            arrays.rows,
            find_origin_columns(arrays.rows, predictions["image_id"]),
        ),
        check_products(predictions, run.labels, majority),
        check_certainty(predictions, run.labels, temperature),
    )


def _majority(arrays: Arrays) -> str:
    """Return the most common label of the training pictures."""
    train = arrays.rows.filter(pl.col("split") == "train")["label"]
    counts = train.value_counts().sort(["count", "label"], descending=[True, False])
    return str(counts[0, 0])


def _baselines(
    folder: RunFolder, arrays: Arrays, run: Run, split: str, metrics: Metrics
) -> dict[str, float]:
    baselines = {f"always {metrics.majority_label}": metrics.majority_baseline}
    if folder.probe.exists():
        probe = read_parquet(folder.probe).filter(pl.col("split") == split)
        truth = probe.join(arrays.rows.select("image_id", "label"), on="image_id")
        predicted = pl.Series([run.labels[number] for number in truth["predicted"]])
        baselines["linear probe"] = float((predicted == truth["label"]).mean())  # type: ignore[arg-type]
    return baselines


def _report(
    folder: RunFolder,
    run: Run,
    arrays: Arrays,
    bundle: Bundle,
    predictions: pl.DataFrame,
    *,
    measured: _Measured,
) -> Report:
    place = {image_id: row for row, image_id in enumerate(arrays.rows["image_id"])}
    pictures = arrays.pictures(run.recipe.size)

    def look_up(image_ids: Sequence[str]) -> dict[str, np.ndarray]:
        rows = np.array([place[image_id] for image_id in image_ids], np.int64)
        return dict(zip(image_ids, pictures.gather(rows), strict=True))

    return Report(
        title=printable(folder.path.absolute().name),
        metrics=measured.metrics,
        evaluated_split=measured.split,
        labels=run.labels,
        names=dict(zip(bundle.labels, bundle.names, strict=True)),
        predictions=predictions,
        pictures=look_up,
        history=_history(folder),
        baselines=measured.baselines,
        counts=_counts(arrays),
        problems=_problems(arrays),
        facts=_facts(run, arrays, bundle),
        notes=_notes(arrays, measured),
        command=f"pixonomy evaluate {printable(folder.path)}",
        copies=measured.copies,
        origins=measured.origins,
        products=measured.products,
        certainty=measured.certainty,
    )


def _history(folder: RunFolder) -> pl.DataFrame | None:
    if not folder.history.exists():
        return None
    history = pl.read_csv(folder.history)
    # Without validation pictures, training has nothing to write into these.
    absent = {"validation_loss", "validation_accuracy"} - set(history.columns)
    return history.with_columns(pl.lit(None, pl.Float64).alias(name) for name in sorted(absent))


def _counts(arrays: Arrays) -> pl.DataFrame:
    left_out = _problems(arrays).group_by("label").len("left_out")
    counts = arrays.rows.group_by("label").agg(
        *(
            (pl.col("split") == name).sum().cast(pl.Int64).alias(name)
            for name in ("train", "validation", "test")
        )
    )
    # A full join: a category of which every picture is left out has to be told, too.
    joined = counts.join(left_out, on="label", how="full", coalesce=True, nulls_equal=True)
    return joined.with_columns(pl.exclude("label").fill_null(0).cast(pl.Int64)).sort("label")


def _problems(arrays: Arrays) -> pl.DataFrame:
    return arrays.problems.select("image_id", "label", "problem")


def _facts(run: Run, arrays: Arrays, bundle: Bundle) -> dict[str, str]:
    recipe = run.recipe
    weights = run.weights or "none, from scratch"
    return {
        "model": recipe.model,
        "picture size": f"{recipe.size} px, {arrays.about['fit']}",
        "epochs": str(recipe.epochs),
        "seed": str(recipe.seed),
        "pretrained weights": weights,
        "data (SHA-256 of the manifest)": str(arrays.about["fingerprint"]["manifest"]),
        "bundle (digest)": str(bundle.about["digest"]),
        **{f"version of {name}": str(value) for name, value in versions().items()},
    }


def _notes(arrays: Arrays, measured: _Measured) -> tuple[str, ...]:
    notes, metrics = [], measured.metrics
    is_copy = pl.col("problem").str.contains(_LEFT_OUT)
    copies = arrays.problems.filter(is_copy).height
    if copies:
        notes.append(
            f"{counted(copies, 'training picture was', 'training pictures were')} left out: copies "
            "of them, or pictures of the same group, are tested on."
        )
    if metrics and metrics.accuracy_low <= metrics.majority_baseline:
        notes.append(
            "This model has not clearly left the majority baseline: it has learnt little or "
            "nothing. Train longer, lower the learning rate, or start from pretrained weights."
        )
    if metrics and metrics.n < 100:
        notes.append(f"Only {metrics.n} pictures were tested: the interval is wide.")
    if metrics and measured.split == "test":
        notes.append(_note_on_origins(measured.origins))
    return tuple(notes)


def _note_on_origins(origins: Sequence[Origin]) -> str:
    held_out = [one.column for one in origins if one.values and one.unseen == one.values]
    if held_out:
        return (
            f"Held out by {' and '.join(held_out)}: the test pictures come from where no training "
            "picture does, so the accuracy is that on pictures from elsewhere."
        )
    return (
        "If the test pictures come from the same places as the training pictures, pictures "
        "from elsewhere will be answered less well."
    )
