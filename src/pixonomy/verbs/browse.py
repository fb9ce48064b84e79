"""Shows a manifest on one page, to look at before training."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import cast

import numpy as np
import polars as pl

from pixonomy.browsing.image_counts import ImageCounts, count_images
from pixonomy.browsing.overview_page import (
    BrowseChoices,
    Overview,
    read_fingerprint,
    render_overview,
)
from pixonomy.browsing.sampled_images import SampledImage, draw_measured, draw_sheets, sample_images
from pixonomy.browsing.sizes import (
    Sizes,
    gather_dimensions,
    gather_lengths,
    measure_lengths,
    read_dimensions,
)
from pixonomy.dataset.manifest import Manifest, hash_manifest, read_manifest
from pixonomy.pages.provenance import Provenance
from pixonomy.progress import Context
from pixonomy.results.data_results import BrowseResult
from pixonomy.storage.address import require_local
from pixonomy.storage.artefact import FileArtefact, Stored
from pixonomy.storage.files import printable, write_text
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.storage.tables import scan_parquet
from pixonomy.verbs.command_lines import command_line

_DEFAULT = Context()
_STAGE = "browse"
_PAGE_VERSION = 2  # raised whenever the same manifest would give another page
_SUMMARY = ("rows", "groups", "categories", "problems")


class _PageRecord(Stored):
    """What a page carries; of its manifest the numbers that are named in `_SUMMARY`."""

    summary: dict[str, int]


def browse(
    manifest: Path,
    output: Path,
    choices: BrowseChoices | None = None,
    overwrite: bool = False,
    context: Context = _DEFAULT,
) -> BrowseResult:
    """Write a page of counts, sizes and contact sheets by category, complete in one file.

    Rows are streamed and few pictures read: a catalogue of millions takes seconds.

    Returns:
        A BrowseResult.

    Raises:
        SettingError: if `manifest` is none, or `output` is something else.
    """
    require_local(output)
    choices = choices or BrowseChoices()
    fingerprint = {
        "stage": _STAGE,
        "manifest": hash_manifest(manifest),
        "page_version": _PAGE_VERSION,
        **asdict(choices),
    }
    page = FileArtefact(output, "is no page of `browse`", _read_record)
    page.make(
        fingerprint,
        lambda: _write_page(manifest, output, choices, fingerprint, context),
        overwrite,
        context.report,
    )
    record = page.record()
    assert record is not None  # it has just been written, or was there
    return BrowseResult(page=printable(output), **record["summary"])


def _read_record(path: Path) -> _PageRecord | None:
    record = read_fingerprint(path) or {}
    fingerprint = record.get("fingerprint")
    is_ours = isinstance(fingerprint, dict) and fingerprint.get("stage") == _STAGE
    return cast(_PageRecord, record) if is_ours else None


def _write_page(
    path: Path,
    output: Path,
    choices: BrowseChoices,
    fingerprint: Fingerprint,
    context: Context,
) -> None:
    began, about = time.monotonic(), read_manifest(path, ())
    with scan_parquet(path) as rows:
        image_counts = count_images(rows)
        drawn = draw_sheets(image_counts, choices.categories, choices.each, choices.seed)
        sizes, sampled = _sample(rows, about, image_counts, drawn, choices.seed, context)
    rows_in_all, usable = image_counts.rows, image_counts.usable
    numbers = (rows_in_all, image_counts.groups, image_counts.named.height, rows_in_all - usable)
    page_record: _PageRecord = {
        "fingerprint": dict(fingerprint),
        "summary": dict(zip(_SUMMARY, numbers, strict=True)),
    }
    facts = {
        "manifest (SHA-256)": str(fingerprint["manifest"]),
        "pictures drawn by": f"seed {choices.seed}",
        "pictures looked at": f"{len(sampled):,}",
    }
    title = f"Overview of {printable(path.name)}"
    overview = Overview(
        title,
        image_counts,
        sizes,
        about.taxonomy,
        drawn,
        sampled,
        facts,
        Provenance.now(printable(path), began, _command(path, output, choices)),
        _next_step(path, about.fingerprint.get("stage")),
        page_record,
    )
    write_text(output, render_overview(overview))


def _command(path: Path, output: Path, choices: BrowseChoices) -> str:
    """Return what was called; what nobody chose is left out."""
    usual = asdict(BrowseChoices())
    chosen = {f"--{name}": n for name, n in asdict(choices).items() if n != usual[name]}
    return command_line("browse", [path], {"-o": output, **chosen})


def _next_step(path: Path, stage: object) -> tuple[str, str]:
    """Return what to do with a manifest that a stage made, and the command."""
    if stage == "audit":
        return "split it", command_line("split", [path], {"-o": "split.parquet"})
    if stage == "split":
        return "train on it", command_line("fit", [path], {"-o": "run"})
    return "find copies and wrong labels", command_line("audit", [path], {"-o": "audit"})


def _sample(
    rows: pl.LazyFrame,
    about: Manifest,
    image_counts: ImageCounts,
    drawn: Mapping[str | None, np.ndarray],
    seed: int,
    context: Context,
) -> tuple[Sizes, dict[int, SampledImage]]:
    """Look at the pictures of the sheets and, where the table does not tell all sizes, at more."""
    lengths, length_in_all = measure_lengths(rows, image_counts.usable)
    dimensions = read_dimensions(rows, image_counts.usable)
    is_known = dimensions is not None and lengths is not None
    measured = [] if is_known else [draw_measured(image_counts, length_in_all, seed)]
    numbers = np.concatenate([np.zeros(0, np.int64), *measured, *drawn.values()])
    sampled = sample_images(rows, numbers, about.base, context.cores, context.progress)
    sample = [sampled[int(number)] for one in measured for number in one]
    return Sizes(
        gather_dimensions(sample) if dimensions is None else dimensions,
        dimensions is not None,
        gather_lengths(sample) if lengths is None else lengths,
        length_in_all,
    ), sampled
