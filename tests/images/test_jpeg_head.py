import io
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pixonomy.images.jpeg_head import (
    JpegHead,
    has_all_scans,
    has_many_scans,
    read_head,
)


def encode(**options: Any) -> bytes:
    stream = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(stream, "JPEG", **options)
    return stream.getvalue()


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def put_in(*segments: bytes) -> bytes:
    data = encode()
    return data[:2] + b"".join(segments) + data[2:]


def profile_part(number: int, count: int, content: bytes) -> bytes:
    return segment(0xE2, b"ICC_PROFILE\0" + bytes([number, count]) + content)


def test_a_plain_jpeg_says_nothing() -> None:
    assert read_head(encode()) == JpegHead(1, None)


def test_orientation_and_profile_are_read_together() -> None:
    exif = Image.Exif()
    exif[0x0112] = 5
    found = read_head(encode(exif=exif, icc_profile=b"p" * 200_000))
    assert found == (5, b"p" * 200_000, True)


def test_a_thumbnail_within_exif_is_not_taken_for_the_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    thumbnail = segment(0xE1, b"http\0" + encode() * 2)
    found = read_head(put_in(thumbnail, segment(0xE1, exif.tobytes()), profile_part(1, 1, b"icc")))
    assert found == (3, b"icc", True)


def test_parts_of_a_profile_are_put_in_their_order() -> None:
    assert read_head(put_in(profile_part(2, 2, b"b"), profile_part(1, 2, b"a"))).profile == b"ab"


@pytest.mark.parametrize("numbers", [[1], [2], [1, 3], [0, 1], [1, 2, 3]])
def test_a_profile_of_which_a_part_is_missing_is_none(numbers: list[int]) -> None:
    parts = [profile_part(number, 2, b"x") for number in numbers]
    assert read_head(put_in(*parts)).profile is None


def test_baseline_ones_have_one_scan_and_progressive_ones_have_several() -> None:
    assert read_head(encode()).is_one_scan
    assert read_head(encode(icc_profile=b"p")).is_one_scan
    assert not read_head(encode(progressive=True)).is_one_scan
    one_by_one = encode().replace(b"\xff\xda\0\x0c\3", b"\xff\xda\0\x08\1")
    assert not read_head(one_by_one).is_one_scan


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_a_whole_jpeg_has_all_its_scans(options: Any) -> None:
    assert has_all_scans(encode(**options))


def test_a_jpeg_that_ends_between_two_scans_has_not() -> None:
    data = encode(progressive=True)
    place = len(data)
    for _ in range(5):
        place = data.rindex(b"\xff\xda\0", 0, place)
        assert not has_all_scans(data[:place] + b"\xff\xd9")


def test_scans_are_counted_up_to_the_end_of_the_picture() -> None:
    data = encode(progressive=True)
    assert not has_many_scans(data + b"\xff\xda\0" * 100)
    assert has_many_scans(data, 9)
    assert not has_many_scans(data, 10)


@given(st.binary(max_size=400))
def test_any_bytes_have_a_head(content: bytes) -> None:
    head = read_head(b"\xff\xd8\xff\xe1\0\x08Exif\0\0" + content)
    assert 1 <= head.orientation <= 8


@pytest.mark.parametrize("filling", [b"\xff", b"\xff\0", b"\xff\xe1\0\x02", b"\xff\xd8", b"\0"])
def test_hostile_heads_are_walked_fast(filling: bytes) -> None:
    data = b"\xff\xd8\xff\xe1\0\x08Exif\0\0" + filling * (4_000_000 // len(filling)) + b"\0"
    began = time.process_time()
    read_head(data)
    has_all_scans(data)
    assert time.process_time() - began < 2
