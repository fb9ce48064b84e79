"""A manifest goes in; one page to look at before training comes out."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pixonomy.browsing.census import Census, take_census
from pixonomy.browsing.look import Look, draw_measured, draw_sheets, look_at
from pixonomy.browsing.page import BrowseChoices, Overview, read_mark, render_overview
from pixonomy.browsing.sizes import (
    Sizes,
    gather_dimensions,
    gather_lengths,
    measure_lengths,
    read_dimensions,
)
from pixonomy.manifest import Manifest, hash_manifest, read_manifest
from pixonomy.progress import Surroundings
from pixonomy.storage.address import require_local
from pixonomy.storage.artefact import FileArtefact, Record
from pixonomy.storage.files import printable, write_text
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.storage.tables import scan_parquet

_DEFAULT = Surroundings()
_STAGE = "browse"
_PAGE_VERSION = 1  # raised whenever the same manifest would give another page
_TOLD = ("rows", "groups", "categories", "problems")


def browse(
    manifest: Path,
    output: Path,
    choices: BrowseChoices | None = None,
    overwrite: bool = False,
    surroundings: Surroundings = _DEFAULT,
) -> dict[str, Any]:
    """Write a page of counts, sizes and contact sheets by category, complete in one file.

    Rows are streamed and few pictures read: a catalogue of millions takes seconds.

    Returns:
        {page, rows, groups, categories, problems}.

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
        lambda: _write_page(manifest, output, choices, fingerprint, surroundings),
        overwrite,
        surroundings.say,
    )
    record = page.record()
    assert record is not None  # it has just been written, or was there
    return {"page": printable(output), **record["summary"]}


def _read_record(path: Path) -> Record | None:
    mark = read_mark(path) or {}
    return mark if mark.get("fingerprint", {}).get("stage") == _STAGE else None


def _write_page(
    path: Path,
    output: Path,
    choices: BrowseChoices,
    fingerprint: Fingerprint,
    surroundings: Surroundings,
) -> None:
    about = read_manifest(path, ())
    with scan_parquet(path) as rows:
        census = take_census(rows)
        drawn = draw_sheets(census, choices.categories, choices.each, choices.seed)
        sizes, looks = _look(rows, about, census, drawn, choices.seed, surroundings)
    numbers = (census.rows, census.groups, census.named.height, census.rows - census.usable)
    mark: dict[str, Any] = {
        "fingerprint": dict(fingerprint),
        "summary": dict(zip(_TOLD, numbers, strict=True)),
    }
    facts = {
        "manifest (SHA-256)": fingerprint["manifest"],
        "pictures drawn by": f"seed {choices.seed}",
        "pictures looked at": f"{len(looks):,}",
    }
    title = printable(path.name)
    overview = Overview(title, census, sizes, about.taxonomy, drawn, looks, facts, mark)
    write_text(output, render_overview(overview))


def _look(
    rows: pl.LazyFrame,
    about: Manifest,
    census: Census,
    drawn: Mapping[str | None, np.ndarray],
    seed: int,
    surroundings: Surroundings,
) -> tuple[Sizes, dict[int, Look]]:
    """Look at the pictures of the sheets and, where the table does not tell all sizes, at more."""
    lengths, length_in_all = measure_lengths(rows, census.usable)
    dimensions = read_dimensions(rows, census.usable)
    is_told = dimensions is not None and lengths is not None
    measured = [] if is_told else [draw_measured(census, length_in_all, seed)]
    numbers = np.concatenate([np.zeros(0, np.int64), *measured, *drawn.values()])
    looks = look_at(rows, numbers, about.base, surroundings.cores, surroundings.progress)
    sample = [looks[int(number)] for one in measured for number in one]
    return Sizes(
        gather_dimensions(sample) if dimensions is None else dimensions,
        dimensions is not None,
        gather_lengths(sample) if lengths is None else lengths,
        length_in_all,
    ), looks
