import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.errors import DataError, SettingError, StorageError
from pixonomy.storage.files import (
    existing_path,
    hash_file,
    hash_json,
    partial_path,
    printable,
    read_json,
    remove,
    storage_error,
    write_aside,
    write_json,
    write_text,
)
from pixonomy.storage.locks import lock_file
from pixonomy.storage.tables import read_parquet, scan_parquet, stream_parquet, write_parquet

KILLED_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from pixonomy.storage.files import write_aside
with write_aside(Path(sys.argv[1])) as partial:
    if sys.argv[2] == "folder":
        partial.mkdir()
        partial = partial / "inside"
    partial.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_killed_writer_leaves_no_final_name_and_whoever_locks_it_next_clears_up(
    tmp_path: Path, kind: str
) -> None:
    final = tmp_path / "result [1].txt"
    call = [sys.executable, "-c", KILLED_WHILE_WRITING, str(final), kind]
    assert subprocess.run(call, check=False).returncode == -signal.SIGKILL
    assert not final.exists()
    assert len(list(tmp_path.iterdir())) == 1, "the test should leave something half-written"
    with lock_file(final):
        write_text(final, "whole")
    assert [path.name for path in tmp_path.glob("[!.]*")] == ["result [1].txt"]
    assert not list(tmp_path.glob(".*partial*"))
    assert final.read_text() == "whole"


def test_a_failing_writer_leaves_the_earlier_content(tmp_path: Path) -> None:
    final = tmp_path / "kept.txt"
    write_text(final, "earlier")

    def fail_half_way() -> None:
        with write_aside(final) as partial:
            partial.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]
    assert final.read_text() == "earlier"


def test_the_work_of_a_living_writer_is_left_alone(tmp_path: Path) -> None:
    shared = tmp_path / "shared.txt"
    with write_aside(shared) as other:
        other.write_text("theirs")
        write_text(shared, "ours")
        assert other.read_text() == "theirs"
    assert shared.read_text() == "theirs"


def test_two_processes_of_one_number_write_to_two_names(tmp_path: Path) -> None:
    assert len({partial_path(tmp_path / "shared.txt") for _ in range(1000)}) == 1000


def test_missing_folders_are_made(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "b" / "c.txt", "é")
    assert (tmp_path / "a" / "b" / "c.txt").read_bytes() == "é".encode()


def test_a_full_disk_is_told_in_one_helpful_sentence(small_disk: Path) -> None:
    with pytest.raises(StorageError, match=r"disk is full.*big\.txt.*[Ff]ree space"):
        write_text(small_disk / "big.txt", "x" * 200_000)
    assert list(small_disk.iterdir()) == []


def test_a_full_disk_is_told_for_tables_too(small_disk: Path, tmp_path: Path) -> None:
    rows = pl.DataFrame({"text": [os.urandom(16).hex() for _ in range(10_000)]})
    with pytest.raises(StorageError, match="disk is full"):
        write_parquet(small_disk / "rows.parquet", rows)
    assert list(small_disk.iterdir()) == []
    write_parquet(tmp_path / "rows.parquet", rows)
    with (
        pytest.raises(StorageError, match="disk is full"),
        scan_parquet(tmp_path / "rows.parquet") as lazy,
    ):
        write_parquet(small_disk / "rows.parquet", lazy)
    assert list(small_disk.iterdir()) == []


def test_a_folder_without_permission_is_named(ordinary_folder: Path) -> None:
    ordinary_folder.chmod(0o500)
    with pytest.raises(StorageError, match=r"No permission for .*new\.txt"):
        write_text(ordinary_folder / "new.txt", "")


def test_a_file_without_permission_is_named(ordinary_folder: Path) -> None:
    secret = ordinary_folder / "secret.json"
    secret.write_text("{}")
    secret.chmod(0)
    with pytest.raises(StorageError, match=r"No permission for .*secret\.json"):
        read_json(secret)


def test_a_file_in_the_place_of_a_folder_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        write_text(tmp_path / "file" / "below.txt", "")


def test_our_own_errors_pass_through_unchanged(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no pictures"), write_aside(tmp_path / "x"):
        raise DataError("no pictures")


def test_an_error_without_a_path_still_gives_a_sentence() -> None:
    error = OSError(errno.EIO, "Input/output error")
    assert str(storage_error(error)) == "a file could not be read or written: Input/output error."


def test_json_comes_back_as_it_was_written(tmp_path: Path) -> None:
    content = {"b": [1, None, "é"], "a": {"c": 0.5}}
    write_json(tmp_path / "a.json", content)
    assert read_json(tmp_path / "a.json") == content
    assert read_json(tmp_path / "none.json") is None


@pytest.mark.parametrize("text", [b"{", b"", b"\xff\xfe", b"[" * 100_000])
def test_damaged_json_is_a_storage_error(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "a.json").write_bytes(text)
    with pytest.raises(StorageError, match=r"a\.json is not valid JSON"):
        read_json(tmp_path / "a.json")


def test_a_table_comes_back_as_it_was_written_even_under_an_odd_name(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9.parquet"))
    rows = pl.DataFrame({"a": [1, None], "b": ["x", "é"]})
    write_parquet(path, rows, {"about": "it"})
    assert read_parquet(path).equals(rows)
    assert read_parquet(path, ("b",)).equals(rows.select("b"))
    with scan_parquet(path) as lazy:
        write_parquet(path, lazy.filter(pl.col("a") == 1))
    assert read_parquet(path).equals(rows.head(1))


def test_a_damaged_table_is_a_storage_error(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_parquet(path, pl.DataFrame({"a": range(1000)}))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(StorageError, match="damaged"):
        read_parquet(path)
    with pytest.raises(StorageError, match=r"nowhere\.parquet could not be read"):
        read_parquet(tmp_path / "nowhere.parquet")


def test_a_hash_depends_on_the_bytes_alone(tmp_path: Path) -> None:
    for name, content in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        (tmp_path / name).write_bytes(content)
    assert hash_file(tmp_path / "a") == hash_file(tmp_path / "b") != hash_file(tmp_path / "c")


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_the_order_of_keys_does_not_change_a_hash(content: dict[str, object]) -> None:
    backwards = dict(reversed(content.items()))
    assert hash_json(backwards) == hash_json(content) == hash_json(json.loads(json.dumps(content)))


def test_a_full_disk_that_polars_keeps_to_itself_is_told_as_one(small_disk: Path) -> None:
    numbers = np.random.default_rng(0).integers(0, 2**60, 50_000)
    rows = pl.DataFrame({"number": numbers, "text": [str(one) for one in numbers]})
    for kilobytes in (0, 8, 16, 24, 32, 40, 48):  # the refusal meets headers, pages or the footer
        (small_disk / "filler").write_bytes(bytes(1024 * kilobytes))
        with pytest.raises(StorageError, match=r"The disk is full: .*table\.parquet"):
            write_parquet(small_disk / "table.parquet", rows)
        with pytest.raises(StorageError, match=r"The disk is full: .*table\.parquet"):
            stream_parquet(small_disk / "table.parquet", iter([rows]), None, 1000)
        assert [path.name for path in small_disk.iterdir()] == ["filler"]


def test_a_full_disk_is_told_where_polars_writes_a_csv(small_disk: Path) -> None:
    rows = pl.DataFrame({"number": range(50_000)})
    with (
        pytest.raises(StorageError, match="The disk is full"),
        write_aside(small_disk / "table.csv") as partial,
    ):
        rows.write_csv(partial)


def test_removing_a_link_spares_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "kept").write_text("")
    (tmp_path / "link").symlink_to("folder")
    remove(tmp_path / "link")
    assert (tmp_path / "folder" / "kept").exists()
    remove(tmp_path / "folder")
    remove(tmp_path / "was never there")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_path_is_named_with_its_role(tmp_path: Path) -> None:
    assert existing_path(tmp_path, "source") == tmp_path
    with pytest.raises(SettingError, match=r"no source at .*nowhere"):
        existing_path(tmp_path / "nowhere", "source")


@given(st.binary(min_size=1))
def test_every_path_can_be_printed(name: bytes) -> None:
    printable(os.fsdecode(name)).encode()
