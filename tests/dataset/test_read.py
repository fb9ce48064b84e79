import os
import random
import threading
import time
import zlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.dataset.location import DEFLATE, STORED, Location, with_checksum
from pixonomy.dataset.read import read_all, read_bytes
from pixonomy.errors import UndecodableImage
from pixonomy.storage.address import Address


def complaint(location: Location) -> str:
    """Read in a thread, so that a read that hangs fails the test instead of stopping it."""
    told: list[str] = []

    def read() -> None:
        try:
            read_bytes(location)
        except UndecodableImage as error:
            told.append(str(error))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive(), "reading hangs"
    assert told, "the read should have failed"
    return told[0]


def test_a_range_of_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "shard"
    path.write_bytes(b"0123456789")
    assert read_bytes(Location("a", Address(path), 2, 3)) == b"234"
    assert read_bytes(Location("a", Address(path), 7)) == b"789"
    assert read_bytes(Location("a", Address(path))) == b"0123456789"
    assert read_bytes(Location("a", Address(path), 4, 0)) == b""


def test_a_file_that_ends_too_early_says_so(tmp_path: Path) -> None:
    path = tmp_path / "shard"
    path.write_bytes(b"0123456789")
    assert "ends before" in complaint(Location("a", Address(path), 8, 3))


@pytest.mark.parametrize(("offset", "length"), [(0, 10**15), (0, None), (-1, 5)])
def test_ranges_no_picture_has_are_not_read(
    tmp_path: Path, offset: int, length: int | None
) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(2**40)  # a sparse file: a terabyte on paper
    complaint(Location("a", Address(path), offset, length))


def test_a_negative_length_reads_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"0123456789")
    assert read_bytes(Location("a", Address(tmp_path / "file"), 0, -1)) == b""


def test_a_folder_a_pipe_a_device_and_a_missing_file_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").write_bytes(b"0123")
    assert complaint(Location("a", Address(tmp_path))) == "a folder, not a file"
    assert complaint(Location("a", Address(tmp_path / "file" / "below"))) == "the file is missing"
    assert complaint(Location("a", Address(tmp_path / "pipe"))) == "not a regular file"
    assert complaint(Location("a", Address(Path("/dev/zero")))) == "not a regular file"
    assert complaint(Location("a", Address(tmp_path / "nothing"))) == "the file is missing"
    assert complaint(Location("a", Address(tmp_path / "dangling"))) == "the file is missing"
    assert complaint(Location("a", Address(tmp_path / "loop"))) == "the file is missing"
    assert complaint(Location("a", Address(tmp_path / "nu\0l"))) == "the file is missing"
    assert "cannot be read" in complaint(Location("a", Address(tmp_path / ("long" * 100))))


def test_a_file_without_permission_becomes_a_problem(ordinary_folder: Path) -> None:
    (ordinary_folder / "secret.jpg").write_bytes(b"1")
    (ordinary_folder / "secret.jpg").chmod(0)
    assert "cannot be read: Permission denied" in complaint(
        Location("a", Address(ordinary_folder / "secret.jpg"))
    )


def write_table(path: Path, count: int = 100, rows_together: int = 10) -> Path:
    data: list[dict[str, bytes | None]] = [
        {"bytes": b"%d" % number, "path": None} for number in range(count)
    ]
    data[3]["bytes"] = None
    table = pl.DataFrame(
        {"image": data, "raw": [one["bytes"] for one in data], "label": [1] * count},
        schema_overrides={"image": pl.Struct({"bytes": pl.Binary, "path": pl.String})},
    )
    table.write_parquet(path, row_group_size=rows_together)
    return path


def in_table(path: Path, row: object, column: str = "image") -> Location:
    return Location("a", Address(path), member=str(row), encoding=f"parquet:{column}")


@pytest.mark.parametrize("column", ["image", "raw"])
@pytest.mark.parametrize("rows_together", [1, 10, 5000])
def test_rows_of_a_table_are_read_in_any_order(
    tmp_path: Path, column: str, rows_together: int
) -> None:
    table = write_table(tmp_path / "t.parquet", 4000, rows_together)
    rows = [3999, 0, 17, 17, 5, 2500, 16, 15, 1200]  # far apart, neighbours, and one twice
    found = dict(read_all([in_table(table, row, column) for row in rows]))
    assert [found[place] for place in range(len(rows))] == [b"%d" % row for row in rows]


@given(st.lists(st.integers(0, 2999), max_size=40))
@settings(max_examples=30, deadline=None)
def test_every_row_asked_for_comes_once(
    tmp_path_factory: pytest.TempPathFactory, rows: list[int]
) -> None:
    table = tmp_path_factory.getbasetemp() / "three thousand.parquet"
    if not table.exists():
        write_table(table, 3000, 700)
    answers = list(read_all([in_table(table, row) for row in rows]))
    assert sorted(place for place, _ in answers) == list(range(len(rows)))
    assert all(data == b"%d" % rows[place] for place, data in answers if rows[place] != 3)


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (3, "image", "holds no picture there"),
        (100, "image", "the table has no such row"),
        (-1, "image", "the table has no such row"),
        ("", "image", "the table has no such row"),
        ("x", "image", "the table has no such row"),
        ("9" * 30, "image", "the table has no such row"),
        (0, "label", "holds no pictures in column 'label'"),
        (0, "other", "holds no pictures in column 'other'"),
    ],
)
def test_rows_that_hold_no_picture_say_why(
    tmp_path: Path, row: object, column: str, reason: str
) -> None:
    table = write_table(tmp_path / "t.parquet")
    assert reason in complaint(in_table(table, row, column))
    others = dict(read_all([in_table(table, row, column), in_table(table, 5)]))
    assert others[1] == b"5"


def test_a_table_that_is_none_is_a_reason(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"no Parquet at all")
    os.mkfifo(tmp_path / "pipe")
    assert "cannot be read" in complaint(in_table(tmp_path / "t.parquet", 0))
    assert complaint(in_table(tmp_path / "none.parquet", 0)) == "the file is missing"
    assert complaint(in_table(tmp_path / "pipe", 0)) == "not a regular file"
    table = Address.parse("s3://bucket/t.parquet")
    remote = Location("a", table, member="0", encoding="parquet:image")
    assert "from this machine only" in complaint(remote)


def test_a_table_whose_name_is_not_utf_8_is_read(tmp_path: Path) -> None:
    table = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9.parquet"))
    write_table(tmp_path / "t.parquet").rename(table)
    assert read_bytes(in_table(table, 7)) == b"7"


def test_flipped_bytes_in_a_table_are_reasons_or_do_no_harm(tmp_path: Path) -> None:
    generator = random.Random(5)
    whole = write_table(tmp_path / "t.parquet").read_bytes()
    for _ in range(150):
        changed = bytearray(whole)
        changed[generator.randrange(len(whole))] ^= generator.randrange(1, 256)
        (tmp_path / "t.parquet").write_bytes(changed)
        answers = list(
            read_all([in_table(tmp_path / "t.parquet", row) for row in range(0, 100, 9)])
        )
        assert sorted(place for place, _ in answers) == list(range(12))


@pytest.mark.timed
def test_a_large_table_is_decoded_once_not_once_a_row(tmp_path: Path) -> None:
    table = tmp_path / "t.parquet"
    count = 5000
    pl.DataFrame({"raw": [random.randbytes(4000) for _ in range(count)]}).write_parquet(table)
    locations = [in_table(table, row, "raw") for row in range(count)]
    began = time.perf_counter()
    read_bytes(locations[0])
    once = time.perf_counter() - began
    assert (
        sum(len(data) for _, data in read_all(locations) if isinstance(data, bytes)) == 4000 * count
    )
    assert time.perf_counter() - began < 100 * once


def test_a_row_that_names_no_range_does_not_spoil_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "shard").write_bytes(b"0123456789")
    places = [(3, 2), (-1, 5), (0, 10**15), (0, 1), (-(2**63), None), (2**62, 1)]
    locations = [Location("a", Address(tmp_path / "shard"), *place) for place in places]
    fetched = dict(read_all(locations))
    assert [fetched[0], fetched[3]] == [b"34", b"0"]
    assert str(fetched[1]) == str(fetched[4]) == "the row names no range of bytes"
    assert "larger than" in str(fetched[2])
    assert "ends before" in str(fetched[5])


def test_pictures_of_an_object_are_fetched_in_few_requests(storage: Any) -> None:
    content = random.Random(1).randbytes(4_000_000)
    storage.put("bucket/train.bson", content)
    address = "s3://bucket/train.bson"
    places = [*random.Random(2).sample(range(0, 1_000_000, 2000), 400), 3_900_000]
    locations = [Location("a", Address.parse(address), place, 1500) for place in places]
    fetched = dict(read_all(locations))
    assert [fetched[n] for n in range(401)] == [content[place:][:1500] for place in places]
    # One to look at the object, one for all neighbours, one for what lies far from them.
    assert [method for method, *_ in storage.asked] == ["HEAD", "GET", "GET"]


def test_an_object_that_cannot_be_had_is_a_reason(storage: Any) -> None:
    storage.put("bucket/train.bson", b"0123456789")
    far, none = Address.parse("s3://bucket/train.bson"), Address.parse("s3://bucket/none")
    locations = [Location("a", far, 8, 5), Location("b", none, 0, 1)]
    locations += [Location("c", Address.parse("ftp://host/file"), 0, 1), Location("d", far, 2, 3)]
    fetched = dict(read_all(locations))
    assert fetched[3] == b"234"
    assert "ends before" in str(fetched[0])
    assert str(fetched[1]) == "cannot be read: There is no object at s3://bucket/none"
    assert "known are local paths and s3://" in str(fetched[2])


@pytest.mark.parametrize("kind", [STORED, DEFLATE])
def test_bytes_of_a_zip_are_held_against_their_checksum(tmp_path: Path, kind: str) -> None:
    data = b"one" * 99
    lying = data
    if kind == DEFLATE:
        packer = zlib.compressobj(wbits=-15)
        lying = packer.compress(data) + packer.flush()
    (tmp_path / "a.zip").write_bytes(lying)

    def read(encoding: str | None) -> bytes:
        return read_bytes(Location("a", Address(tmp_path / "a.zip"), 0, len(lying), "a", encoding))

    assert read(with_checksum(kind, zlib.crc32(data))) == read(kind) == data
    for wrong in (f"{kind}:crc32=00000001", f"{kind}:crc32=none"):
        with pytest.raises(UndecodableImage, match="its checksum differs"):
            read(wrong)
    with pytest.raises(UndecodableImage, match="unknown encoding"):
        read("bzip2:crc32=00000001")
