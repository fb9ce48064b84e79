"""A manifest goes in; a manifest with train, validation and test comes out."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import polars as pl

from pixonomy.artefact import is_finished
from pixonomy.curation.duplicates import group_duplicates
from pixonomy.curation.split import DEALT, SplitShares, assign_splits, small_categories
from pixonomy.files import printable, scan_parquet
from pixonomy.manifest import (
    COLUMNS,
    SUMMED,
    Manifest,
    hash_manifest,
    read_manifest,
    rewrite_manifest,
)
from pixonomy.progress import Surroundings
from pixonomy.road.index import found_fingerprint

_DEFAULT = Surroundings()

HASHED_AT_MOST = 100_000
"""How many pictures `split` reads to look for copies: minutes of work. The millions of a catalogue
take an hour or more, which is for `audit`."""


def split(
    manifest: Path,
    output: Path,
    shares: SplitShares | None = None,
    overwrite: bool = False,
    surroundings: Surroundings = _DEFAULT,
) -> dict[str, Any]:
    """Group copies of the same picture, then deal whole groups to the three splits.

    Returns:
        {manifest, rows, groups, categories, problems, splits, damage}.

    Raises:
        SettingError: if `manifest` is none, or `output` is something else.
        DataError: if there are fewer than two categories to learn.
    """
    shares = shares or SplitShares()
    fingerprint = {"stage": "split", "manifest": hash_manifest(manifest), **asdict(shares)}
    if not is_finished(printable(output), found_fingerprint(output), fingerprint, overwrite):
        assigned = assign_splits(_read_grouped(manifest, surroundings), shares)
        rewrite_manifest(manifest, output, replace(assigned, fingerprint=fingerprint, notes={}))
    finished = read_manifest(output, (*SUMMED, "image_id"))
    summary = finished.summary()
    _tell(finished, summary["problems"], surroundings)
    _tell_unhashed(output, surroundings)
    return {"manifest": printable(output), **summary}


def _read_grouped(path: Path, surroundings: Surroundings) -> Manifest:
    """Read the columns that decide about the split; look for copies where that takes minutes."""
    rows, unhashed = _count_unhashed(path)
    # Whoever hashed millions of pictures has marked the copies among them.
    if max(unhashed, 0 if unhashed else rows) > HASHED_AT_MOST:
        return read_manifest(path, DEALT)
    known = read_manifest(path, tuple(COLUMNS))
    return group_duplicates(known, surroundings.cores, surroundings.progress)


def _count_unhashed(path: Path) -> tuple[int, int]:
    """Return the number of usable rows, and of those that nobody has hashed yet."""
    with scan_parquet(path) as rows:
        usable = rows.filter(pl.col("problem").is_null()).select("sha256")
        counts = usable.select(pl.len(), unhashed=pl.col("sha256").null_count())
        total, unhashed = counts.collect(engine="streaming").row(0)
    return total, unhashed


def _tell_unhashed(path: Path, surroundings: Surroundings) -> None:
    _, unhashed = _count_unhashed(path)
    if unhashed:
        surroundings.say(
            f"Copies were not looked for among {unhashed} pictures, which would take long; "
            "`pixonomy audit` marks them, and `split` keeps those that are marked together."
        )


def _tell(manifest: Manifest, problems: int, surroundings: Surroundings) -> None:
    if problems:
        reasons = manifest.rows.drop_nulls("problem").select("image_id", "problem")
        name, problem = reasons.row(0)
        surroundings.say(f"Pictures left out: {problems}; the first is {name}: {problem}.")
    small = small_categories(manifest)
    if small:
        named = ", ".join(small[:5]) + (", …" if len(small) > 5 else "")
        surroundings.say(
            f"Categories with fewer than three pictures: {len(small)} ({named}). They are kept, "
            "but cannot be tested well; add pictures to them."
        )
