import os
import threading
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.errors import UndecodableImage
from pixonomy.locate import (
    Location,
    in_chunks,
    locate,
    path_to_uri,
    read_bytes,
    relative_to,
    uri_to_path,
)
from pixonomy.manifest import conform

NAMES = st.binary(min_size=1, max_size=40).filter(lambda name: b"\0" not in name)


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


@given(NAMES | NAMES.map(lambda name: b"percent:" + name))
def test_every_file_name_survives_the_way_through_text(name: bytes) -> None:
    path = Path(os.fsdecode(name))
    uri = path_to_uri(path)
    uri.encode()
    assert uri_to_path(uri) == path


def test_ordinary_names_stay_readable() -> None:
    assert path_to_uri(Path("Möbel/rotes Sofa 100%.jpg")) == "Möbel/rotes Sofa 100%.jpg"


def test_files_whose_names_are_not_utf_8_are_read(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg"))
    path.write_bytes(b"content")
    uri = path_to_uri(relative_to(path, tmp_path))
    rows = conform(pl.DataFrame({"image_id": ["1"], "uri": [uri]}))
    (location,) = locate(rows, tmp_path)
    assert read_bytes(location) == b"content"


def test_locations_keep_the_order_of_rows_and_absolute_paths(tmp_path: Path) -> None:
    rows = conform(
        pl.DataFrame(
            {"image_id": ["b", "a"], "uri": ["x/y", "/z"], "offset": [3, None], "length": [4, None]}
        )
    )
    assert locate(rows, tmp_path) == [
        Location("b", tmp_path / "x" / "y", 3, 4),
        Location("a", Path("/z"), 0, None),
    ]


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


@given(st.integers(0, 50), st.integers(1, 20))
def test_chunks_hold_everything_once_and_in_order(count: int, size: int) -> None:
    locations = [Location(str(number), Path()) for number in range(count)]
    chunks = list(in_chunks(locations, size))
    assert [location for chunk in chunks for location in chunk] == locations
    assert all(1 <= len(chunk) <= size for chunk in chunks)
