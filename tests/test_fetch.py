import os
import threading
from pathlib import Path

import pytest

from pixonomy.errors import UndecodableImage
from pixonomy.fetch import read_bytes
from pixonomy.locate import Location


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
    assert read_bytes(Location("a", path, 2, 3)) == b"234"
    assert read_bytes(Location("a", path, 7)) == b"789"
    assert read_bytes(Location("a", path)) == b"0123456789"
    assert read_bytes(Location("a", path, 4, 0)) == b""


def test_a_file_that_ends_too_early_says_so(tmp_path: Path) -> None:
    path = tmp_path / "shard"
    path.write_bytes(b"0123456789")
    assert "ends before" in complaint(Location("a", path, 8, 3))


@pytest.mark.parametrize(("offset", "length"), [(0, 10**15), (0, None), (-1, 5)])
def test_ranges_no_picture_has_are_not_read(
    tmp_path: Path, offset: int, length: int | None
) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(2**40)  # a sparse file: a terabyte on paper
    complaint(Location("a", path, offset, length))


def test_a_negative_length_reads_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"0123456789")
    assert read_bytes(Location("a", tmp_path / "file", 0, -1)) == b""


def test_a_folder_a_pipe_a_device_and_a_missing_file_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    assert complaint(Location("a", tmp_path)) == "not a regular file"
    assert complaint(Location("a", tmp_path / "pipe")) == "not a regular file"
    assert complaint(Location("a", Path("/dev/zero"))) == "not a regular file"
    assert complaint(Location("a", tmp_path / "nothing")) == "the file is missing"
    assert complaint(Location("a", tmp_path / "dangling")) == "the file is missing"
    assert complaint(Location("a", tmp_path / "loop")) == "the file is missing"
    assert complaint(Location("a", tmp_path / "nu\0l")) == "the file is missing"
    assert "cannot be read" in complaint(Location("a", tmp_path / ("long" * 100)))


def test_a_file_without_permission_becomes_a_problem(ordinary_folder: Path) -> None:
    (ordinary_folder / "secret.jpg").write_bytes(b"1")
    (ordinary_folder / "secret.jpg").chmod(0)
    assert "cannot be read: Permission denied" in complaint(
        Location("a", ordinary_folder / "secret.jpg")
    )
