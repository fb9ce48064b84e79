"""Predicts every image and group of a manifest with a bundle."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pixonomy.bundle.load import Bundle, load_bundle
from pixonomy.dataset.manifest import hash_manifest, read_about
from pixonomy.errors import ArtefactDiffers, SettingError
from pixonomy.prediction.groups import group_rows
from pixonomy.prediction.pooling import Pooling, check_pooling
from pixonomy.prediction.predict_groups import NEEDED, PartCounts, Predictor, predict_chunks
from pixonomy.prediction.submission import holds, submission_lines, write_submission
from pixonomy.progress import Context
from pixonomy.results.answer_results import PredictResult
from pixonomy.storage.address import require_local
from pixonomy.storage.artefact import FileArtefact
from pixonomy.storage.checkpoints import Checkpoints, has_checkpoints, remove_checkpoints
from pixonomy.storage.files import printable
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.storage.locks import lock_file
from pixonomy.storage.tables import read_parquet_texts, scan_parquet
from pixonomy.verbs.find_manifest import find_manifest

_DEFAULT = Context()
_KEY = "predictions"


class _Record(PartCounts):
    """What is stored with the predictions."""

    fingerprint: Fingerprint


@dataclass(frozen=True)
class PredictChoices:
    """How a manifest is predicted.

    Attributes:
        submission: where a CSV with one line a group goes, if wanted.
        pool: how the pictures of a group become one answer: by the mean of their
            log-probabilities, the mean of their probabilities, or the highest probability.
        part_rows: about how many pictures are done between one resting point and the next.
    """

    submission: Path | None = None
    pool: Pooling = "mean_log"
    part_rows: int = 50_000

    def __post_init__(self) -> None:
        check_pooling(self.pool)
        if self.part_rows < 1:
            raise SettingError(f"A part has at least one row, not {self.part_rows}.")


def predict(
    bundle: Path,
    manifest: Path,
    output: Path,
    choices: PredictChoices | None = None,
    overwrite: bool = False,
    context: Context = _DEFAULT,
) -> PredictResult:
    """Predict every picture of a manifest, and each group by its pictures together.

    A killed call goes on behind its last part. `predict_chunks` tells the table's columns. Its rows
    have the manifest's order; groups torn apart there come together where they first appear.

    Args:
        manifest: or a folder, a table, an archive or a glob, which is indexed first into the
            hidden folder `.<output>.indexed` beside the output.

    Returns:
        A PredictResult.

    Raises:
        SettingError: if there is no bundle or manifest, or an output is something else.
        BundleError: if the bundle cannot be trusted.
    """
    began = time.monotonic()
    choices = choices or PredictChoices()
    _check_outputs(output, choices.submission)
    answering = load_bundle(bundle)
    manifest = find_manifest(manifest, output.with_name(f".{output.name}.indexed"), context)
    wanted = _fingerprint(answering, manifest, choices)
    about = _read_finished(output, wanted, overwrite)
    if about is None or has_checkpoints(output):
        with lock_file(output, context.report):
            about = _read_finished(output, wanted, overwrite)  # another run may have ended
            if about is None:
                _require_space(choices.submission, overwrite)
                about = _predict(answering, manifest, output, choices, wanted, context)
            remove_checkpoints(output)
    if choices.submission is not None:
        _submit(output, manifest, answering, choices.submission, overwrite, report=context.report)
    _report_unanswered(about, answering, context)
    submission = choices.submission
    return PredictResult(
        predictions=printable(output),
        submission=printable(submission) if submission is not None else None,
        rows=about["rows"],
        groups=about["groups"],
        problems=about["problems"],
        seconds=round(time.monotonic() - began, 3),
    )


def _check_outputs(output: Path, submission: Path | None) -> None:
    for path in (output, submission or output):
        require_local(path)
    if submission == output:
        raise SettingError("The predictions and the submission need two names.")


def _fingerprint(bundle: Bundle, manifest: Path, choices: PredictChoices) -> Fingerprint:
    return {
        "stage": "predict",
        "bundle": bundle.about["digest"],
        "manifest": hash_manifest(manifest),
        "pool": choices.pool,
        "part_rows": choices.part_rows,
    }


def _predict(
    bundle: Bundle,
    manifest: Path,
    output: Path,
    choices: PredictChoices,
    fingerprint: Fingerprint,
    context: Context,
) -> _Record:
    """Make the table; return what is stored with it."""
    described = read_about(manifest)
    assert described is not None  # it has been hashed as a manifest
    predictor = Predictor(bundle, Path(described["base"]), choices.pool)
    checkpoints = Checkpoints[PartCounts](output, fingerprint)
    with scan_parquet(manifest) as rows:
        grouped = group_rows(rows.select(NEEDED))
        cores, progress = context.cores, context.progress
        predict_chunks(predictor, grouped, checkpoints, choices.part_rows, cores, progress)
    done = checkpoints.done
    about: _Record = {
        "fingerprint": fingerprint,
        "rows": sum(part["rows"] for part in done),
        "groups": sum(part["groups"] for part in done),
        "problems": sum(part["problems"] for part in done),
        "unread_groups": sum(part["unread_groups"] for part in done),
    }
    checkpoints.assemble({_KEY: json.dumps(about)})
    return about


def _submit(
    predictions: Path,
    manifest: Path,
    bundle: Bundle,
    submission: Path,
    overwrite: bool,
    *,
    report: Callable[[str], None],
) -> None:
    """Write the submission, unless it is there already, line by line the same."""
    fallback = bundle.most_common
    if submission.exists() and holds(submission, submission_lines(predictions, fallback)):
        return
    with lock_file(submission, report):
        _require_space(submission, overwrite)
        lines = submission_lines(predictions, fallback)
        write_submission(submission, lines, manifest, bundle.labels)


def _require_space(submission: Path | None, overwrite: bool) -> None:
    """Refuse to replace a file that somebody else has put there."""
    if submission is not None and not overwrite and submission.exists():
        raise ArtefactDiffers(
            f"{printable(submission)} exists and is not the submission of these predictions. "
            "Choose another name, or replace it with --overwrite."
        )


def _read_record(path: Path) -> _Record | None:
    text = read_parquet_texts(path).get(_KEY)
    record: _Record | None = json.loads(text) if text is not None else None
    return record


def _read_finished(output: Path, wanted: Fingerprint, overwrite: bool) -> _Record | None:
    """Return what is stored with finished predictions; None if they have to be made."""
    artefact = FileArtefact(output, "holds no predictions", _read_record)
    return artefact.record() if artefact.matches(wanted, overwrite) else None


def _report_unanswered(about: _Record, bundle: Bundle, context: Context) -> None:
    if about["problems"]:
        context.report(
            f"Pictures without an answer: {about['problems']}; the column `problem` says why."
        )
    if about["unread_groups"]:
        context.report(
            f"Products without a readable picture: {about['unread_groups']}; a submission gives "
            f"them the most common category, {bundle.most_common}."
        )
