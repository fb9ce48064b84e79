"""Objects in storage that speaks S3: ranges of bytes come, or one sentence says why not."""

import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from object_store import scripted_server
from pixonomy.errors import PixonomyError, SettingError, StorageError
from pixonomy.storage.s3 import open_remote, upload

ADDRESS = "s3://bucket/folder/my catalogue é.bson"
PATH = "bucket/folder/my catalogue é.bson"
CONTENT = bytes(range(256)) * 40


@pytest.fixture(autouse=True)
def put_object(storage: Any) -> None:
    storage.put(PATH, CONTENT)


def refused(address: str = ADDRESS) -> PixonomyError:
    """Open an object and read from it, which must fail within seconds and keep secrets."""
    began = time.monotonic()
    with pytest.raises(PixonomyError) as caught:
        open_remote(address).read(0, 10)
    assert time.monotonic() - began < 20
    told = str(caught.value)
    assert "of-the-test" not in told
    assert "\n" not in told
    assert told.endswith(".")
    return caught.value


def test_any_range_of_an_object_is_read_and_no_more_than_it(storage: Any) -> None:
    file = open_remote(ADDRESS)
    assert file.size == len(CONTENT)
    for offset, length in ((0, 1), (0, 256), (1000, 5000), (10_230, 10), (0, 10_240)):
        assert file.read(offset, length) == CONTENT[offset : offset + length]
    assert file.read(10_230, 1000) == CONTENT[10_230:]
    ranges = [asked for method, _, asked, _ in storage.asked if method == "GET"]
    assert ranges[:3] == ["bytes=0-0", "bytes=0-255", "bytes=1000-5999"]
    assert ranges[-1] == "bytes=10230-10239"
    assert all(match == file.version for method, _, _, match in storage.asked if method == "GET")


def test_nothing_is_asked_for_where_there_is_nothing(storage: Any) -> None:
    storage.put("bucket/empty")
    empty, file = open_remote("s3://bucket/empty"), open_remote(ADDRESS)
    storage.asked.clear()
    assert (empty.size, bytes(empty.read(0, 10))) == (0, b"")
    for offset, length in ((5, 0), (len(CONTENT), 10), (10**12, 10)):
        assert bytes(file.read(offset, length)) == b""
    assert storage.asked == []


def test_connections_are_kept_from_one_opening_to_the_next(storage: Any) -> None:
    first = open_remote(ADDRESS)
    assert open_remote(ADDRESS).bucket is first.bucket


def test_an_object_replaced_while_it_is_read_is_never_mixed_with_the_new_one(
    storage: Any,
) -> None:
    file = open_remote(ADDRESS)
    storage.put(PATH, CONTENT[::-1])
    with pytest.raises(StorageError, match="was changed while it was read: run again"):
        file.read(0, 10)
    assert open_remote(ADDRESS).read(0, 3) == CONTENT[::-1][:3]


def test_an_answer_that_breaks_off_is_asked_for_again(storage: Any) -> None:
    file = open_remote(ADDRESS)
    storage.broken = 2
    assert file.read(100, 5000) == CONTENT[100:5100]
    storage.broken = 10
    with pytest.raises(StorageError, match=r"cannot be read|No answer"):
        file.read(100, 5000)


def test_storage_without_ranges_is_no_use(storage: Any) -> None:
    storage.has_ranges = False
    assert "gave other bytes than asked" in str(refused())


@pytest.mark.parametrize(
    "address", ["s3://bucket/nothing", "s3://nobucket/key", "s3:///key", "s3://Bad_Bucket/key"]
)
def test_what_is_not_there_is_a_wrong_setting(address: str) -> None:
    refusal = refused(address)
    assert isinstance(refusal, SettingError)
    assert str(refusal) == f"There is no object at {address}."


@pytest.mark.parametrize("address", ["s3://bucket", "s3://bucket/", "s3://bucket/folder", "s3://"])
def test_a_bucket_or_folder_is_no_object(address: str) -> None:
    assert f"{address} is no object; name one file" in str(refused(address))


def test_other_kinds_of_addresses_are_refused_without_their_signature() -> None:
    refusal = refused("https://host/train.bson?X-Amz-Signature=secret-of-the-test")
    assert isinstance(refusal, SettingError)
    assert "Cannot read https://host/train.bson: known are local paths and s3://" in str(refusal)


def test_wrong_credentials_are_told(storage: Any) -> None:
    file = open_remote(ADDRESS)
    storage.close_doors()
    assert "No permission for" in str(refused())
    with pytest.raises(StorageError, match="check the credentials and the bucket's policy"):
        file.read(0, 10)


def test_missing_credentials_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE" in str(refused())


def test_a_server_that_is_gone_is_told_within_seconds(storage: Any) -> None:
    storage.stop()
    assert "check the network and AWS_ENDPOINT_URL" in str(refused())


def test_an_endpoint_that_is_no_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost:9000")
    assert isinstance(refused(), SettingError)
    assert "expected https://host" in str(refused())


@pytest.mark.parametrize("module", ["obstore", "obstore.store", "botocore.session"])
def test_without_the_extra_the_missing_part_is_named(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    refusal = refused()
    assert isinstance(refusal, SettingError)
    assert "pip install 'pixonomy[s3]'" in str(refusal)


def test_the_client_is_loaded_only_when_an_address_is_read() -> None:
    code = (
        "import sys, pixonomy.dataset.read, pixonomy.storage.s3; "
        "sys.exit(any(one in sys.modules for one in ('obstore', 'botocore')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_object_replaced_is_seen_where_the_storage_overlooks_the_condition(
    storage: Any,
) -> None:
    storage.has_conditions = False
    file = open_remote(ADDRESS)
    assert file.read(0, 3) == CONTENT[:3]
    storage.put(PATH, CONTENT[::-1])
    with pytest.raises(StorageError, match="was changed while it was read: run again"):
        file.read(0, 10)


@pytest.mark.parametrize("key", ["/folder/a", "folder//a", "folder/../a", "./a", "a\nb", "a\x00"])
def test_keys_that_the_client_would_change_are_refused(key: str, storage: Any) -> None:
    storage.put("bucket/folder/a", b"another")
    assert "no part of a key may be empty, '.' or '..'" in str(refused_key(key))
    assert storage.asked == []


def refused_key(key: str) -> SettingError:
    with pytest.raises(SettingError) as caught:
        open_remote(f"s3://bucket/{key}")
    return caught.value


@pytest.mark.parametrize("key", ["a%20b", "x+y&z=~*'()!@$,;:", "über/π 图.bson", "a/b.c..d/...e"])
def test_every_other_key_is_taken_as_it_is(key: str, storage: Any) -> None:
    storage.put(f"bucket/{key}", key.encode())
    assert open_remote(f"s3://bucket/{key}").read(0, 100) == key.encode()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((503, {}), "cannot be read: its storage answers 503; run again later"),
        ((500, {}), "cannot be read: its storage answers 500; run again later"),
        ((301, {}), "lies in another region: set AWS_DEFAULT_REGION to it"),
    ],
)
def test_a_storage_that_refuses_everything_is_told(
    answer: tuple[int, dict[str, str]], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted_server([answer]) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        assert told in str(refused())
    assert len(server.asked) == (1 if answer[0] == 301 else 5)


def test_a_storage_that_stumbles_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    about = {"Content-Length": "7", "ETag": '"a"', "Last-Modified": "Mon, 30 Nov 2026 08:00:00 GMT"}
    with scripted_server([(503, {}), (503, {}), (200, about)]) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        file = open_remote(ADDRESS)
    assert (file.size, file.version, file.modified_ns) == (7, '"a"', 1_796_025_600 * 10**9)
    assert len(server.asked) == 3


def test_an_object_without_a_version_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    about = {"Content-Length": "7", "Last-Modified": "Mon, 30 Nov 2026 08:00:00 GMT"}
    with scripted_server([(200, about)]) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        assert "has no ETag" in str(refused())


def test_a_storage_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixonomy.storage.s3._SILENCE", timedelta(seconds=0.1))
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
        assert "No answer from the storage of s3://bucket/folder" in (told := str(refused()))
        assert "(timed out)" in told


def test_a_host_that_nobody_knows_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://me:secret-of-the-test@nobody.invalid")
    assert "(unknown host): check the network and AWS_ENDPOINT_URL" in str(refused())


@pytest.mark.parametrize("size", [0, 1000, 20 * 1024**2 + 1])
def test_a_file_is_copied_whole(size: int, storage: Any, tmp_path: Path) -> None:
    data = (CONTENT * (size // len(CONTENT) + 1))[:size]
    (tmp_path / "file").write_bytes(data)
    upload(tmp_path / "file", "s3://bucket/to/file é")
    assert len([one for one in storage.asked if one[0] == "PUT"]) == (1 if size < 10**6 else 3)
    file = open_remote("s3://bucket/to/file é")
    assert (file.size, bytes(file.read(0, size))) == (size, data)


def test_a_file_that_cannot_be_copied_is_told(storage: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"data")
    with pytest.raises(SettingError, match="There is no bucket at s3://nobucket/file"):
        upload(tmp_path / "file", "s3://nobucket/file")
    with pytest.raises(StorageError, match="gone could not be read or written"):
        upload(tmp_path / "gone", "s3://bucket/file")
    storage.close_doors()
    with pytest.raises(StorageError, match="No permission for s3://bucket/file"):
        upload(tmp_path / "file", "s3://bucket/file")


def test_a_copy_that_breaks_off_leaves_nothing(storage: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(40 * 1024**2))
    storage.close_doors("3")
    with pytest.raises(StorageError, match="No permission for s3://bucket/file"):
        upload(tmp_path / "file", "s3://bucket/file")
    storage.close_doors("inf")
    assert str(refused("s3://bucket/file")) == "There is no object at s3://bucket/file."
