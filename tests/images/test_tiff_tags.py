import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pixonomy.images.tiff_tags import find_orientation, is_raw_tiff, read_tags


def block(order: str, *tags: tuple[int, int, int]) -> bytes:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = b"".join(
        struct.pack(f"{order}HHL", tag, kind, 1)
        + (struct.pack(f"{order}HH", value, 0) if kind == 3 else struct.pack(f"{order}L", value))
        for tag, kind, value in tags
    )
    return mark + struct.pack(f"{order}LH", 8, len(tags)) + entries


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [3, 4])
def test_a_tag_is_read_in_both_byte_orders_and_as_short_and_long(order: str, kind: int) -> None:
    assert read_tags(block(order, (256, 4, 70_000), (274, kind, 6))) == {256: 70_000, 274: 6}


def test_the_orientation_is_that_of_the_first_directory() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    assert find_orientation(exif.tobytes().removeprefix(b"Exif\0\0")) == 8


@pytest.mark.parametrize("value", [0, 9, 77, 65_535])
def test_an_orientation_that_does_not_exist_is_none(value: int) -> None:
    assert find_orientation(block("<", (274, 3, value))) == 1


@pytest.mark.parametrize("tag", [(50706, 4, 1), (262, 3, 32803), (262, 3, 34892)])
def test_raw_pictures_are_told_by_their_tags(tag: tuple[int, int, int]) -> None:
    assert is_raw_tiff(block(">", tag))
    assert not is_raw_tiff(block(">", (262, 3, 2)))


@given(st.binary(max_size=200), st.sampled_from([b"", b"II*\0", b"MM\0*", b"II*\0\x08\0\0\0"]))
def test_any_bytes_give_an_orientation(data: bytes, head: bytes) -> None:
    assert 1 <= find_orientation(head + data) <= 8
