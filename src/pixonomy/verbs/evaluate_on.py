"""Tests an evaluated run on another manifest, as an external test set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from polars import selectors

from pixonomy.bundle.load import Bundle
from pixonomy.dataset.connected import DUPLICATES
from pixonomy.dataset.location import locate
from pixonomy.dataset.manifest import hash_manifest, read_about
from pixonomy.dataset.read import read_all
from pixonomy.errors import UndecodableImage
from pixonomy.evaluation.calibration import check_calibration
from pixonomy.evaluation.card import write_card
from pixonomy.evaluation.external_test import ExternalTest, measure_external
from pixonomy.evaluation.independent import mark_units
from pixonomy.evaluation.metrics import Metrics, measure
from pixonomy.evaluation.mix import describe_mix
from pixonomy.evaluation.report import Report, render_report
from pixonomy.images.decode import decode
from pixonomy.pages.wording import display_names
from pixonomy.progress import Context
from pixonomy.results.model_results import EvaluateOnResult, EvaluateResult
from pixonomy.storage.artefact import Record
from pixonomy.storage.files import hash_json, printable, read_json, write_json, write_text
from pixonomy.storage.locks import lock_folder
from pixonomy.storage.tables import read_parquet, scan_parquet
from pixonomy.training.run import Run, RunFolder, versions
from pixonomy.verbs.find_manifest import find_manifest
from pixonomy.verbs.predict import PredictChoices, predict

_VERSION = 3  # of what is said of a set from elsewhere
_SHOWN_PIXELS = 160  # what thumbnails are made from, at least
_HASH_LETTERS = 8


@dataclass(frozen=True)
class Evaluated:
    """A run that has been evaluated on its own pictures.

    Attributes:
        split: the one it was evaluated on.
        majority: the most common label of its training pictures.
        facts: what its report tells of it.
        command: what makes the evaluation elsewhere again.
    """

    folder: RunFolder
    run: Run
    bundle: Bundle
    split: str
    majority: str
    facts: Mapping[str, str]
    command: str


def evaluate_on(
    own: Evaluated, named: Path, result: EvaluateResult, context: Context
) -> EvaluateOnResult:
    """Answer images from elsewhere and compare with the run's own; see `evaluate`.

    All lies in `on/<name>-<hash>` of the run, with a model card; what is there already is taken as
    it is.

    Args:
        result: of the run's own evaluation.
    """
    elsewhere = own.folder.path / "on"
    manifest = find_manifest(named, elsewhere / ".indexed", context)
    digest = hash_manifest(manifest)
    place = elsewhere / f"{manifest.stem}-{digest[:_HASH_LETTERS]}"
    table, about, page = (
        place / name for name in ("predictions.parquet", "evaluation.json", "report.html")
    )
    place.mkdir(parents=True, exist_ok=True)
    bundle = own.folder.bundle
    answered = predict(bundle, manifest, table, PredictChoices(), True, context)
    known = read_json(own.folder.evaluation)
    assert known is not None  # the run has been evaluated
    fingerprint = hash_json([known["fingerprint"], digest, versions(), _VERSION])
    done = read_json(about)
    is_whole = page.exists() and page.with_name(own.folder.card.name).exists()
    if done is None or done["fingerprint"] != fingerprint or not is_whole:
        with lock_folder(place, context.report):
            done = {**_evaluate(own, manifest, table, page), "fingerprint": fingerprint}
            write_json(about, done)
    return EvaluateOnResult.from_json(
        {
            **result.as_json(),
            "report": printable(page),
            "predictions": printable(table),
            "images": answered.rows,
            "test": done["test"],
            **{name: done["elsewhere"][name] for name in ("gap", "mix", "shares")},
        }
    )


def _evaluate(own: Evaluated, manifest: Path, table: Path, page: Path) -> Record:
    with scan_parquet(manifest) as rows:
        marks = rows.select(selectors.by_name("image_id", *DUPLICATES, require_all=False)).collect()
    there, labels = mark_units(read_parquet(table), marks), own.run.labels
    seen = measure_external(read_parquet(own.folder.predictions), there, labels, own.split)
    known = there.filter(pl.col("problem").is_null() & pl.col("label").is_in(list(labels)))
    metrics = measure(known, labels, own.majority) if known.height else None
    report = _report(own, manifest, there, known, seen, metrics=metrics)
    write_text(page, render_report(report))
    write_text(page.with_name(own.folder.card.name), write_card(report))
    told = seen.as_json()
    if seen.mix:
        names = display_names(report.labels, report.names)
        told["mix"]["in_words"] = describe_mix(seen.mix, names, own.split)
    return {
        "test": metrics.summary() if metrics else None,
        "metrics": metrics.as_json() if metrics else None,
        "elsewhere": told,
        "certainty": report.certainty.as_json() if report.certainty else None,
    }


def _report(
    own: Evaluated,
    manifest: Path,
    there: pl.DataFrame,
    known: pl.DataFrame,
    seen: ExternalTest,
    *,
    metrics: Metrics | None,
) -> Report:
    labels, temperature = own.run.labels, own.bundle.calibration.temperature
    certainty = check_calibration(known, labels, temperature) if metrics else None
    return Report(
        title=f"{printable(own.folder.path.absolute().name)} on {printable(manifest.stem)}",
        metrics=metrics,
        evaluated_split="labelled",
        labels=labels,
        names=dict(zip(own.bundle.labels, own.bundle.names, strict=True)),
        predictions=known,
        images=_Images(manifest).look_up,
        history=None,
        baselines={},
        counts=_no_counts(),
        problems=there.filter(pl.col("problem").is_not_null()).select(
            "image_id", "label", "problem"
        ),
        facts={"pictures (SHA-256 of the manifest)": hash_manifest(manifest), **own.facts},
        notes=(),
        command=own.command,
        certainty=certainty,
        external=seen,
    )


def _no_counts() -> pl.DataFrame:
    columns = dict.fromkeys(("train", "validation", "test", "left_out"), pl.Int64)
    return pl.DataFrame(schema={"label": pl.String, **columns})


@dataclass(frozen=True)
class _Images:
    """The pictures of a manifest, for a page."""

    manifest: Path

    def look_up(self, image_ids: Sequence[str]) -> dict[str, np.ndarray]:
        """Return those that can be read, uint8 (3, height, width)."""
        about = read_about(self.manifest)
        assert about is not None  # its pictures have been answered
        wanted = pl.col("image_id").is_in(list(image_ids))
        with scan_parquet(self.manifest) as rows:
            found = rows.filter(wanted).unique("image_id", keep="first").collect()
        images = {}
        for place, fetched in read_all(locate(found, Path(about["base"]))):
            try:
                if isinstance(fetched, UndecodableImage):
                    raise fetched
                pixels = decode(fetched, _SHOWN_PIXELS)
                images[str(found["image_id"][place])] = pixels.transpose(2, 0, 1)
            except UndecodableImage:  # it has changed since it was answered
                continue
        return images
