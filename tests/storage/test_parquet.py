"""Damaged Parquet is told in one sentence: whatever is flipped, the process never dies of it."""

import io
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pixonomy.dataset.location import PARQUET
from pixonomy.errors import StorageError
from pixonomy.storage.parquet import BadParquet, check_parquet
from pixonomy.storage.tables import read_parquet, write_parquet

ROWS = 4321  # a number that stands for nothing else in a file
MUTANTS = 100  # of each file
CHILD = f"""
import resource, sys
from pathlib import Path
import polars as pl
from pixonomy.errors import PixonomyError
from pixonomy.dataset.read import read_all
from pixonomy.storage.tables import read_parquet
from pixonomy.dataset.location import Location
from pixonomy.dataset.manifest import read_about
from pixonomy.storage.address import Address
from pixonomy.sources.columns import TableColumns
from pixonomy.sources.image_column import find_image_column, index_image_column

resource.setrlimit(resource.RLIMIT_AS, (4 * 1024**3,) * 2)
columns = TableColumns()

def fetch(path):
    file = Address(path)
    rows = [Location("", file, 0, None, str(row), "{PARQUET}image") for row in range(0, 60, 7)]
    assert len(list(read_all(rows))) == len(rows)

calls = (
    read_about, fetch, read_parquet, lambda path: find_image_column(path, columns),
    lambda path: list(index_image_column(path, columns, path.parent)),
)
done = told = 0
for path in sorted(Path(sys.argv[1]).iterdir()):
    for call in calls:
        try:
            call(path)
        except PixonomyError as error:
            assert str(error).count("\\n") == 0, error
            told += 1
        done += 1
print(done, told)
"""


def write(file: Path, content: dict[str, Any], **options: Any) -> Path:
    pl.DataFrame(content, strict=False).write_parquet(file, **options)
    return file


def images(count: int) -> list[bytes]:
    return [b"\xff\xd8\xff" + random.Random(number).randbytes(50) for number in range(count)]


def check(content: bytes, folder: Path, rows: list[range] | None = None) -> bool:
    (folder / "checked.parquet").write_bytes(content)
    with (folder / "checked.parquet").open("rb") as file:
        return check_parquet(file, rows)


WHOLE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "paths": ({"path": [f"{n}.jpg" for n in range(ROWS)], "label": ["cat"] * ROWS}, {}),
    "row groups": ({"path": [f"{n}.jpg" for n in range(100)]}, {"row_group_size": 7}),
    "pages": ({"image": images(200)}, {"data_page_size": 100, "statistics": "full"}),
    "uncompressed": ({"image": images(60), "x": range(60)}, {"compression": "uncompressed"}),
    "nested": (
        {"a": [[1], [], None] * 20, "b": [{"c": None, "d": [b"x"]}, None, {"c": "y"}] * 20},
        {"compression": "gzip"},
    ),
    "long statistics": ({"text": ["a" * 5000, "b" * 5000]}, {"statistics": "full"}),
    "nulls": ({"nothing": [None] * 50}, {}),
    "no rows": ({"path": []}, {}),
    "no columns": ({}, {}),
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_whole_passes(tmp_path: Path, name: str) -> None:
    content, options = WHOLE[name]
    file = write(tmp_path / "t.parquet", content, **options)
    with file.open("rb") as opened:
        assert check_parquet(opened)
        assert opened.tell() == 0
    assert read_parquet(file).height == max([0, *map(len, content.values())])


@pytest.mark.parametrize("content", [b"", b"path,label\n", b"PAR", b"\x89PNG" + bytes(50)])
def test_what_is_no_parquet_is_not_checked(tmp_path: Path, content: bytes) -> None:
    assert not check(content, tmp_path)


def test_a_file_cut_anywhere_has_no_end(tmp_path: Path) -> None:
    content = write(tmp_path / "t.parquet", WHOLE["paths"][0]).read_bytes()
    for size in range(12, len(content), 97):
        with pytest.raises(BadParquet, match="its end is missing"):
            check(content[:size], tmp_path)
    with pytest.raises(StorageError, match=r"read as Parquet \(its end is missing\); copy"):
        read_parquet(tmp_path / "checked.parquet")


def varint(value: int) -> bytes:
    """Write a number as Thrift does."""
    number = (value << 1) ^ (value >> 63)
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])


def forge(content: bytes, old: bytes, new: bytes, number: int) -> bytes:
    """Replace some bytes of the footer, at the given one of their places."""
    start = footer_of(content)
    parts = content[start:-8].split(old)
    footer = old.join(parts[: number + 1]) + new + old.join(parts[number + 1 :])
    return content[:start] + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def footer_of(content: bytes) -> int:
    return len(content) - 8 - int.from_bytes(content[-8:-4], "little")


@pytest.mark.parametrize("value", [-1, 0, ROWS + 1, 2**31 - 1, 2**40, 2**61 - 1, -(2**63)])
def test_every_count_of_rows_or_values_that_is_forged_is_told(tmp_path: Path, value: int) -> None:
    content = write(tmp_path / "t.parquet", WHOLE["paths"][0], statistics=False).read_bytes()
    places = content[footer_of(content) :].count(varint(ROWS))
    assert places == 4  # all rows, those of the row group, the values of two columns
    for number in range(places):
        with pytest.raises(BadParquet):
            check(forge(content, varint(ROWS), varint(value), number), tmp_path)


@pytest.mark.parametrize("value", [-1, 0, 1, 5000])
def test_every_count_of_values_in_a_page_that_is_forged_is_told(tmp_path: Path, value: int) -> None:
    content = write(tmp_path / "t.parquet", WHOLE["paths"][0]).read_bytes()
    forged = varint(value)
    if len(forged) == 1:
        forged = bytes([forged[0] | 0x80, 0])  # as long as the true one
    place = 0
    for _ in range(2):
        place = content.index(b"\x15" + varint(ROWS), place) + 1
        with pytest.raises(BadParquet, match="values"):
            check(content[:place] + forged + content[place + 2 :], tmp_path)


def test_more_rows_than_any_file_of_that_size_holds_are_told(tmp_path: Path) -> None:
    content = write(tmp_path / "t.parquet", {"path": []}).read_bytes()
    for value in (-1, 1, 2**33):
        with pytest.raises(BadParquet, match=f"{value} rows are not what it holds"):
            check(forge(content, b"\x16" + varint(0), b"\x16" + varint(value), 0), tmp_path)


def test_only_the_pages_of_wanted_rows_are_looked_at(tmp_path: Path) -> None:
    options = {"row_group_size": 30, "compression": "uncompressed"}
    data = bytearray(write(tmp_path / "t", {"image": images(90)}, **options).read_bytes())
    place = data.index(b"\xff\xd8\xff", len(data) // 2)  # in the second row group
    data[data.rindex(b"\x15" + varint(30), 0, place) + 1] = 1  # its page says -1 values
    with pytest.raises(BadParquet, match="a page of -1 values"):
        check(bytes(data), tmp_path)
    assert check(bytes(data), tmp_path, [])
    assert check(bytes(data), tmp_path, [range(30), range(60, 90)])
    for wanted in (range(30, 31), range(59, 60), range(29, 61)):
        with pytest.raises(BadParquet):
            check(bytes(data), tmp_path, [wanted])


def test_flipped_cut_and_overwritten_files_are_told_and_end_no_process(tmp_path: Path) -> None:
    """A child reads them, for a failed allocation would take this process with it."""
    chance, mutants = random.Random(7), tmp_path / "mutants"
    mutants.mkdir()
    structs = [{"bytes": one, "path": None} for one in images(60)]
    files = {
        "paths": write(tmp_path / "1", {"path": list(map(str, range(60))), "label": ["a"] * 60}),
        "structs": write(tmp_path / "2", {"image": structs, "label": range(60)}, row_group_size=25),
        "plain": write(tmp_path / "3", {"image": images(60)}, compression="uncompressed"),
    }
    write_parquet(tmp_path / "4", pl.DataFrame({"label": ["a"] * 60}), {"pixonomy": "{}"})
    files["about"] = tmp_path / "4"
    for name, file in files.items():
        for number in range(MUTANTS):
            mutant = change(file.read_bytes(), chance)
            (mutants / f"{name}-{number}.parquet").write_bytes(mutant)
    ran = subprocess.run(
        [sys.executable, "-c", CHILD, str(mutants)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "POLARS_MAX_THREADS": "2"},
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    done, told = map(int, ran.stdout.split())
    assert done == 5 * MUTANTS * len(files)
    assert told > done // 4


def change(content: bytes, chance: random.Random) -> bytes:
    """Change some bytes, most of them in the footer or before the first page's values."""
    places = [chance.randrange(footer_of(content), len(content)), chance.randrange(4, 60)]
    place = chance.choice([*places, chance.randrange(len(content))])
    length = chance.choice([1, 1, 2, 5, 10])
    new = chance.choice([b"\0", b"\xff", b"\x01", chance.randbytes(1)]) * length
    if chance.random() < 0.1:
        return content[:place] + content[place + length :]
    stream = io.BytesIO(content)
    stream.seek(place)
    stream.write(new)
    return stream.getvalue()[: len(content)]
