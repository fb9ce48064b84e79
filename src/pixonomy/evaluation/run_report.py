"""Gathers what the report page and the model card of a run are made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.arrays.image_shards import Arrays
from pixonomy.bundle.calibrate import explain_never_sure
from pixonomy.bundle.load import Bundle
from pixonomy.dataset.location import uri_to_path
from pixonomy.evaluation.baselines import LINEAR_PROBE
from pixonomy.evaluation.calibration import CalibrationCheck
from pixonomy.evaluation.copies import DuplicateCheck
from pixonomy.evaluation.examples import ImageSource
from pixonomy.evaluation.hierarchy import Hierarchy
from pixonomy.evaluation.label_issues import LabelIssues
from pixonomy.evaluation.metrics import Metrics
from pixonomy.evaluation.new_sources import NewSources
from pixonomy.evaluation.product_metrics import ProductCheck
from pixonomy.evaluation.report import Report
from pixonomy.evaluation.sections import describe_units
from pixonomy.evaluation.slices import Slice
from pixonomy.evaluation.source_images import lay_over, read_source_images
from pixonomy.evaluation.training_choices import describe_choices
from pixonomy.models.device import AUTO
from pixonomy.models.on_torch import on_torch
from pixonomy.pages.provenance import Provenance
from pixonomy.pages.wording import counted, duration
from pixonomy.progress import Context
from pixonomy.storage.files import printable, read_json
from pixonomy.training.run import Origin, Run, RunFolder, read_run, versions

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
    new_sources: NewSources | None = None


def make_report(
    folder: RunFolder,
    run: Run,
    arrays: Arrays,
    bundle: Bundle,
    predictions: pl.DataFrame,
    *,
    measured: Measured,
    began: float,
    context: Context,
) -> Report:
    """Gather all that the page tells.

    Args:
        predictions: those of the measured split.
        began: when the evaluation began, as `time.monotonic` measured it.
    """
    images = _Images(folder, run, arrays, context)
    return Report(
        title=_title(folder.path.absolute()),
        metrics=measured.metrics,
        evaluated_split=measured.split,
        labels=run.labels,
        names=dict(zip(bundle.labels, bundle.names, strict=True)),
        predictions=predictions,
        images=images.as_source(),
        history=_history(folder),
        baselines=_baselines_shown(measured, run),
        counts=_counts(arrays),
        problems=_problems(arrays),
        facts=describe_facts(run, arrays, bundle) | describe_choices(folder),
        notes=(*_notes(arrays, measured), *_note_on_sure(run, bundle)),
        provenance=_provenance(folder, run, arrays, measured, began),
        copies=measured.copies,
        slices=measured.slices,
        products=measured.products,
        certainty=measured.certainty,
        hierarchy=measured.hierarchy,
        label_issues=measured.label_issues,
        new_sources=measured.new_sources,
    )


def _baselines_shown(measured: Measured, run: Run) -> dict[str, float]:
    """Leave out the linear probe where the run is one: it would be compared with itself."""
    is_probe = run.recipe.epochs == 0 and not run.recipe.is_gated
    return {
        name: share
        for name, share in measured.baselines.items()
        if not (is_probe and name == LINEAR_PROBE)
    }


def _title(path: Path) -> str:
    """Return the run's name; that of the folder above with it, where it is only called a run."""
    parts = path.parts[-2:] if path.name == "run" else path.parts[-1:]
    return printable("/".join(parts))


def _provenance(
    folder: RunFolder, run: Run, arrays: Arrays, measured: Measured, began: float
) -> Provenance:
    """Say what was trained and tested on, how long both took, and how all of it is made again."""
    training = (read_json(folder.result) or {}).get("seconds")
    span = f" in {duration(training)}" if training else ""
    trained = counted(int((arrays.rows["split"] == "train").sum()), "picture")
    n = measured.metrics.n if measured.metrics else 0
    tested = f", judged on {counted(n, f'{measured.split} picture')}" if n else ""
    categories = counted(len(run.labels), "category", "categories")
    details = f"{categories}; trained on {trained}{span}{tested}."
    origin = run.origin or Origin(
        f"pixonomy evaluate {printable(folder.path)}", printable(arrays.folder)
    )
    return Provenance.now(origin.source, began, origin.command, (details,))


@dataclass(frozen=True)
class _Images:
    """The run's images, for a page."""

    folder: RunFolder
    run: Run
    arrays: Arrays
    context: Context

    def as_source(self) -> ImageSource:
        """Return where the page reads from: the source, else the arrays."""
        attention = self.attend if self.folder.best.exists() else None
        return ImageSource(self.read_source, self.find_rows, attention)

    def read_source(self, image_ids: Sequence[str]) -> dict[str, npt.NDArray[np.uint8]]:
        """Return those that are still where they were, uint8 (3, height, width)."""
        base = self.arrays.about.get("base")  # arrays of an earlier Pixonomy do not say
        if base is None:
            return {}
        rows = self.arrays.rows.filter(pl.col("image_id").is_in(list(image_ids)))
        return read_source_images(rows, uri_to_path(base), self.context.cores)

    def find_rows(self, image_ids: Sequence[str]) -> dict[str, npt.NDArray[np.uint8]]:
        """Return images as the network sees them, uint8 (3, size, size)."""
        wanted = pl.DataFrame({"image_id": image_ids})
        places = self.arrays.rows.select("image_id").with_row_index("place")
        found = wanted.join(places, on="image_id", how="left", maintain_order="left")["place"]
        images = self.arrays.images(self.run.recipe.size).gather(found.to_numpy().astype(int))
        return dict(zip(image_ids, images, strict=True))

    def attend(
        self, shown: Mapping[str, npt.NDArray[np.uint8]], labels: Sequence[str]
    ) -> dict[str, npt.NDArray[np.float32]]:
        """Return where in each image the answer comes from, float32 (height, width), 0 to 1."""
        numbers = [self.run.labels.index(label) for label in labels]
        images = np.stack(list(self.find_rows(list(shown)).values()))
        places = np.array(numbers, np.int64)
        device = self.context.device or AUTO
        maps = on_torch(_draw_maps, self.folder.path, images, places, device)
        if maps is None:
            return {}
        fit = self.arrays.about["fit"]
        return {
            image_id: lay_over(one, fit, *pixels.shape[1:])
            for (image_id, pixels), one in zip(shown.items(), maps, strict=True)
        }


def _draw_maps(
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
    if metrics and not metrics.has_left_baseline:
        notes.append(
            "This model has not clearly left the majority baseline: it has learnt little or "
            "nothing. Train longer, lower the learning rate, or start from pretrained weights."
        )
    if metrics and metrics.n < 100:
        notes.append(f"Only {metrics.n} pictures were tested: the interval is wide.")
    elif metrics and metrics.units is not None and metrics.units < 100:
        notes.append(f"Only {describe_units(metrics)} were tested: the interval is wide.")
    if metrics and measured.split == "test":
        notes.append(_note_on_slices(measured.slices))
    return tuple(notes)


def _note_on_sure(run: Run, bundle: Bundle) -> tuple[str, ...]:
    units = bundle.about.get("provenance", {}).get("calibrated_units")  # older bundles do not tell
    known = units if type(units) is int else None
    sentence = explain_never_sure(bundle.calibration, run.recipe.sure_accuracy, known)
    return (sentence,) if sentence is not None else ()


def _note_on_slices(slices: Sequence[Slice]) -> str:
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
