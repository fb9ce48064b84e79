import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile

from pixonomy.errors import UndecodableImage
from pixonomy.images.decode import decode, decode_whole

MISSING = "part of the JPEG's data is missing"
KINDS = [{}, {"progressive": True}, {"optimize": True}, {"restart_marker_rows": 1}]


def encode(seed: int = 0, mode: str = "RGB", **options: Any) -> bytes:
    coarse = np.random.default_rng(seed).integers(0, 256, (20, 30, 3), np.uint8)
    image = Image.fromarray(coarse).resize((240, 160), Image.Resampling.BICUBIC).convert(mode)
    stream = io.BytesIO()
    image.save(stream, "JPEG", **options)
    return stream.getvalue()


@pytest.mark.parametrize("options", KINDS)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_missing_end_mark_alone_is_no_damage(mode: str, options: Any) -> None:
    data = encode(mode=mode, **options)
    for without in (data[:-2], data[:-1], data[:-2] + bytes(5000)):
        found = decode_whole(without, [None, 16])
        assert np.array_equal(found.pixels[0], decode(data))
        assert np.array_equal(found.pixels[1], decode(data, 16))
        assert found.damage is None


@pytest.mark.parametrize("options", KINDS)
@pytest.mark.parametrize("end", [b"", b"\xff\xd9"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9, 0.99])
def test_a_cut_jpeg_never_passes_with_or_without_an_end_mark(
    options: Any, end: bytes, kept: float
) -> None:
    for seed in range(3):
        data = encode(seed, **options)
        with pytest.raises(UndecodableImage):
            decode(data[: int(len(data) * kept)] + end)


@pytest.mark.parametrize("end", [b"", b"\xff\xd9"])
def test_a_progressive_jpeg_cut_between_two_scans_never_passes(end: bytes) -> None:
    data = encode(progressive=True)
    place = data.rindex(b"\xff\xc4")  # before the tables of the last scan
    if end:  # it is a whole file, only less sharp: nothing tells it from one that was meant so
        assert decode(data[:place] + end).shape == (160, 240, 3)
        return
    with pytest.raises(UndecodableImage, match=MISSING):
        decode(data[:place])


@pytest.mark.parametrize("options", KINDS)
@pytest.mark.parametrize("end", [b"", b"\xff\xd9"])
@pytest.mark.parametrize("part", [(0.5, 1.0), (0.9, 1.0)])
def test_zeros_in_place_of_data_are_missing_data(
    options: Any, end: bytes, part: tuple[float, float]
) -> None:
    for seed in range(4):
        data = encode(seed, **options)
        first, last = (int(len(data) * one) for one in part)
        holed = data[:first] + bytes(last - first) + data[last:-2]
        with pytest.raises(UndecodableImage, match=MISSING):
            decode(holed + end)


def test_a_whole_white_picture_is_not_taken_for_zeros() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (2000, 2000), "white").save(stream, "JPEG", optimize=True)
    data = stream.getvalue()
    assert b"\0" * 64 in data
    assert decode_whole(data, [None]).damage is None
    assert (decode(data[:-2]) == 255).all()
    assert decode_whole(data[:-2] + b"\0\0\1\2" + data[-2:], [None]).damage is not None


def test_bytes_too_many_are_told_and_no_problem() -> None:
    data = encode()
    found = decode_whole(data[:-2] + b"\1\2\3\4\5" + data[-2:], [None])
    assert np.array_equal(found.pixels[0], decode(data))
    assert found.damage == "Corrupt JPEG data: 4 extraneous bytes before marker 0xd9"


def test_what_follows_the_end_mark_is_nobody_s_business() -> None:
    assert decode_whole(encode() + b"a film" * 100, [None]).damage is None


def test_overwritten_data_is_told_or_a_problem_as_far_as_can_be_known() -> None:
    told = 0
    for seed in range(40):
        data = bytearray(encode(seed))
        third = len(data) // 3
        data[third : third + 64] = bytes((place * 37 + seed) % 251 for place in range(64))
        try:
            told += decode_whole(bytes(data), [None]).damage is not None
        except UndecodableImage:
            told += 1
    # In smooth pictures the decoder often finds its way again, and ends with the last byte.
    assert told >= 20


def test_a_setting_of_the_process_lets_no_cut_jpeg_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    data = encode()
    with pytest.raises(UndecodableImage, match=MISSING):
        decode(data[: len(data) // 2])
