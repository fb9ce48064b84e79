import json
import tarfile
from pathlib import Path

import polars as pl
import pytest
import webdataset

from pixonomy.exporting.export_shard import Shard, plan_shards
from pixonomy.exporting.to_folder import plan_places
from pixonomy.exporting.write_shards import (
    KINDS,
    Kind,
    ShardTask,
    report_path,
    write_shard,
    write_tar,
)
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


NAME = "shard.tar"


def test_pictures_that_cannot_be_read_are_left_out_and_told(
    shard: Shard, tmp_path: Path, classes: dict[str, int]
) -> None:
    problems = write_tar(shard, tmp_path / NAME, classes)
    assert problems == {2: "the file is missing"}


def test_members_hold_the_bytes_as_they_were(
    shard: Shard, tmp_path: Path, classes: dict[str, int], images: dict[str, bytes]
) -> None:
    write_tar(shard, tmp_path / NAME, classes)
    with tarfile.open(tmp_path / NAME) as archive:
        content = {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]
    about = json.loads(content["000000000.json"])
    assert about == {"label": "gâteau", "group_id": "g", "image_id": "été/a.jpg", "split": "train"}
    assert content["000000000.cls"] == b"4"
    assert content["000000000.jpg"] == images["a.jpg"]
    assert content["000000001.png"] == images["b.jpg"]
    assert json.loads(content["000000001.json"])["label"] is None
    assert len(content) == 5


def test_the_library_decodes_it_all(shard: Shard, tmp_path: Path, classes: dict[str, int]) -> None:
    write_tar(shard, tmp_path / NAME, classes)
    loaded = webdataset.WebDataset(str(tmp_path / NAME), shardshuffle=False)
    first, second = loaded.decode("pil")
    assert (first["__key__"], first["cls"], first["json"]["label"]) == ("000000000", 4, "gâteau")
    assert first["jpg"].size == second["png"].size == (48, 32)


def test_the_same_pictures_give_the_same_bytes(
    shard: Shard, tmp_path: Path, classes: dict[str, int]
) -> None:
    write_tar(shard, tmp_path / "one.tar", classes)
    write_tar(shard, tmp_path / "two.tar", classes)
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()
