"""What a person names is told apart, found once, or refused with a hint."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pixonomy.errors import SettingError, StorageError
from pixonomy.sources.bson.write_bson import ProductImages, write_bson
from pixonomy.sources.find_sources import find_sources
from pixonomy.sources.table import TableColumns
from pixonomy.verbs.index import index

Call = Callable[..., tuple[int, Any, str]]
WRONG_CALL, FAILED = 2, 1


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    write_bson(tmp_path / "train.bson", [ProductImages(n, n % 3, [b"a"] * 3) for n in range(10)])
    return tmp_path / "train.bson"


def test_a_catalogue_is_read_once_whatever_it_is_called(catalogue: Path, tmp_path: Path) -> None:
    (tmp_path / "link.bson").symlink_to(catalogue)
    (tmp_path / "x").mkdir()
    again = tmp_path / "x" / ".." / "train.bson"
    assert (
        index([catalogue, again, tmp_path / "link.bson", str(catalogue)], tmp_path / "m.parquet")[
            "rows"
        ]
        == 30
    )


def test_a_catalogue_beside_its_own_manifest_is_refused(catalogue: Path, tmp_path: Path) -> None:
    index([catalogue], tmp_path / "m.parquet")
    with pytest.raises(SettingError, match=r"train\.bson is a source, and a manifest lists it too"):
        index([catalogue, tmp_path / "m.parquet"], tmp_path / "n.parquet")


def test_a_folder_called_bson_is_a_folder(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    folder = write_images(tmp_path / "pictures.bson", 2)
    assert index([folder], tmp_path / "m.parquet")["rows"] == 6


def test_each_source_tells_its_name_and_how_far_it_has_been_read(
    catalogue: Path, write_images: Callable[..., Path], tmp_path: Path
) -> None:
    folder = write_images(tmp_path / "pictures", 2)
    found = find_sources([catalogue, folder], TableColumns())
    assert found.base == tmp_path
    assert [one.short_name for one in found.sources] == ["pictures", "train.bson"]
    assert [one.images for one in found.sources] == [6, None]
    for source in found.sources:
        batches = list(source.read(0, False))
        assert batches[-1].progress[0] == batches[-1].progress[1]
        assert list(source.read(batches[-1].end, False)) == []


def test_the_identity_of_a_source_changes_with_it(catalogue: Path) -> None:
    def identity() -> object:
        return find_sources([catalogue], TableColumns()).sources[0].identity

    before = identity()
    assert identity() == before
    os.utime(catalogue, (1, 1))
    assert identity() != before


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nothing.bson", "There is no source at nothing.bson."),
        ("s3:/bucket/train.bson", "an address is written s3://bucket/train.bson."),
        ("s4://bucket/train.bson", "known are local paths and s3://bucket/key."),
        ("s3://bucket/train", "is no known kind of source; known are folders"),
        ("notes.txt", "is no known kind of source; known are folders"),
    ],
)
def test_mistakes_are_told_with_what_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call, name: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").touch()
    code, answer, _ = call("index", name, "-o", "m.parquet")
    assert code == WRONG_CALL
    assert told in answer["error"]["message"]
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_catalogue_without_permission_is_told(ordinary_folder: Path) -> None:
    file = ordinary_folder / "train.bson"
    file.touch(mode=0)
    with pytest.raises(StorageError, match=r"No permission for .*train\.bson"):
        index([file], ordinary_folder / "m.parquet")


def test_refusals_of_s3_have_their_codes_and_keep_secrets(
    tmp_path: Path, storage: Any, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def message(code: int, address: str) -> str:
        given, answer, said = call("index", address, "-o", tmp_path / "m.parquet")
        assert given == code
        assert "of-the-test" not in said + str(answer)
        assert "Unexpected" not in str(answer)
        return str(answer["error"]["message"])

    storage.put("bucket/text.bson", b"This is no catalogue.")
    assert "There is no object at" in message(WRONG_CALL, "s3://bucket/nothing.bson")
    assert "There is no object at" in message(WRONG_CALL, "s3://bukket/train.bson")
    assert "is this a BSON file?" in message(FAILED, "s3://bucket/text.bson")
    storage.close_doors()
    assert "check the credentials" in message(FAILED, "s3://bucket/text.bson")
    storage.stop()
    assert "No answer from the storage" in message(FAILED, "s3://bucket/text.bson")
    left = list(tmp_path.iterdir())
    assert [path.name for path in left] == [".m.parquet.lock"]
    assert not left[0].stat().st_size


def test_a_folder_named_beside_one_that_lies_in_it_gives_each_picture_once(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    images = write_images(tmp_path / "pictures", 2)
    assert index([images, images / "cross"], tmp_path / "m.parquet")["rows"] == 6
