"""Pictures as cameras, scanners, phones and web shops write them, and the pixels that are right."""

import struct
import warnings
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageCms

from people.conftest import (
    SCENE,
    Levels,
    X,
    Y,
    make_with_thumbnail,
    save,
    save_jpeg,
    save_tiff,
)
from pixonomy.images.decode import decode

GREY: Levels = (30 + 2 * X + Y).astype(np.uint8)
SOFT: Levels = (90 + SCENE // 4).astype(np.uint8)  # colours that Lab of 8 bits holds
SIGN: Levels = np.where((X < 40) & (Y > 10), 0, 255).astype(np.uint8)
WINDOW = (X > 50) & (Y < 12)  # what is transparent
WHITE = np.where(WINDOW[..., None], 255, SCENE).astype(np.uint8)


def grey(levels: Levels) -> Levels:
    return np.repeat(levels[..., None], 3, -1)


def with_alpha(pixels: Levels, alpha: npt.NDArray[Any] | int) -> Levels:
    return np.dstack([pixels, np.broadcast_to(alpha, pixels.shape[:2])]).astype(np.uint8)


def make_lab() -> bytes:
    lab = ImageCms.createProfile("LAB")
    srgb = ImageCms.createProfile("sRGB")
    found = ImageCms.profileToProfile(Image.fromarray(SOFT), srgb, lab, outputMode="LAB")
    assert found is not None
    return save(found, "TIFF")


def make_bmp_with_zero_alpha() -> bytes:
    """Write a BMP of 32 bits whose header (version 4) tells of alpha, which is zero."""
    rows = with_alpha(SCENE[::-1, :, ::-1], 0).tobytes()
    masks = (0x00FF0000, 0x0000FF00, 0x000000FF, 0xFF000000)
    head = struct.pack("<IiiHHIIiiII", 108, 64, 48, 1, 32, 3, len(rows), 2835, 2835, 0, 0)
    head += struct.pack("<4I", *masks) + b"BGRs" + bytes(48)
    return b"BM" + struct.pack("<IHHI", 14 + 108 + len(rows), 0, 0, 14 + 108) + head + rows


def make_tga_without_alpha_bits() -> bytes:
    data = bytearray(save(with_alpha(SCENE, X % 256), "TGA"))
    data[17] &= 0xF0
    return bytes(data)


def make_top_down_bmp() -> bytes:
    rows = np.ascontiguousarray(SCENE[..., ::-1]).tobytes()
    head = struct.pack("<IiiHHIIiiII", 40, 64, -48, 1, 24, 0, len(rows), 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(rows), 0, 0, 54) + head + rows


def premultiply(alpha: npt.NDArray[Any]) -> Levels:
    return with_alpha(np.rint(SCENE * alpha[..., None] / 255).astype(np.uint8), alpha)


FLOATS = (GREY / 255).astype(np.float32)


def with_value(value: float) -> npt.NDArray[np.float32]:
    changed = FLOATS.copy()
    changed[0, 0] = value
    return changed


def more() -> dict[str, Any]:
    """Return options that let Pillow write a second picture, which is not to be taken."""
    return {"save_all": True, "append_images": [Image.fromarray(255 - SCENE)]}


FLAT: Levels = np.where(SIGN[..., None] > 0, (250, 40, 10), (10, 60, 200)).astype(np.uint8)


def find_paper() -> int:
    return int(np.asarray(Image.fromarray(FLAT).quantize(4))[0, 63])


def make_palette() -> bytes:
    return save(Image.fromarray(FLAT).quantize(4), "PNG", transparency=find_paper())


def make_deep_alpha() -> bytes:
    deep = with_alpha(SCENE[..., ::-1], ~WINDOW * 255).astype(np.uint16) * 257
    return cv2.imencode(".png", deep)[1].tobytes()


LOSSLESS: dict[str, Any] = {"lossless": True, "exact": True}
CASES: dict[str, tuple[Callable[[], bytes], Levels]] = {
    # python-pillow/Pillow#3011: cut off at 255, they are white.
    "grey PNG of 16 bits": (
        lambda: save(Image.fromarray(GREY.astype(np.uint16) * 257), "PNG"), grey(GREY),
    ),
    "colour PNG of 16 bits": (
        cv2.imencode(".png", SCENE[..., ::-1].astype(np.uint16) * 257)[1].tobytes, SCENE,
    ),
    "colour TIFF of 16 bits": (
        lambda: save_tiff(SCENE.astype(np.uint16) * 257, photometric="rgb"), SCENE,
    ),
    "TIFF in planes": (
        lambda: save_tiff(np.moveaxis(SCENE, -1, 0), photometric="rgb", planarconfig="separate"),
        SCENE,
    ),
    "TIFF compressed as JPEG": (lambda: save(SCENE, "TIFF", compression="jpeg", quality=97), SCENE),
    "TIFF in Lab": (make_lab, SOFT),
    "TIFF of one bit": (
        lambda: save(Image.fromarray(SIGN).convert("1"), "TIFF", compression="group4"), grey(SIGN),
    ),
    "TIFF whose white is zero": (
        lambda: save_tiff(255 - GREY, photometric="miniswhite"), grey(GREY),
    ),
    "TIFF of floating point": (lambda: save_tiff(FLOATS), grey(GREY)),
    "floating point that overshoots": (lambda: save_tiff(with_value(1.0005)), grey(GREY)),
    "floating point with an infinity": (lambda: save_tiff(with_value(np.inf)), grey(GREY)),
    "floating point with a NaN": (lambda: save_tiff(with_value(np.nan)), grey(GREY)),
    "floating point from 0 to 255": (lambda: save_tiff(GREY.astype(np.float32)), grey(GREY)),
    "TIFF of 32 bits": (lambda: save_tiff(GREY.astype(np.uint32) * 0x01010101), grey(GREY)),
    "CMYK as JPEG": (lambda: save_jpeg(Image.fromarray(SCENE).convert("CMYK")), SCENE),
    "CMYK as TIFF": (lambda: save(Image.fromarray(SCENE).convert("CMYK"), "TIFF"), SCENE),
    "palette with a transparent colour": (
        make_palette, np.where(SIGN[..., None] > 0, 255, FLAT).astype(np.uint8),
    ),
    "PNG with a transparent part": (lambda: save(with_alpha(SCENE, ~WINDOW * 255), "PNG"), WHITE),
    "grey with alpha": (
        lambda: save(Image.fromarray(np.dstack([GREY, (~WINDOW * 255).astype(np.uint8)])), "PNG"),
        np.where(WINDOW[..., None], 255, grey(GREY)).astype(np.uint8),
    ),
    "WebP with a transparent part": (
        lambda: save(with_alpha(SCENE, ~WINDOW * 255), "WEBP", **LOSSLESS), WHITE,
    ),
    "PNG whose alpha is zero throughout": (
        lambda: save(with_alpha(SCENE, 0), "PNG"), SCENE,
    ),
    # microsoft/DirectXTex#359, SixLabors/ImageSharp#581
    "TGA whose alpha is zero throughout": (
        lambda: save(with_alpha(SCENE, 0), "TGA"), SCENE,
    ),
    "TGA that tells of no bits of alpha": (make_tga_without_alpha_bits, SCENE),
    "BMP whose alpha is zero throughout": (make_bmp_with_zero_alpha, SCENE),
    "animated GIF": (lambda: save(FLAT, "GIF", **more()), FLAT),
    "animated WebP": (
        lambda: save(SCENE, "WEBP", **more(), **LOSSLESS), SCENE,
    ),
    "animated PNG": (lambda: save(SCENE, "PNG", **more()), SCENE),
    "two pages of TIFF": (lambda: save(SCENE, "TIFF", **more()), SCENE),
    "a stereo camera's MPO": (
        lambda: save(SCENE, "MPO", **more(), quality=97, subsampling=0), SCENE,
    ),
    "JPEG with a thumbnail inside": (make_with_thumbnail, SCENE),
    "JPEG with a film behind it": (
        lambda: save_jpeg(SCENE) + b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 40, SCENE,
    ),
    "JPEG with zeros behind it": (lambda: save_jpeg(SCENE) + bytes(4096), SCENE),
    # intel/libyami#801
    "JPEG without its end mark": (lambda: save_jpeg(SCENE)[:-2], SCENE),
    "progressive JPEG without its end mark": (
        lambda: save_jpeg(SCENE, progressive=True)[:-2], SCENE,
    ),
    "grey JPEG": (lambda: save_jpeg(GREY), grey(GREY)),
    "JPEG that holds red, green and blue": (lambda: save_jpeg(SCENE, keep_rgb=True), SCENE),
    "JPEG with restart marks": (lambda: save_jpeg(SCENE, restart_marker_blocks=3), SCENE),
    "BMP from top to bottom": (make_top_down_bmp, SCENE),
    "TIFF with colours times alpha": (
        lambda: save_tiff(
            premultiply(~WINDOW * 255), photometric="rgb", extrasamples=["assocalpha"]
        ),
        WHITE,
    ),
    "half transparent": (
        lambda: save(with_alpha(SCENE, 128), "PNG"),
        np.rint(255 - (255 - SCENE.astype(float)) * 128 / 255).astype(np.uint8),
    ),
    "floating point with a dead pixel": (lambda: save_tiff(with_value(5e8)), grey(GREY)),
    "TIFF of signed 32 bits": (lambda: save_tiff(GREY.astype(np.int32)), grey(GREY)),
    "grey PNG of one bit": (lambda: save(Image.fromarray(SIGN).convert("1"), "PNG"), grey(SIGN)),
    "icon": (lambda: save(SCENE[:48, :48], "ICO", sizes=[(48, 48), (16, 16)]), SCENE[:48, :48]),
    "JPEG 2000": (lambda: save(SCENE, "JPEG2000"), SCENE),
    "GIF with a transparent colour": (
        lambda: save(Image.fromarray(FLAT).quantize(4), "GIF", transparency=find_paper()),
        np.where(SIGN[..., None] > 0, 255, FLAT).astype(np.uint8),
    ),
    "colour PNG of 16 bits with a transparent part": (
        make_deep_alpha, WHITE,
    ),
    "grey TIFF of 16 bits whose white is zero": (
        lambda: save_tiff(65535 - GREY.astype(np.uint16) * 257, photometric="miniswhite"),
        grey(GREY),
    ),
    "grey PNG with a transparent level": (
        lambda: save(SIGN, "PNG", transparency=0), np.full((48, 64, 3), 255, np.uint8),
    ),
    "TIFF with a band of infrared beside its colours": (
        lambda: save_tiff(with_alpha(SCENE, X), photometric="rgb", extrasamples=["unspecified"]),
        SCENE,
    ),
    "PGM whose white is 1023": (
        lambda: b"P5 64 48 1023\n" + (GREY.astype(np.uint16) * 4).astype(">u2").tobytes(),
        grey(np.rint(GREY * (4 * 255 / 1023)).astype(np.uint8)),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "right"), CASES.values(), ids=CASES)
def test_pixels_are_right_within_two_levels(make: Callable[[], bytes], right: Levels) -> None:
    found = decode(make())
    assert found.shape == right.shape
    difference = np.abs(found.astype(int) - right)
    # One stray value, and what a lossy format adds at single places, may be further off.
    assert difference.mean() <= 2, difference.mean()
    assert np.quantile(difference, 0.98) <= 3, np.quantile(difference, (0.5, 0.98, 1))


SIGNED: dict[str, npt.NDArray[Any]] = {
    "8": (GREY.astype(int) - 128).astype(np.int8),
    "16": (GREY.astype(int) * 8 - 1000).astype(np.int16),
    "32": (GREY.astype(int) * 8 - 1000).astype(np.int32),
}


@pytest.mark.parametrize("values", SIGNED.values(), ids=SIGNED)
def test_grey_of_signed_numbers_keeps_its_shades(values: npt.NDArray[Any]) -> None:
    found = decode(save_tiff(values))[..., 0].astype(float)
    assert np.corrcoef(found.ravel(), GREY.ravel())[0, 1] > 0.999
    assert np.ptp(found) > 60


def test_nothing_of_the_process_is_changed() -> None:
    def state() -> tuple[object, ...]:
        filters = [str(one) for one in warnings.filters]
        return Image.MAX_IMAGE_PIXELS, cv2.getNumThreads(), filters

    before = state()
    for make, _ in CASES.values():
        decode(make())
    assert state() == before
