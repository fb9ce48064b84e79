import os
from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.dataset.location import (
    DEFLATE,
    Location,
    in_chunks,
    locate,
    path_to_uri,
    relative_to,
    uri_to_path,
    with_checksum,
)
from pixonomy.dataset.manifest import conform
from pixonomy.dataset.read import read_bytes
from pixonomy.storage.address import Address

NAMES = st.binary(min_size=1, max_size=40).filter(lambda name: b"\0" not in name)


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
        Location("b", Address(tmp_path / "x" / "y"), 3, 4),
        Location("a", Address(Path("/z")), 0, None),
    ]


@given(st.integers(0, 50), st.integers(1, 20))
def test_chunks_hold_everything_once_and_in_order(count: int, size: int) -> None:
    locations = [Location(str(number), Address(Path())) for number in range(count)]
    chunks = list(in_chunks(locations, size))
    assert [location for chunk in chunks for location in chunk] == locations
    assert all(1 <= len(chunk) <= size for chunk in chunks)


def test_a_checksum_stands_behind_the_encoding_and_zero_is_none() -> None:
    assert with_checksum(DEFLATE, 0x1A2B) == "deflate:crc32=00001a2b"
    assert with_checksum(None, 2**32 - 1) == "stored:crc32=ffffffff"
    assert with_checksum(None, 0) is None
    assert with_checksum(DEFLATE, 0) == DEFLATE
