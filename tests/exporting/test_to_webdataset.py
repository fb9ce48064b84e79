"""What is written is what the `webdataset` library and the standard library read."""

import json
import tarfile
from pathlib import Path

import webdataset

from pixonomy.exporting.export_shard import Shard
from pixonomy.exporting.to_webdataset import write_tar

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
