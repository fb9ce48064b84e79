from pathlib import Path

import polars as pl
import pytest

from pixonomy.exporting.export_shard import plan_shards
from pixonomy.exporting.to_folder import plan_places
from pixonomy.exporting.write_shards import KINDS, Kind, ShardTask, report_path, write_shard
from pixonomy.storage.tables import read_parquet


def plan(kind: Kind, rows: pl.DataFrame, folder: Path) -> ShardTask:
    (shard,) = plan_shards(plan_places(rows), folder)
    return ShardTask(kind, shard, folder / "out", {"gâteau": 4, "x": 5})


@pytest.fixture(params=KINDS)
def task(request: pytest.FixtureRequest, tmp_path: Path, rows: pl.DataFrame) -> ShardTask:
    return plan(request.param, rows, tmp_path)


def files(task: ShardTask) -> dict[Path, int]:
    found = [path for path in task.folder.rglob("*") if path.is_file()]
    return {path: path.stat().st_mtime_ns for path in found}


def test_a_report_tells_of_every_row(task: ShardTask) -> None:
    assert write_shard(task) == 3
    report = read_parquet(report_path(task.folder, task.shard))
    assert report["image_id"].to_list() == ["été/a.jpg", "b.jpg", "gone.jpg"]
    assert report["problem"].to_list() == [None, None, "the file is missing"]
    paths = ["train/gâteau/a.jpg", "train/b.png", None] if task.kind == "folder" else [None] * 3
    assert report["path"].to_list() == paths


def test_a_finished_shard_is_not_written_again(task: ShardTask) -> None:
    write_shard(task)
    before = files(task)
    assert write_shard(task) == 3
    assert files(task) == before


def test_a_shard_without_its_report_is_written_again(task: ShardTask) -> None:
    write_shard(task)
    report_path(task.folder, task.shard).unlink()
    before = set(files(task))
    write_shard(task)
    assert set(files(task)) == before | {report_path(task.folder, task.shard)}


def test_files_that_were_listed_but_not_moved_are_moved(tmp_path: Path, rows: pl.DataFrame) -> None:
    task = plan("folder", rows, tmp_path)
    write_shard(task)
    stage = report_path(task.folder, task.shard).with_suffix("")
    (stage / "train").mkdir(parents=True)
    (task.folder / "train" / "b.png").rename(stage / "train" / "b.png")
    write_shard(task)
    assert (task.folder / "train" / "b.png").exists()
    assert not stage.exists()
