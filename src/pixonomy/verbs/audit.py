"""Finds what is wrong with the images and labels of a manifest, and writes it marked."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pixonomy.auditing.audit_outcome import Outcome
from pixonomy.auditing.audit_page_data import draw_page, list_notes
from pixonomy.auditing.corrections import Corrections, correct, read_corrections
from pixonomy.auditing.duplicate_groups import group_duplicates, number_images
from pixonomy.auditing.examine import MEASURE_VERSION
from pixonomy.auditing.findings import (
    count_findings,
    find_duplicates_and_leaks,
    gather_audited,
)
from pixonomy.auditing.flaws import find_flaws
from pixonomy.auditing.kinds import check_kinds
from pixonomy.auditing.label_step import REVIEW, Labelled, as_findings, hash_predictions, review
from pixonomy.auditing.measure import (
    EMBEDDINGS,
    TABLE,
    ImageStatistics,
    StatisticsSettings,
    measure_images,
)
from pixonomy.auditing.pair_step import PAIRS, pair
from pixonomy.auditing.record import decide_problems, name_groups, write_findings, write_marked
from pixonomy.auditing.recorded import SETTLED, add_faults, read_labelled
from pixonomy.bundle.embedder import choose_embedder
from pixonomy.dataset.manifest import Manifest, hash_manifest, read_manifest
from pixonomy.images.embedding import Embedder
from pixonomy.images.handmade_features import HandMadeEmbedder
from pixonomy.label_errors.review import LABELS_VERSION
from pixonomy.near_duplicates.find_pairs import MATCH_VERSION
from pixonomy.pages.provenance import Provenance
from pixonomy.progress import Context
from pixonomy.results.data_results import AuditResult
from pixonomy.storage.address import require_local
from pixonomy.storage.artefact import FolderArtefact
from pixonomy.storage.files import (
    printable,
    read_json,
    remove,
    write_json,
    write_text,
)
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.verbs.command_lines import command_line

MARKED, FINDINGS, PAGE, SUMMARY = "manifest.parquet", "findings.parquet", "audit.html", "audit.json"

_DEFAULT = Context()
_STAGE, _VERSION = "audit", 2  # the version is raised when the same inputs give other findings
_PLAN = ".plan.json"  # written first, so that an unfinished folder is known for what it is
_CORRECTED = ".corrected.parquet"  # while the audit lasts
_SEEN_FROM = ("manifest", "corrections", "measured", "network")
_OURS = (MARKED, FINDINGS, PAGE, SUMMARY, TABLE, EMBEDDINGS, PAIRS, REVIEW, ".*", "embedder-*")


@dataclass(frozen=True)
class AuditChoices:
    """How a manifest is audited.

    Attributes:
        network: what turns pictures into vectors, see `bundle.embedder.choose_embedder`.
        predictions: a run whose predictions, of pictures it was not trained on, the labels are
            compared with; None: labels are compared by cross-validation.
        apply: kinds of findings whose rows are left out (`problem`), beside the undecodable.
        earlier: the folder of an earlier audit, whose pictures are not read again.
        corrections: a table of labels that people gave; see `auditing.corrections`.
    """

    network: str | Path | None = None
    predictions: Path | None = None
    apply: tuple[str, ...] = ()
    earlier: Path | None = None
    corrections: Path | None = None


@dataclass(frozen=True)
class _Work:
    manifest: Path
    output: Path
    about: Manifest  # without rows
    choices: AuditChoices
    embedder: Embedder
    fingerprint: Fingerprint
    context: Context
    corrections: Corrections | None = None
    seconds: dict[str, float] = field(default_factory=dict)  # stage → how long it took
    began: float = field(default_factory=time.monotonic)

    @property
    def seen_from(self) -> Fingerprint:
        """What the pictures and how they were looked at follow from."""
        return {name: self.fingerprint[name] for name in _SEEN_FROM}

    @property
    def source(self) -> Path:
        """The manifest with the labels that people gave."""
        return self.manifest if self.corrections is None else self.output / _CORRECTED

    @property
    def identity(self) -> str:
        """What tells the source from others."""
        parts = (self.fingerprint["manifest"], self.fingerprint["corrections"])
        return " ".join(str(part) for part in parts if part is not None)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Note how long the block takes."""
        began = time.monotonic()
        yield
        self.seconds[stage] = round(time.monotonic() - began, 3)


def audit(
    manifest: Path,
    output: Path,
    choices: AuditChoices | None = None,
    overwrite: bool = False,
    context: Context = _DEFAULT,
) -> AuditResult:
    """Find copies, leaks, bad pictures and suspected labels; mark them, delete nothing.

    Every picture is read and decoded once. What an audit in the same folder, or in
    `choices.earlier`, knows of a picture is not looked at again; a killed call goes on where it
    was. `output` gets manifest.parquet (marked), findings.parquet, audit.html and audit.json.

    Returns:
        An AuditResult.

    Raises:
        SettingError: if `manifest` is none, `output` holds other things or a kind is unknown.
        DataError: if the corrections cannot be taken.
        StorageError: if the disk is full, or a remote storage does not answer.
    """
    require_local(output)
    began = time.monotonic()
    choices = choices or AuditChoices()
    table = choices.corrections
    given = read_corrections(table, manifest) if table is not None else None
    identity = given.identity if given is not None else None
    fingerprint = {**_fingerprint(manifest, choices), "corrections": identity}
    artefact = FolderArtefact(output, _STAGE, _PLAN, SUMMARY, leftover=_PLAN, ours=_OURS)
    artefact.fingerprint()  # a folder of others is refused before anything is written to it
    embedder = choose_embedder(choices.network, output, context)
    fingerprint = {**fingerprint, "network": embedder.identity}
    about = read_manifest(manifest, ())
    work = _Work(manifest, output, about, choices, embedder, fingerprint, context, given)
    artefact.make(
        fingerprint,
        lambda: remove(output / SUMMARY),
        lambda: _make(work),
        overwrite,
        context.report,
    )
    summary = read_json(output / SUMMARY)
    return AuditResult(
        manifest=printable(output / MARKED),
        page=printable(output / PAGE),
        seconds=round(time.monotonic() - began, 3),
        findings=summary["findings"],
        notes=tuple(summary["notes"]),
    )


def _fingerprint(manifest: Path, choices: AuditChoices) -> Fingerprint:
    """Return what an audit is made from, but for the network."""
    return {
        "stage": _STAGE,
        "version": _VERSION,
        "manifest": hash_manifest(manifest),
        "measured": list(MEASURE_VERSION),
        "matching": MATCH_VERSION,
        "labels": LABELS_VERSION,
        "predictions": hash_predictions(choices.predictions),
        "apply": list(check_kinds(choices.apply)),
    }


def _make(work: _Work) -> None:
    output, context = work.output, work.context
    if work.corrections is not None:
        correct(work.manifest, work.corrections, work.source, work.fingerprint)
    earlier = (work.choices.earlier,) if work.choices.earlier is not None else ()
    settings = StatisticsSettings(work.embedder, earlier)
    with work.timed("looking"):
        seen = measure_images(work.source, work.identity, output, settings, context)
    known = read_labelled(work.source)
    outcome = _find(work, seen, known)
    with work.timed("writing"):
        _record(work, seen, known, outcome)
    about = {"findings": outcome.counts, "rows": known.height, "seconds": work.seconds}
    about["notes"] = list_notes(outcome)
    write_json(output / SUMMARY, {**about, "fingerprint": dict(work.fingerprint)})
    remove(output / _CORRECTED)


def _record(work: _Work, seen: ImageStatistics, known: pl.DataFrame, outcome: Outcome) -> None:
    output = work.output
    problems = decide_problems(
        outcome.findings, outcome.applied, outcome.audited, known["image_id"]
    )
    groups = name_groups(outcome.audited, known["image_id"], known["duplicate_group"])
    write_findings(output / FINDINGS, outcome.findings, known["image_id"], groups)
    quality = outcome.reviewed.select("row", label_quality="quality")
    news = pl.DataFrame({"duplicate_group": groups}).with_row_index("row")
    news = news.join(quality, on="row", how="left", maintain_order="left").drop("row")
    marked = Manifest(news, work.about.base, work.fingerprint, work.about.taxonomy)
    write_marked(work.source, seen.table, output / MARKED, marked, problems)
    provenance = Provenance.now(printable(work.manifest), work.began, _command(work))
    page = draw_page(outcome, output / MARKED, work.fingerprint, provenance, work.context)
    write_text(output / PAGE, page)


def _command(work: _Work) -> str:
    """Return what was called."""
    choices = work.choices
    options = {
        "-o": work.output,
        "--network": choices.network,
        "--predictions": choices.predictions,
        "--apply": ",".join(choices.apply) or None,
        "--earlier": choices.earlier,
        "--apply-corrections": choices.corrections,
    }
    return command_line("audit", [work.manifest], options)


def _find(work: _Work, seen: ImageStatistics, known: pl.DataFrame) -> Outcome:
    output, context = work.output, work.context
    with work.timed("matching"):
        pairs = pair(seen, work.about.base, output, work.seen_from, context)
    duplicates = group_duplicates(number_images(seen.table), pairs, known["duplicate_group"])
    audited = gather_audited(known, duplicates, pairs)
    assert seen.embeddings is not None
    labelled = Labelled(
        work.source,
        known,
        duplicates,
        seen.embeddings,
        isinstance(work.embedder, HandMadeEmbedder),
        known[SETTLED],
    )
    also = {name: work.fingerprint[name] for name in ("matching", "predictions")}
    with work.timed("labels"):
        run, made_from = work.choices.predictions, {**work.seen_from, **also}
        reviewed = review(labelled, run, output, made_from, context)
    findings = {
        **add_faults(find_flaws(seen.table), known),
        **find_duplicates_and_leaks(audited),
        **as_findings(reviewed),
    }
    counts = count_findings(findings, audited)
    return Outcome(
        work.source,
        printable(work.manifest.name),
        work.about,
        audited,
        findings,
        counts,
        reviewed,
        known["image_id"],
        known["is_usable"],
        tuple(check_kinds(work.choices.apply)),
        _describe_facts(work, seen, known, reviewed),
        work.corrections.remarks if work.corrections is not None else (),
    )


def _describe_facts(
    work: _Work, seen: ImageStatistics, known: pl.DataFrame, reviewed: pl.DataFrame
) -> dict[str, str]:
    return {
        "manifest (SHA-256)": str(work.fingerprint["manifest"]),
        "pictures looked at": f"{seen.looked_at:,}",
        "known from an earlier audit": f"{seen.known:,}",
        "described by": work.embedder.identity,
        "labels reviewed": f"{reviewed.height:,}",
        "labels that people gave": f"{known[SETTLED].sum():,}",
    }
