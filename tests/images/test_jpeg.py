import io
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from pixonomy.errors import UndecodableImage
from pixonomy.images.decode import decode, decode_whole
from pixonomy.images.jpeg import decode_jpeg
from pixonomy.images.pixels import MAX_PIXELS

Grid = npt.NDArray[np.uint8]


def photo(height: int = 60, width: int = 90) -> Grid:
    coarse = np.random.default_rng(2).integers(0, 256, (6, 9, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def encode(pixels: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(stream, "JPEG", **options)
    return stream.getvalue()


def claim(data: bytes, width: int, height: int, frame: bytes = b"\xff\xc0") -> bytes:
    """Change the size that a JPEG declares."""
    place = data.index(frame) + 5
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return data[:place] + size + data[place + 4 :]


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def turned_far_behind(megabytes: float, pixels: Grid) -> bytes:
    """Give a JPEG that lies on its side, whose EXIF stands behind other segments."""
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(Image.fromarray(pixels).transpose(Image.Transpose.ROTATE_90), quality=95)
    filler = segment(0xE2, b"FPXR\0" + encode(pixels[:16, :16]) * 60)  # as previews are
    before = filler * int(megabytes * 1024**2 / len(filler))
    return data[:2] + before + segment(0xE1, exif.tobytes()) + data[2:]


@pytest.mark.parametrize("megabytes", [0, 0.2, 3])
def test_the_orientation_counts_wherever_it_stands(megabytes: float) -> None:
    seen = photo()
    found = decode_whole(turned_far_behind(megabytes, seen), [None])
    assert (found.width, found.height) == (90, 60)
    assert np.abs(found.pixels[0].astype(int) - seen).mean() < 4


def test_the_size_is_that_of_the_whole_picture_and_the_pixels_are_reduced() -> None:
    found = decode_whole(encode(photo(480, 720)), [None, 100, 20])
    assert (found.width, found.height, found.damage) == (720, 480, None)
    assert [one.shape[:2] for one in found.pixels] == [(480, 720), (240, 360), (60, 90)]


LARGE = """
import resource, sys
from pixonomy.images.decode import decode
data = open(sys.argv[1], "rb").read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(*decode(data, int(sys.argv[2]) or None).shape[:2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize(
    ("size", "options", "min_side", "seen", "mebibytes"),
    [
        ((8000, 6000), {}, 224, (750, 1000), 20),
        ((8000, 6000), {}, 0, (3000, 4000), 80),
        ((12_000, 9000), {}, 224, (1125, 1500), 20),
        ((12_000, 9000), {}, 0, (2250, 3000), 60),
        ((8160, 6120), {"progressive": True}, 224, (765, 1020), 250),
    ],
)
def test_large_photographs_are_decoded_small_and_in_little_memory(
    tmp_path: Path, size: tuple[int, int], options: Any, min_side: int, seen: Any, mebibytes: int
) -> None:
    path = tmp_path / "large.jpg"
    path.write_bytes(encode(Image.new("RGB", size, (200, 30, 30)), **options))
    call = [sys.executable, "-c", LARGE, str(path), str(min_side)]
    told = subprocess.run(call, check=True, capture_output=True, text=True).stdout.split()
    assert (int(told[0]), int(told[1])) == seen
    assert int(told[2]) < mebibytes * 1024


def test_nothing_larger_than_the_cap_is_allocated() -> None:
    pixels = decode(encode(Image.new("L", (7000, 5000))))
    assert pixels.shape == (2500, 3500, 3)
    assert pixels.shape[0] * pixels.shape[1] <= MAX_PIXELS


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (encode(photo()), (12_100, 9001)),
        (encode(photo(), progressive=True), (8300, 6200)),
    ],
)
def test_beyond_their_caps_jpegs_are_refused_at_once(data: bytes, size: tuple[int, int]) -> None:
    frame = b"\xff\xc2" if b"\xff\xc2" in data else b"\xff\xc0"
    began = time.process_time()
    with pytest.raises(UndecodableImage, match=r"25 megapixels allowed \(108 for"):
        decode(claim(data, *size, frame))
    assert time.process_time() - began < 0.5


def test_a_large_jpeg_may_have_fewer_scans_than_a_small_one() -> None:
    data = encode(Image.new("RGB", (8000, 6000)), progressive=True)
    last = data.rindex(b"\xff\xda\0")
    began = time.process_time()
    with pytest.raises(UndecodableImage, match="more than 16 scans"):
        decode(data[:-2] + data[last:-2] * 20 + data[-2:])
    assert time.process_time() - began < 1


@pytest.mark.parametrize("options", [{}, {"quality": 95}, {"subsampling": 0}])
def test_cmyk_gives_the_pixels_that_pillow_gives(options: Any) -> None:
    data = encode(Image.fromarray(photo()).convert("CMYK"), **options)
    expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert np.array_equal(decode(data), expected)
    assert np.array_equal(decode(data, 8), expected), "not reduced"


def test_what_simplejpeg_refuses_is_left_to_the_general_path() -> None:
    assert decode_jpeg(b"\xff\xd8\xff\xe0 and no more", [None]) is None
