import json
import tarfile
from pathlib import Path

import pytest

from pixonomy.collecting.tar_writer import NewImage, ShardWriter, shard_path


def image(number: int, size: int = 700) -> NewImage:
    return NewImage(bytes([number % 256]) * size, "jpg", {"title": f"é {number}"})


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as file:
        return {one.name: file.extractfile(one).read() for one in file}  # type: ignore[union-attr]


def test_pictures_lie_where_they_are_said_to(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path, {})
    placed = writer.append(0, [image(1), image(2, 5)])
    placed += writer.append(2, [image(3, 1024)])
    whole = shard_path(tmp_path, 0).read_bytes()
    assert [whole[one.offset : one.offset + one.length] for one in placed] == [
        image(1).data,
        image(2, 5).data,
        image(3, 1024).data,
    ]
    found = members(shard_path(tmp_path, 0))
    assert list(found) == [
        f"{number:09d}.{ending}" for number in range(3) for ending in ("jpg", "json")
    ]
    assert json.loads(found["000000001.json"]) == {"title": "é 2"}


def test_a_full_file_is_followed_by_another(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path, {}, most=4000)
    placed = writer.append(0, [image(number) for number in range(5)])
    assert [one.shard for one in placed] == [0, 0, 1, 1, 2]
    assert [is_full for _, is_full in writer.ends.values()] == [True, True, False]
    assert len(members(shard_path(tmp_path, 1))) == 4


@pytest.mark.parametrize("left_behind", [b"", b"half a header", bytes(3000), b"\xff" * 5000])
def test_what_was_not_noted_is_cut_off(tmp_path: Path, left_behind: bytes) -> None:
    writer = ShardWriter(tmp_path, {})
    writer.append(0, [image(1)])
    noted = writer.ends
    path = shard_path(tmp_path, 0)
    path.write_bytes(path.read_bytes()[: noted[0][0]] + left_behind)
    again = ShardWriter(tmp_path, noted)
    assert list(members(path)) == ["000000000.jpg", "000000000.json"]
    again.append(1, [image(2)])
    assert members(path)["000000001.jpg"] == image(2).data


def test_files_that_nobody_noted_are_removed(tmp_path: Path) -> None:
    ShardWriter(tmp_path, {}).append(0, [image(1)])
    ShardWriter(tmp_path, {})
    assert not shard_path(tmp_path, 0).exists()
