"""Assigns the images of a manifest to train, validation and test."""

from dataclasses import asdict, replace
from pathlib import Path

import polars as pl

from pixonomy.dataset.manifest import (
    COLUMNS,
    SUMMED,
    hash_manifest,
    manifest_artefact,
    read_manifest,
    rewrite_manifest,
)
from pixonomy.errors import SettingError
from pixonomy.near_duplicates.group_manifest import count_unhashed, read_grouped
from pixonomy.nearest_names import suggest
from pixonomy.progress import Context
from pixonomy.results.data_results import SplitResult
from pixonomy.splitting.assign import DECISIVE, HELD_OUT, SplitShares, assign_splits, read_held_out
from pixonomy.splitting.remarks import remark_split
from pixonomy.storage.address import require_local
from pixonomy.storage.files import printable
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.storage.tables import scan_parquet

_DEFAULT = Context()


def split(
    manifest: Path,
    output: Path,
    shares: SplitShares | None = None,
    overwrite: bool = False,
    context: Context = _DEFAULT,
) -> SplitResult:
    """Group copies of the same picture, then deal whole groups to the three splits.

    Returns:
        A SplitResult; `held_out` is there with `shares.hold_out`.

    Raises:
        SettingError: if `manifest` is none, `output` is something else, or there is no column to
            hold out by.
        DataError: if there are fewer than two categories to learn, or nothing can be held out.
    """
    require_local(output)
    shares = shares or SplitShares()
    asked = {name: value for name, value in asdict(shares).items() if value is not None}
    fingerprint = {"stage": "split", "manifest": hash_manifest(manifest), **asked}
    manifest_artefact(output).make(
        fingerprint,
        lambda: _write_split(manifest, output, shares, fingerprint, context),
        overwrite,
        context.report,
    )
    finished = read_manifest(output, (*SUMMED, "image_id", "duplicate_group"))
    summary = finished.summary()
    for remark in remark_split(finished, shares, count_unhashed(output)[1]):
        context.report(remark)
    return SplitResult.from_json({"manifest": printable(output), **summary, **finished.notes})


def _write_split(
    manifest: Path,
    output: Path,
    shares: SplitShares,
    fingerprint: Fingerprint,
    context: Context,
) -> None:
    columns = _wanted_columns(manifest, shares.hold_out)
    grouped = read_grouped(manifest, columns, context)
    assigned = assign_splits(grouped, shares)
    given = grouped.usable.drop_nulls("label")["split"].drop_nulls()
    if given.len() and set(given.unique()) == {"train"} and shares.hold_out is None:
        context.report(
            f"The source calls all its pictures with a category train ({given.len()}): validation "
            "and test are dealt from them."
        )
    notes = dict(assigned.notes)
    held_out = read_held_out(assigned)
    if held_out is not None:
        before = grouped.usable["split"].count()
        notes[HELD_OUT] = {**held_out, "replaced": before}
    rewrite_manifest(manifest, output, replace(assigned, fingerprint=fingerprint, notes=notes))


def _wanted_columns(path: Path, column: str | None) -> tuple[str, ...]:
    """Return the columns that decide about the split.

    Raises:
        SettingError: if there is no such column to hold out by, or it holds no plain values.
    """
    if column is None:
        return DECISIVE
    with scan_parquet(path) as rows:
        schema = rows.collect_schema()
    if column not in schema:
        own = ", ".join(name for name in schema if name not in COLUMNS)
        raise SettingError(
            f"{printable(path)} has no column {column!r} to hold out by; those of its own are: "
            f"{own or 'none'}. `pixonomy index` keeps all columns of a table."
            f"{suggest(column, schema)}"
        )
    if schema[column].is_nested() or schema[column] == pl.Binary:
        raise SettingError(f"{printable(path)} holds {schema[column]} in {column!r}, not text.")
    return tuple(dict.fromkeys((*DECISIVE, column)))
