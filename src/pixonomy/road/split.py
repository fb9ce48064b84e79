"""A manifest goes in; a manifest with train, validation and test comes out."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import polars as pl

from pixonomy.artefact import Fingerprint, is_finished
from pixonomy.curation.split import (
    DEALT,
    HELD_OUT,
    SplitShares,
    assign_splits,
    small_categories,
)
from pixonomy.errors import SettingError
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
from pixonomy.road.copies import count_unhashed, read_grouped
from pixonomy.road.index import found_fingerprint

_DEFAULT = Surroundings()


def split(
    manifest: Path,
    output: Path,
    shares: SplitShares | None = None,
    overwrite: bool = False,
    surroundings: Surroundings = _DEFAULT,
) -> dict[str, Any]:
    """Group copies of the same picture, then deal whole groups to the three splits.

    Returns:
        {manifest, rows, groups, categories, problems, splits, damage}; with `shares.hold_out` also
        held_out: {column, values: {train, validation, test}, test: [value], validation: [value],
        without_value, untested: [label], single: [label], kept: [label], replaced}, see `HeldOut`;
        replaced is how many pictures had a split before.

    Raises:
        SettingError: if `manifest` is none, `output` is something else, or there is no column to
            hold out by.
        DataError: if there are fewer than two categories to learn, or nothing can be held out.
    """
    shares = shares or SplitShares()
    asked = {name: value for name, value in asdict(shares).items() if value is not None}
    fingerprint = {"stage": "split", "manifest": hash_manifest(manifest), **asked}
    if not is_finished(printable(output), found_fingerprint(output), fingerprint, overwrite):
        _write_split(manifest, output, shares, fingerprint, surroundings)
    finished = read_manifest(output, (*SUMMED, "image_id"))
    summary = finished.summary()
    _tell(finished, summary["problems"], surroundings)
    _tell_unhashed(output, surroundings)
    if HELD_OUT in finished.notes:
        _tell_held_out(finished.notes[HELD_OUT], surroundings)
    return {"manifest": printable(output), **summary, **finished.notes}


def _write_split(
    manifest: Path,
    output: Path,
    shares: SplitShares,
    fingerprint: Fingerprint,
    surroundings: Surroundings,
) -> None:
    columns = _wanted_columns(manifest, shares.hold_out)
    grouped = read_grouped(manifest, columns, surroundings)
    assigned = assign_splits(grouped, shares)
    notes = dict(assigned.notes)
    if HELD_OUT in notes:
        before = grouped.usable["split"].count()
        notes[HELD_OUT] = {**notes[HELD_OUT], "replaced": before}
    rewrite_manifest(manifest, output, replace(assigned, fingerprint=fingerprint, notes=notes))


def _wanted_columns(path: Path, column: str | None) -> tuple[str, ...]:
    """Return the columns that decide about the split.

    Raises:
        SettingError: if there is no such column to hold out by, or it holds no plain values.
    """
    if column is None:
        return DEALT
    with scan_parquet(path) as rows:
        schema = rows.collect_schema()
    if column not in schema:
        own = ", ".join(name for name in schema if name not in COLUMNS)
        raise SettingError(
            f"{printable(path)} has no column {column!r} to hold out by; those of its own are: "
            f"{own or 'none'}. `pixonomy index` keeps all columns of a table."
        )
    if schema[column].is_nested() or schema[column] == pl.Binary:
        raise SettingError(f"{printable(path)} holds {schema[column]} in {column!r}, not text.")
    return tuple(dict.fromkeys((*DEALT, column)))


def _tell_unhashed(path: Path, surroundings: Surroundings) -> None:
    _, unhashed = count_unhashed(path)
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


def _tell_held_out(told: dict[str, Any], surroundings: Surroundings) -> None:
    column = told["column"]
    if told["replaced"]:
        surroundings.say(
            f"{told['replaced']} pictures had a split already; to hold out by {column}, all were "
            "dealt anew."
        )
    if told["without_value"]:
        surroundings.say(
            f"Pictures without a {column}: {told['without_value']}; they are not tested."
        )
    if told["single"]:
        surroundings.say(
            f"Categories with only one {column}: {_name(told['single'])}. They cannot be held "
            "out: they stay on the training side and are not tested."
        )
    if told["kept"]:
        surroundings.say(
            f"Categories whose every {column} is held out for others: {_name(told['kept'])}. They "
            "stay on the training side and are not tested, so training sees something of what is "
            "held out."
        )
    others = [one for one in told["untested"] if one not in {*told["single"], *told["kept"]}]
    if others:
        surroundings.say(f"Other categories without test pictures: {_name(others)}.")


def _name(labels: list[str]) -> str:
    return f"{len(labels)} ({', '.join(labels[:5])}{', …' if len(labels) > 5 else ''})"
