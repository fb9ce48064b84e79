"""Pictures that were cut, overwritten or are too large: refused in a sentence."""

import struct
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image

from people.conftest import SCENE, make_with_thumbnail, save, save_jpeg, save_tiff
from pixonomy.errors import UndecodableImage
from pixonomy.images.decode import decode

PHOTO = np.random.default_rng(7).integers(0, 256, (96, 128, 3), np.uint8)  # nothing compresses it


def overwrite(data: bytes, start: float, length: int) -> bytes:
    at = int(len(data) * start)
    return data[:at] + bytes(length) + data[at + length :]


def declare(data: bytes, mark: bytes, width: int, height: int) -> bytes:
    """Let a JPEG's header tell another size."""
    at = data.find(mark) + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "JPEG that was cut": (lambda: save_jpeg(PHOTO)[:9000], "cut|missing"),
    "JPEG whose second half is zeros": (
        lambda: overwrite(save_jpeg(PHOTO), 0.5, len(save_jpeg(PHOTO)) // 2), "cut|missing",
    ),
    "JPEG with zeros up to its end mark": (
        lambda: save_jpeg(PHOTO)[:9000] + bytes(9000) + b"\xff\xd9", "cut|missing",
    ),
    "JPEG that was cut but for its thumbnail": (
        lambda: make_with_thumbnail()[:1400], "cut|missing",
    ),
    "progressive JPEG that was cut": (
        lambda: save_jpeg(PHOTO, progressive=True)[:9000], "cut|missing|scan",
    ),
    "PNG that was cut": (lambda: save(PHOTO, "PNG")[:9000], "cut|missing|truncated|end"),
    "PNG with a byte that changed": (
        lambda: overwrite(save(PHOTO, "PNG"), 0.5, 9), "PNG|CRC|check|broken|decoded",
    ),
    "GIF that was cut": (lambda: save(PHOTO, "GIF")[:5000], "cut|missing|truncated|end"),
    "TIFF that was cut": (lambda: save(PHOTO, "TIFF")[:9000], "cut|missing|truncated|damaged"),
    "compressed TIFF that was cut": (
        lambda: save(PHOTO, "TIFF", compression="tiff_lzw")[:9000], "cut|missing|damaged|decoded",
    ),
    "WebP that was cut": (
        lambda: save(PHOTO, "WEBP", lossless=True)[:9000], "cut|missing|truncated|end|decoded",
    ),
    "BMP that was cut": (lambda: save(PHOTO, "BMP")[:9000], "cut|missing|truncated|end"),
    "baseline JPEG of 120 megapixels": (
        lambda: declare(save_jpeg(PHOTO), b"\xff\xc0", 12000, 10000), "megapixels",
    ),
    "progressive JPEG of 54 megapixels": (
        lambda: declare(save_jpeg(PHOTO, progressive=True), b"\xff\xc2", 9000, 6000), "megapixels",
    ),
    "PNG of 27 megapixels": (lambda: save(Image.new("1", (6000, 4500)), "PNG"), "megapixels"),
    "floating point without a number": (
        lambda: save_tiff(np.full((8, 8), np.nan, np.float32)), "number",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "told"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_whole_picture_is_refused_in_a_sentence(
    make: Callable[[], bytes], told: str
) -> None:
    with pytest.raises(UndecodableImage, match=f"(?i){told}") as caught:
        decode(make())
    assert "\n" not in str(caught.value)


def test_a_photograph_of_48_megapixels_is_decoded_small() -> None:
    large = cv2.resize(SCENE[..., ::-1], (8000, 6000), interpolation=cv2.INTER_LINEAR)
    data = cv2.imencode(".jpg", large, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
    found = decode(data, min_side=96)
    assert found.shape == (750, 1000, 3)
    difference = np.abs(
        cv2.resize(found, (64, 48), interpolation=cv2.INTER_AREA) - SCENE.astype(int)
    )
    assert np.quantile(difference, 0.9) <= 3
