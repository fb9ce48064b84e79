"""Writes one shard of an export, of any kind, with a report on every row.

A shard whose report and files are there is finished, and is not written again.
"""

import io
import json
import os
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import polars as pl

from pixonomy.errors import UndecodableImage
from pixonomy.exporting.export_shard import Shard
from pixonomy.exporting.to_folder import move_files, write_files
from pixonomy.exporting.to_parquet import write_table
from pixonomy.images.endings import ending_of
from pixonomy.storage.files import remove, storage_errors, write_aside
from pixonomy.storage.tables import write_parquet


def write_tar(shard: Shard, path: Path, classes: Mapping[str, int]) -> dict[int, str]:
    """Write a shard to `path`, whole or not at all.

    Args:
        classes: the number of each label.

    Returns:
        What is wrong with the images that are left out, by their place in the rows.
    """
    problems: dict[int, str] = {}
    with (
        write_aside(path) as partial,
        tarfile.open(partial, "w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for place, fetched in shard.read():
            row = shard.rows.row(place, named=True)
            if isinstance(fetched, UndecodableImage):
                problems[place] = str(fetched)
                continue
            key = f"{shard.first + place:09d}"
            ending = ending_of(fetched, row["member"] or row["uri"])
            about = {name: row[name] for name in ("label", "group_id", "image_id", "split")}
            _add(archive, key + ending, fetched)
            if row["label"] is not None:
                _add(archive, f"{key}.cls", str(classes[row["label"]]).encode())
            _add(archive, f"{key}.json", json.dumps(about, ensure_ascii=False).encode())
    return problems


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    # Times and owners stay empty: the same images give the same bytes.
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


Kind = Literal["folder", "parquet", "webdataset"]
KINDS: tuple[str, ...] = get_args(Kind)

WORK_FOLDER = ".export"
"""In the export until it is finished: reports, and files on their way to where they belong."""

_ABOUT = ("image_id", "label", "split", "group_id")


@dataclass(frozen=True)
class ShardTask:
    """A shard to be written into `folder`; `classes` has the number of each label."""

    kind: Kind
    shard: Shard
    folder: Path
    classes: Mapping[str, int]


def write_shard(task: ShardTask) -> int:
    """Write a shard and its report, and return how many rows it has."""
    if task.kind == "folder":
        _write_folder(task)
    else:
        _write_file(task)
    return task.shard.rows.height


def report_path(folder: Path, shard: Shard) -> Path:
    """Return where the report on a shard lies.

    It is a table with image_id, label, split and group_id of each row, path (of its own file below
    `folder`) and problem; the last two are null where there is none.
    """
    return folder / WORK_FOLDER / f"report-{shard.name}.parquet"


def _write_file(task: ShardTask) -> None:
    shard, report = task.shard, report_path(task.folder, task.shard)
    if report.exists():
        return
    # Made in the work folder, which takes with it what killed processes have left there.
    if task.kind == "webdataset":
        made = report.with_name(f"{shard.name}.tar")
        problems = write_tar(shard, made, task.classes)
    else:
        name = f"{shard.split}-{shard.number:05d}-of-{shard.count:05d}.parquet"
        made = report.with_name(name)
        problems = write_table(shard, made, task.classes)
    with storage_errors(task.folder):
        made.replace(task.folder / made.name)
    write_parquet(report, _to_report(shard, problems, {}))


def _write_folder(task: ShardTask) -> None:
    report = report_path(task.folder, task.shard)
    stage = report.with_suffix("")
    if not report.exists():
        remove(stage)
        problems, paths = write_files(task.shard, stage)
        os.sync()  # once for all: one by one takes longer than writing them
        write_parquet(report, _to_report(task.shard, problems, paths))
    move_files(stage, task.folder)
    remove(stage)


def _to_report(shard: Shard, problems: dict[int, str], paths: dict[int, str]) -> pl.DataFrame:
    places = range(shard.rows.height)
    return shard.rows.select(_ABOUT).with_columns(
        pl.Series("path", [paths.get(place) for place in places], dtype=pl.String),
        pl.Series("problem", [problems.get(place) for place in places], dtype=pl.String),
    )
