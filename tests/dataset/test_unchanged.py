"""A file that is another than the one that was indexed gives a problem, not other pixels."""

import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pixonomy.dataset.location import DEFLATE, Location, locate
from pixonomy.dataset.read import read_all, read_bytes
from pixonomy.dataset.seen import CHANGED, Seen
from pixonomy.errors import UndecodableImage
from pixonomy.storage.address import Address

OLD, NEW, LONGER = b"old picture", b"new picture", b"a longer picture"
SECOND = 10**9


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    path.write_bytes(OLD)
    os.utime(path, ns=(0, 5 * SECOND))
    return path


def as_seen(file: Path, **others: Any) -> Location:
    return Location("a", Address(file), 0, len(OLD), seen=Seen(5 * SECOND), **others)


def put(file: Path, data: bytes, seconds: int) -> None:
    file.write_bytes(data)
    os.utime(file, ns=(0, seconds * SECOND))


def test_a_file_that_is_as_it_was_is_read(file: Path) -> None:
    assert read_bytes(as_seen(file)) == OLD
    assert read_bytes(as_seen(file, sha256="0" * 64)) == OLD  # not even hashed


@pytest.mark.parametrize(
    ("data", "seconds"),
    [(NEW, 6), (NEW, 4), (OLD, 6), (LONGER, 6), (LONGER, 5), (OLD[:3], 5), (b"", 5)],
)
def test_another_size_or_another_time_alone_is_a_change(
    file: Path, data: bytes, seconds: int
) -> None:
    put(file, data, seconds)
    with pytest.raises(UndecodableImage, match="changed since it was indexed"):
        read_bytes(as_seen(file))


def test_where_the_sha256_is_known_the_bytes_decide(file: Path) -> None:
    digest = sha256(OLD).hexdigest()
    told = as_seen(file, sha256=digest)
    put(file, OLD, 99)  # copied, or touched
    assert read_bytes(told) == OLD
    assert read_bytes(replace(told, sha256=digest[:15])) == OLD
    assert read_bytes(replace(told, sha256=digest.upper())) == OLD
    for data, seconds in ((NEW, 99), (LONGER, 5), (OLD + b" and more", 5)):
        put(file, data, seconds)
        with pytest.raises(UndecodableImage, match="changed since it was indexed"):
            read_bytes(told)
    put(file, OLD[:3], 5)
    with pytest.raises(UndecodableImage):
        read_bytes(told)


def test_without_a_time_the_sha256_alone_decides(file: Path) -> None:
    told = Location("a", Address(file), 0, len(OLD), sha256=sha256(OLD).hexdigest())
    assert read_bytes(told) == OLD
    put(file, NEW, 5)
    with pytest.raises(UndecodableImage, match="changed since it was indexed"):
        read_bytes(told)


def test_a_row_of_before_that_knows_nothing_of_the_file_is_read(file: Path) -> None:
    put(file, LONGER, 77)
    assert read_bytes(Location("a", Address(file))) == LONGER
    assert read_bytes(Location("a", Address(file), 0, 3)) == LONGER[:3]


@pytest.mark.parametrize(("seconds", "is_changed"), [(5, False), (7, False), (8, True)])
def test_a_file_written_after_the_table_was_indexed_is_a_change(
    file: Path, seconds: int, is_changed: bool
) -> None:
    put(file, NEW, seconds)
    told = Location("a", Address(file), seen=Seen(indexed_ns=5 * SECOND))
    ((_, found),) = read_all([told])
    assert str(found) == CHANGED if is_changed else found == NEW


def test_ranges_of_a_file_seen_in_two_states_are_told_apart(file: Path) -> None:
    ranges = [
        Location("new", Address(file), 1, 3, "m", seen=Seen(5 * SECOND)),
        Location("old", Address(file), 2, 3, "m", seen=Seen(4 * SECOND)),
        # A range need not be all of it.
        Location("odd", Address(file), 0, 3, "m", seen=Seen(5 * SECOND)),
        Location("none", Address(file), 4, 3),
    ]
    found = dict(read_all(ranges))
    assert [found[0], str(found[1]), found[2], found[3]] == [OLD[1:4], CHANGED, OLD[:3], OLD[4:7]]


def test_what_is_unpacked_is_compared_with_its_sha256(tmp_path: Path) -> None:
    import zlib

    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(OLD) + packer.flush()
    (tmp_path / "z").write_bytes(b"....." + packed)
    seen = Seen(1)  # another time than the file has
    told = Location("a", Address(tmp_path / "z"), 5, len(packed), "m", DEFLATE, seen)
    ((_, found),) = read_all([told])
    assert str(found) == CHANGED
    assert read_bytes(replace(told, sha256=sha256(OLD).hexdigest())) == OLD


def test_a_row_of_a_replaced_table_is_a_change(tmp_path: Path) -> None:
    table = tmp_path / "t.parquet"

    def write(data: bytes) -> None:
        pl.DataFrame({"image": [data]}).write_parquet(table)
        os.utime(table, ns=(0, 5 * SECOND))

    write(OLD)
    told = Location("a", Address(table), 0, len(OLD), "0", "parquet:image", Seen(5 * SECOND))
    assert read_bytes(told) == OLD
    write(LONGER)  # at the same time, but the row tells of the length
    with pytest.raises(UndecodableImage, match="changed since it was indexed"):
        read_bytes(told)
    write(NEW)
    os.utime(table)
    with pytest.raises(UndecodableImage, match="changed since it was indexed"):
        read_bytes(told)
    with pytest.raises(UndecodableImage, match="changed since it was indexed"):
        read_bytes(replace(told, sha256=sha256(OLD).hexdigest()))
    assert read_bytes(replace(told, sha256=sha256(NEW).hexdigest())) == NEW


def test_an_object_with_another_etag_is_a_change(storage: Any) -> None:
    storage.put("bucket/a", OLD)
    from pixonomy.storage.s3 import open_remote

    opened = open_remote("s3://bucket/a")
    far, seen = Address.parse("s3://bucket/a"), Seen(etag=opened.version)
    told = Location("a", far, 0, len(OLD), seen=seen)
    assert read_bytes(told) == OLD
    storage.put("bucket/a", OLD)  # the same bytes have the same ETag
    assert read_bytes(told) == OLD
    storage.put("bucket/a", NEW)
    for one in (told, replace(told, sha256=sha256(OLD).hexdigest())):
        with pytest.raises(UndecodableImage, match="changed since it was indexed"):
            read_bytes(one)
    assert read_bytes(replace(told, sha256=sha256(NEW).hexdigest())) == NEW
    assert opened.modified_ns is not None
    before = replace(told, seen=Seen(indexed_ns=opened.modified_ns - 3600 * SECOND))
    with pytest.raises(UndecodableImage, match="changed since it was indexed"):
        read_bytes(before)


def test_rows_are_located_with_what_was_seen_of_their_files(tmp_path: Path) -> None:
    rows = pl.DataFrame(
        {
            "image_id": ["a", "b", "c", "d"],
            "uri": ["a", "b", "c", "s3://b/c"],
            "modified_ns": [0, None, 7, None],
            "indexed_ns": [None, 9, None, None],
            "etag": [None, None, None, "v"],
            "sha256": ["unread:a", "ab", None, None],
        }
    )
    found = locate(rows, tmp_path)
    assert [one.seen for one in found] == [
        Seen(0), Seen(indexed_ns=9), Seen(7), Seen(etag="v"),
    ]  # fmt: skip
    assert [one.sha256 for one in found] == [None, "ab", None, None]
    before = locate(rows.select("image_id", "uri"), tmp_path)
    assert [(one.seen, one.sha256) for one in before] == [(None, None)] * 4
