"""Exports the images of a manifest, and what is known of them, for other programs."""

import time
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TypedDict, get_args

import polars as pl

from pixonomy.dataset.manifest import SPLITS, hash_manifest, read_manifest
from pixonomy.errors import SettingError
from pixonomy.executors.local import run
from pixonomy.exporting.export_shard import COLUMNS, SHARD_BYTES, UNSPLIT, Shard, plan_shards
from pixonomy.exporting.to_folder import OWN_FILES, plan_places
from pixonomy.exporting.write_shards import WORK_FOLDER, Kind, ShardTask, report_path, write_shard
from pixonomy.nearest_names import suggest
from pixonomy.progress import Context
from pixonomy.results.data_results import ExportResult
from pixonomy.storage.address import require_local
from pixonomy.storage.artefact import FolderArtefact
from pixonomy.storage.files import (
    printable,
    read_json,
    remove,
    storage_errors,
    write_aside,
    write_json,
)
from pixonomy.storage.tables import read_parquet

_DEFAULT = Context()
_STAGE = "export"
_TABLE_FILE, EXPORT_FILE = OWN_FILES
_PLAN_FILE = "plan.json"  # written first, so that an unfinished folder is known for what it is
_FILES = tuple(
    f"{split}-[0-9]*.{ending}" for split in (*SPLITS, UNSPLIT) for ending in ("tar", "parquet")
)


class _Fingerprint(TypedDict):
    stage: str
    manifest: str
    to: Kind
    shard_bytes: int


class _ExportRecord(TypedDict):
    """What `export.json` says, beside the labels and the fingerprint."""

    rows: int
    problems: int
    splits: dict[str, int]
    files: int
    unread: list[list[str]]  # image_id and problem of the first one


def export(
    manifest: Path,
    output: Path,
    to: Kind,
    overwrite: bool = False,
    context: Context = _DEFAULT,
    shard_bytes: int = SHARD_BYTES,
) -> ExportResult:
    """Copy the usable pictures of a manifest, byte by byte, to where other programs read them.

    What cannot be decoded is left out: a table may name any file that can be read, and only
    pictures are to leave (`TableColumns.root` confines a table to a folder).

    Args:
        to: "webdataset" (tar shards), "folder" (<split>/<label>/ and manifest.csv) or "parquet"
            (as Hugging Face writes it).
        shard_bytes: about how large a shard gets at most.

    Returns:
        An ExportResult.

    Raises:
        SettingError: if `manifest` is none, `to` is unknown or `output` is something else.
    """
    require_local(output)
    began = time.monotonic()
    _check(to, shard_bytes)
    fingerprint: _Fingerprint = {
        "stage": _STAGE,
        "manifest": hash_manifest(manifest),
        "to": to,
        "shard_bytes": shard_bytes,
    }
    FolderArtefact(
        output, _STAGE, f"{WORK_FOLDER}/{_PLAN_FILE}", EXPORT_FILE, WORK_FOLDER, (WORK_FOLDER,)
    ).make(
        fingerprint,
        lambda: _clear(output),
        lambda: _write(manifest, output, fingerprint, context),
        overwrite,
        context.report,
    )
    about: _ExportRecord = read_json(output / EXPORT_FILE)
    _report_left_out(about, context)
    return ExportResult(
        export=printable(output),
        rows=about["rows"],
        problems=about["problems"],
        splits=about["splits"],
        files=about["files"],
        seconds=round(time.monotonic() - began, 3),
    )


def _write(manifest: Path, output: Path, fingerprint: _Fingerprint, context: Context) -> None:
    to = fingerprint["to"]
    source = read_manifest(manifest, (*COLUMNS, "problem"))
    # A forged split must not become part of a path.
    split = pl.col("split").cast(pl.Enum(SPLITS), strict=False).cast(pl.String)
    rows = source.usable.select(COLUMNS).with_columns(split)
    classes = {label: number for number, label in enumerate(source.labels)}
    rows = plan_places(rows) if to == "folder" else rows
    shards = plan_shards(rows, source.base, fingerprint["shard_bytes"])
    tasks = [ShardTask(to, shard, output, classes) for shard in shards]
    done = 0
    for written in run(write_shard, tasks, min(context.cores, len(tasks))):
        done += written
        context.progress("exporting", done, rows.height)
    report = _read_reports(output, shards)
    if to == "folder":
        _write_table(output / _TABLE_FILE, report)
    left_out = source.rows.height - rows.height
    about = _describe(report, left_out, len(shards) if to != "folder" else None)
    write_json(
        output / EXPORT_FILE, {**about, "labels": list(classes), "fingerprint": dict(fingerprint)}
    )


def _read_reports(output: Path, shards: list[Shard]) -> pl.DataFrame:
    reports = [read_parquet(report_path(output, shard)) for shard in shards]
    schema = dict.fromkeys(("image_id", "label", "split", "group_id", "path", "problem"), pl.String)
    return pl.concat([pl.DataFrame(schema=schema), *reports])


def _write_table(path: Path, report: pl.DataFrame) -> None:
    """Write what the folders cannot say: labels as they are, groups, ids."""
    exported = report.filter(pl.col("problem").is_null())
    table = exported.select("image_id", "path", "label", "split", pl.col("group_id").alias("group"))
    with write_aside(path) as partial, partial.open("wb") as file:
        table.write_csv(file)


def _describe(report: pl.DataFrame, left_out: int, files: int | None) -> _ExportRecord:
    exported = report.filter(pl.col("problem").is_null())
    unread = report.drop_nulls("problem")
    counts = dict(exported.group_by("split").len().iter_rows())
    return {
        "rows": exported.height,
        "problems": left_out + unread.height,
        "splits": {name: counts.get(name, 0) for name in SPLITS},
        "files": exported.height if files is None else files,
        "unread": [list(row) for row in unread.head(1).select("image_id", "problem").iter_rows()],
    }


def _report_left_out(about: _ExportRecord, context: Context) -> None:
    if about["problems"]:
        first = "; the first is {}: {}".format(*about["unread"][0]) if about["unread"] else ""
        context.report(f"Pictures left out: {about['problems']}{first}.")


def _check(to: str, shard_bytes: int) -> None:
    if to not in get_args(Kind):
        kinds = get_args(Kind)
        near = suggest(to, kinds)
        raise SettingError(f"Cannot export to {to!r}; known are {', '.join(kinds)}.{near}")
    if shard_bytes < 1:
        raise SettingError(f"A shard has at least one byte, not {shard_bytes}.")


def _clear(output: Path) -> None:
    """Remove the export at `output`, and nothing that somebody else has put beside it."""
    listed = [_read_paths(path) for path in (output / WORK_FOLDER).glob("report-*.parquet")]
    listed.append(_read_paths(output / _TABLE_FILE))
    folders: set[PurePosixPath] = set()
    for path in (PurePosixPath(text) for paths in listed for text in paths):
        if path.is_absolute() or ".." in path.parts:  # a list that somebody has changed
            continue
        remove(output / path)
        folders |= {*path.parents} - {PurePosixPath(".")}
    for folder in sorted(folders, key=lambda folder: -len(folder.parts)):
        with suppress(OSError):  # somebody else has put a file there, or it is gone already
            (output / folder).rmdir()
    for shard in [found for pattern in _FILES for found in output.glob(pattern)]:
        remove(shard)
    # What tells whose folder it is goes last: a kill in between must not leave one nobody owns.
    for name in (_TABLE_FILE, EXPORT_FILE, WORK_FOLDER):
        remove(output / name)


def _read_paths(table: Path) -> list[str]:
    if not table.exists():
        return []
    if table.suffix == ".parquet":
        return list(read_parquet(table, ("path",))["path"].drop_nulls())
    with storage_errors(table), table.open("rb") as file:
        rows = pl.read_csv(file, columns=["path"], infer_schema=False)
    return list(rows["path"].drop_nulls())
