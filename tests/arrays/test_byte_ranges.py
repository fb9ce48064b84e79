from pathlib import Path

import numpy as np
import polars as pl

from pixonomy.arrays.byte_ranges import read_ranges
from pixonomy.dataset.location import DEFLATE, PARQUET, STORED, Location, with_checksum
from pixonomy.dataset.manifest import Manifest, conform, write_manifest
from pixonomy.storage.address import Address


def write(folder: Path, **columns: list[object]) -> Path:
    count = len(columns["uri"])
    rows = pl.DataFrame(
        {"image_id": [str(number) for number in range(count)], "split": ["train"] * count}
    )
    rows = rows.with_columns(pl.Series(name, values) for name, values in columns.items())
    write_manifest(folder / "m.parquet", Manifest(conform(rows), folder))
    return folder / "m.parquet"


def test_every_kind_of_row_becomes_the_location_it_was(tmp_path: Path) -> None:
    manifest = write(
        tmp_path,
        uri=["a.bson", "s3://b/c.bson", "d.zip", "e.parquet", "f.jpg", None],
        offset=[7, 8, 9, None, 0, None],
        length=[70, 80, 90, 40, None, None],
        member=[None, None, "in/d.jpg", "12", None, None],
        encoding=[None, None, DEFLATE, f"{PARQUET}image", None, None],
    )
    ranges = read_ranges(manifest, tmp_path)
    assert ranges.locations() == [
        Location("0", Address(tmp_path / "a.bson"), 7, 70),
        Location("1", Address.parse("s3://b/c.bson"), 8, 80),
        Location("2", Address(tmp_path / "d.zip"), 9, 90, None, DEFLATE),
        Location("3", Address(tmp_path / "e.parquet"), 0, 40, "12", f"{PARQUET}image"),
        Location("4", Address(tmp_path / "f.jpg"), 0, None),
        Location("5", Address(None), 0, None),
    ]


def test_rows_with_a_problem_or_without_a_split_are_left_out(tmp_path: Path) -> None:
    manifest = write(
        tmp_path,
        uri=["a", "b", "c", "d"],
        problem=[None, "a copy", None, None],
        split=["train", "test", None, "validation"],
    )
    assert read_ranges(manifest, tmp_path).rows.tolist() == [0, 3]


def test_places_are_taken_in_the_order_asked(tmp_path: Path) -> None:
    manifest = write(tmp_path, uri=["a", "b", "c"], offset=[1, 2, 3], length=[4, 5, 6])
    taken = read_ranges(manifest, tmp_path).take(np.array([2, 0]))
    assert [one.offset for one in taken.locations()] == [3, 1]
    assert len(taken) == 2
    assert len(taken.take(slice(1, 1))) == 0


def test_a_part_carries_the_files_it_needs_and_no_others(tmp_path: Path) -> None:
    manifest = write(tmp_path, uri=["a", "b", "c", "b"], offset=[1, 2, 3, 4], length=[1, 1, 1, 1])
    ranges = read_ranges(manifest, tmp_path)
    part = ranges.part(np.array([3, 1]))
    assert part.files == (Address(tmp_path / "b"),)
    assert part.locations() == ranges.take(np.array([3, 1])).locations()
    assert ranges.part(slice(0, 0)).files == ()


def test_an_empty_manifest_has_no_extents(tmp_path: Path) -> None:
    ranges = read_ranges(write(tmp_path, uri=["a"], split=[None]), tmp_path)
    assert len(ranges) == 0
    assert ranges.locations() == []


def test_checksums_are_numbers_and_not_as_many_encodings(tmp_path: Path) -> None:
    encodings = [with_checksum(kind, 7 + number) for number, kind in enumerate([DEFLATE, None] * 9)]
    manifest = write(tmp_path, uri=["d.zip"] * 18, encoding=[*encodings])
    ranges = read_ranges(manifest, tmp_path)
    assert ranges.encodings == (DEFLATE, STORED)
    assert [one.encoding for one in ranges.locations()] == encodings
    assert [one.encoding for one in ranges.part(np.array([3])).locations()] == encodings[3:4]
