"""Tests an evaluated run on another manifest, as an external test set."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars import selectors

from pixonomy.bundle.load import Bundle
from pixonomy.dataset.connected import DUPLICATES
from pixonomy.dataset.manifest import hash_manifest, read_about
from pixonomy.evaluation.calibration import check_calibration
from pixonomy.evaluation.card import write_card
from pixonomy.evaluation.examples import ImageSource
from pixonomy.evaluation.external_test import ExternalTest, measure_external
from pixonomy.evaluation.independent import number_groups
from pixonomy.evaluation.metrics import Metrics, measure
from pixonomy.evaluation.mix import describe_mix
from pixonomy.evaluation.report import Report, render_report
from pixonomy.evaluation.source_images import Images, read_source_images
from pixonomy.pages.provenance import Provenance
from pixonomy.pages.wording import counted, display_names
from pixonomy.progress import Context
from pixonomy.results.model_results import EvaluateOnResult, EvaluateResult
from pixonomy.storage.files import hash_json, printable, read_json, write_json, write_text
from pixonomy.storage.locks import lock_folder
from pixonomy.storage.tables import read_parquet, scan_parquet
from pixonomy.training.run import RunFolder, versions
from pixonomy.verbs.find_manifest import find_manifest
from pixonomy.verbs.predict import PredictChoices, predict

_VERSION = 4  # of what is said of a set from elsewhere
_HASH_LETTERS = 8


@dataclass(frozen=True)
class Evaluated:
    """A run that has been evaluated on its own pictures, or has none.

    Attributes:
        split: the one it was evaluated on.
        predictions: of that split's images; no rows where it has none.
        fingerprint: of that evaluation.
        majority: the most common label of its training pictures; None: it has none.
        facts: what its report tells of it.
        command: what makes the evaluation elsewhere again.
    """

    folder: RunFolder
    bundle: Bundle
    split: str
    predictions: pl.DataFrame
    fingerprint: str
    majority: str | None
    facts: Mapping[str, str]
    command: str


@dataclass(frozen=True)
class _ExternalSet:
    """A set of images that are not the run's own, with its answers to them.

    Attributes:
        answers: a row an image: what `predict` writes, and `unit`.
        labels: those that the run knows.
    """

    manifest: Path
    answers: pl.DataFrame
    labels: Sequence[str]
    cores: int

    @property
    def problems(self) -> pl.DataFrame:
        """The images that could not be read."""
        unread = self.answers.filter(pl.col("problem").is_not_null())
        return unread.select("image_id", "label", "problem")

    @property
    def known(self) -> pl.DataFrame:
        """The answers to images of a category that the run knows."""
        return self._labelled.filter(pl.col("label").is_in(list(self.labels)))

    @property
    def out_of_vocabulary(self) -> pl.DataFrame:
        """The answers to images of a category that it does not know."""
        return self._labelled.filter(~pl.col("label").is_in(list(self.labels)))

    @property
    def _labelled(self) -> pl.DataFrame:
        return self.answers.filter(pl.col("problem").is_null() & pl.col("label").is_not_null())

    def read_source(self, image_ids: Sequence[str]) -> Images:
        """Return the images that can be read, for a page, uint8 (3, height, width)."""
        about = read_about(self.manifest)
        assert about is not None  # its images have been answered
        wanted = pl.col("image_id").is_in(list(image_ids))
        with scan_parquet(self.manifest) as rows:
            found = rows.filter(wanted).unique("image_id", keep="first").collect()
        return read_source_images(found, Path(about["base"]), self.cores)


def evaluate_on(
    own: Evaluated, named: Path, result: EvaluateResult, context: Context
) -> EvaluateOnResult:
    """Answer images from elsewhere and compare with the run's own; see `evaluate`.

    All lies in `on/<name>-<hash>` of the run, with a model card; what is there already is taken as
    it is.

    Args:
        result: of the run's own evaluation.
    """
    began, external_set = time.monotonic(), own.folder.path / "on"
    manifest = find_manifest(named, external_set / ".indexed", context)
    digest = hash_manifest(manifest)
    place = external_set / f"{manifest.stem}-{digest[:_HASH_LETTERS]}"
    table, about, page = (
        place / name for name in ("predictions.parquet", "evaluation.json", "report.html")
    )
    place.mkdir(parents=True, exist_ok=True)
    bundle = own.folder.bundle
    answered = predict(bundle, manifest, table, PredictChoices(), True, context)
    fingerprint = hash_json([own.fingerprint, digest, versions(), _VERSION])
    done = read_json(about)
    is_whole = page.exists() and page.with_name(own.folder.card.name).exists()
    if done is None or done["fingerprint"] != fingerprint or not is_whole:
        with lock_folder(place, context.report):
            answers = _read_answers(manifest, table)
            there = _ExternalSet(manifest, answers, own.bundle.labels, context.cores)
            read = f"{counted(answered.rows, 'picture')}, answered by {printable(own.folder.path)}."
            provenance = Provenance.now(printable(named), began, own.command, (read,))
            done = {**_evaluate(own, there, page, provenance), "fingerprint": fingerprint}
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


def _read_answers(manifest: Path, table: Path) -> pl.DataFrame:
    with scan_parquet(manifest) as rows:
        groups = selectors.by_name("image_id", *DUPLICATES, require_all=False)
        return number_groups(read_parquet(table), rows.select(groups).collect())


def _evaluate(
    own: Evaluated, there: _ExternalSet, page: Path, provenance: Provenance
) -> dict[str, object]:
    labels = own.bundle.labels
    seen = measure_external(own.predictions, there.answers, labels, own.split)
    majority = own.majority or str(there.known["label"].mode().sort().first())
    metrics = measure(there.known, labels, majority) if there.known.height else None
    report = _report(own, there, seen, metrics, provenance)
    write_text(page, render_report(report))
    write_text(page.with_name(own.folder.card.name), write_card(report))
    record = seen.as_json()
    if seen.mix:
        names = display_names(report.labels, report.names)
        in_words = describe_mix(seen.mix, names, own.split)
        record["mix"] = {**seen.mix.as_json(), "in_words": in_words}
    return {
        "test": metrics.summary() if metrics else None,
        "metrics": metrics.as_json() if metrics else None,
        "elsewhere": record,
        "certainty": report.certainty.as_json() if report.certainty else None,
    }


def _report(
    own: Evaluated,
    there: _ExternalSet,
    seen: ExternalTest,
    metrics: Metrics | None,
    provenance: Provenance,
) -> Report:
    labels, temperature = own.bundle.labels, own.bundle.calibration.temperature
    certainty = check_calibration(there.known, labels, temperature) if metrics else None
    manifest = there.manifest
    return Report(
        title=f"{printable(own.folder.path.absolute().name)} on {printable(manifest.stem)}",
        metrics=metrics,
        evaluated_split="labelled",
        labels=labels,
        names=dict(zip(own.bundle.labels, own.bundle.names, strict=True)),
        predictions=there.known,
        images=ImageSource(there.read_source),
        history=None,
        baselines={},
        counts=_no_counts(),
        problems=there.problems,
        facts={"pictures (SHA-256 of the manifest)": hash_manifest(manifest), **own.facts},
        notes=(),
        provenance=provenance,
        certainty=certainty,
        external=seen,
        out_of_vocabulary=there.out_of_vocabulary,
    )


def _no_counts() -> pl.DataFrame:
    columns = dict.fromkeys(("train", "validation", "test", "left_out"), pl.Int64)
    return pl.DataFrame(schema={"label": pl.String, **columns})
