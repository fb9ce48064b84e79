"""Small objects in a folder and in S3: the same calls, the same answers."""

import stat
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from object_store import Storage
from pixonomy.errors import SettingError, StorageError
from pixonomy.storage.address import Address
from pixonomy.storage.objects import Objects, open_objects


@pytest.fixture(params=["folder", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    if request.param == "folder":
        return open_objects(Address(tmp_path / "objects"))
    request.getfixturevalue("storage")
    return open_objects(Address.parse("s3://bucket/some/where"))


def test_objects_are_put_read_listed_and_deleted(objects: Objects) -> None:
    assert objects.get("ab/abc.jpg") is None
    assert list(objects.scan()) == []
    objects.put("ab/abc.jpg", b"one")
    objects.put("ab/abc.jpg", b"another")
    objects.put("cd/cde.jpg", b"")
    assert objects.get("ab/abc.jpg") == b"another"
    assert objects.get("cd/cde.jpg") == b""
    found = dict(objects.scan())
    assert found.keys() == {"ab/abc.jpg", "cd/cde.jpg"}
    assert all(abs((datetime.now(UTC) - one).total_seconds()) < 60 for one in found.values())
    objects.delete(["ab/abc.jpg", "ef/never-there.jpg"])
    objects.delete([])
    assert objects.get("ab/abc.jpg") is None
    assert [name for name, _ in objects.scan()] == ["cd/cde.jpg"]
    objects.check()


def test_objects_below_another_prefix_are_not_ours(storage: Storage) -> None:
    storage.put("bucket/some/where-else/x.jpg", b"x")
    ours = open_objects(Address.parse("s3://bucket/some/where/"))
    ours.put("y.jpg", b"y")
    assert [name for name, _ in ours.scan()] == ["y.jpg"]
    whole = open_objects(Address.parse("s3://bucket"))
    assert {name for name, _ in whole.scan()} == {"some/where/y.jpg", "some/where-else/x.jpg"}


def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    open_objects(Address(tmp_path / "objects")).put("ab/abc.jpg", b"x")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "objects").rglob("*")]
    assert sorted(modes) == [0o600, 0o700]
    assert stat.S_IMODE((tmp_path / "objects").stat().st_mode) == 0o700


def test_a_folder_that_is_gone_is_refused(tmp_path: Path) -> None:
    objects = open_objects(Address(tmp_path / "objects"))
    (tmp_path / "objects").rmdir()
    with pytest.raises(StorageError, match="objects"):
        objects.check()


def test_a_full_disk_is_refused(small_disk: Path) -> None:
    objects = open_objects(Address(small_disk))
    with pytest.raises(StorageError, match="The disk is full"):
        objects.check()
    with pytest.raises(StorageError, match="The disk is full"):
        objects.put("ab/abc.jpg", b"x" * 100_000)
    assert [name for name, _ in objects.scan()] == []


def test_storage_that_does_not_answer_is_refused_in_time(storage: Storage) -> None:
    objects = open_objects(Address.parse("s3://bucket/some/where"))
    storage.stop()
    began = time.monotonic()
    with pytest.raises(StorageError, match="No answer from the storage of s3://bucket/some/where"):
        objects.check()
    assert time.monotonic() - began < 2
    with pytest.raises(StorageError, match="No answer"):
        objects.get("x.jpg")
    with pytest.raises(StorageError, match="No answer"):
        objects.put("x.jpg", b"x")
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("url", ["gs://bucket/x", "s3://", "s3://bucket/../x", "s3://b?x/y"])
def test_addresses_of_anything_else_are_refused(url: str) -> None:
    with pytest.raises(SettingError):
        open_objects(Address.parse(url))
