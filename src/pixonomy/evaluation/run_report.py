"""Gathers what the report page and the model card of a run are made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.arrays.image_shards import Arrays
from pixonomy.bundle.calibrate import explain_never_sure
from pixonomy.bundle.load import Bundle
from pixonomy.evaluation.calibration import CalibrationCheck
from pixonomy.evaluation.copies import DuplicateCheck
from pixonomy.evaluation.hierarchy import Hierarchy
from pixonomy.evaluation.label_issues import LabelIssues
from pixonomy.evaluation.metrics import Metrics
from pixonomy.evaluation.product_metrics import ProductCheck
from pixonomy.evaluation.report import Report
from pixonomy.evaluation.sections import describe_units
from pixonomy.evaluation.slices import Slice
from pixonomy.models.device import AUTO
from pixonomy.models.on_torch import on_torch
from pixonomy.pages.wording import counted
from pixonomy.storage.files import printable
from pixonomy.training.run import Run, RunFolder, read_run, versions

_LEFT_OUT = "^(duplicate of|of the same group as) a (validation|test) picture$"


@dataclass(frozen=True)
class Measured:
    """What was found on the images of a split; nothing where it has none."""

    split: str
    metrics: Metrics | None
    baselines: dict[str, float]
    copies: DuplicateCheck | None
    slices: tuple[Slice, ...]
    products: ProductCheck | None
    certainty: CalibrationCheck | None
    hierarchy: Hierarchy | None = None
    label_issues: LabelIssues | None = None


def make_report(
    folder: RunFolder,
    run: Run,
    arrays: Arrays,
    bundle: Bundle,
    predictions: pl.DataFrame,
    *,
    measured: Measured,
    device: str | None = None,
) -> Report:
    """Gather all that the page tells; `predictions` are those of the measured split."""
    images = _Images(folder, run, arrays, device or AUTO)
    return Report(
        title=printable(folder.path.absolute().name),
        metrics=measured.metrics,
        evaluated_split=measured.split,
        labels=run.labels,
        names=dict(zip(bundle.labels, bundle.names, strict=True)),
        predictions=predictions,
        images=images.look_up,
        history=_history(folder),
        baselines=measured.baselines,
        counts=_counts(arrays),
        problems=_problems(arrays),
        facts=describe_facts(run, arrays, bundle),
        notes=(*_notes(arrays, measured), *_note_on_sure(run, bundle)),
        command=f"pixonomy evaluate {printable(folder.path)}",
        copies=measured.copies,
        slices=measured.slices,
        products=measured.products,
        certainty=measured.certainty,
        hierarchy=measured.hierarchy,
        label_issues=measured.label_issues,
        attention=images.attend if folder.best.exists() else None,
    )


@dataclass(frozen=True)
class _Images:
    """The run's images, as the network sees them."""

    folder: RunFolder
    run: Run
    arrays: Arrays
    device: str

    def look_up(self, image_ids: Sequence[str]) -> dict[str, np.ndarray]:
        """Return images, uint8 (3, size, size)."""
        wanted = pl.DataFrame({"image_id": image_ids})
        places = self.arrays.rows.select("image_id").with_row_index("place")
        found = wanted.join(places, on="image_id", how="left", maintain_order="left")["place"]
        images = self.arrays.images(self.run.recipe.size).gather(found.to_numpy().astype(int))
        return dict(zip(image_ids, images, strict=True))

    def attend(self, image_ids: Sequence[str], labels: Sequence[str]) -> dict[str, np.ndarray]:
        """Return where in each image the answer comes from, float32 (height, width), 0 to 1."""
        numbers = [self.run.labels.index(label) for label in labels]
        images = np.stack(list(self.look_up(image_ids).values()))
        places = np.array(numbers, np.int64)
        maps = on_torch(_look, self.folder.path, images, places, self.device)
        return {} if maps is None else dict(zip(image_ids, maps, strict=True))


def _look(
    path: Path,
    images: npt.NDArray[np.uint8],
    categories: npt.NDArray[np.int64],
    device: str,
) -> npt.NDArray[np.float32] | None:
    from pixonomy.training.class_activation import attention_of  # only now: it loads Keras

    folder, run = read_run(path)
    return attention_of(run, folder, images, categories, device)


def _history(folder: RunFolder) -> pl.DataFrame | None:
    if not folder.history.exists():
        return None
    history = pl.read_csv(folder.history)
    # Without validation images, training has nothing to write into these.
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
    # A full join: a category of which every image is left out has to be told, too.
    joined = counts.join(left_out, on="label", how="full", coalesce=True, nulls_equal=True)
    return joined.with_columns(pl.exclude("label").fill_null(0).cast(pl.Int64)).sort("label")


def _problems(arrays: Arrays) -> pl.DataFrame:
    return arrays.problems.select("image_id", "label", "problem")


def describe_facts(run: Run, arrays: Arrays, bundle: Bundle) -> dict[str, str]:
    """Return what else is known of a run, in order."""
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


def _notes(arrays: Arrays, measured: Measured) -> tuple[str, ...]:
    notes, metrics = [], measured.metrics
    is_duplicate = pl.col("problem").str.contains(_LEFT_OUT)
    copies = arrays.problems.filter(is_duplicate).height
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
    elif metrics and metrics.units is not None and metrics.units < 100:
        notes.append(f"Only {describe_units(metrics)} were tested: the interval is wide.")
    if metrics and measured.split == "test":
        notes.append(_note_on_origins(measured.slices))
    return tuple(notes)


def _note_on_sure(run: Run, bundle: Bundle) -> tuple[str, ...]:
    units = bundle.about.get("provenance", {}).get("calibrated_units")  # older bundles do not tell
    known = units if type(units) is int else None
    told = explain_never_sure(bundle.calibration, run.recipe.sure_accuracy, known)
    return (told,) if told is not None else ()


def _note_on_origins(slices: Sequence[Slice]) -> str:
    held_out = [one.column for one in slices if one.values and one.unseen == one.values]
    if held_out:
        return (
            f"Held out by {' and '.join(held_out)}: the test pictures come from where no training "
            "picture does, so the accuracy is that on pictures from elsewhere."
        )
    return (
        "If the test pictures come from the same places as the training pictures, pictures "
        "from elsewhere will be answered less well."
    )
