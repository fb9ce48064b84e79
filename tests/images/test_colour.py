import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageCms

from colour_profiles import ADOBE_RGB, DISPLAY_P3, SRGB, SRGB_CURVE, Matrix, make_profile, to_srgb
from pixonomy.images import colour
from pixonomy.images.decode import decode

Grid = npt.NDArray[np.uint8]
ADOBE_GAMMA = (563 / 256,)
OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 100, "subsampling": 0},
    "WEBP": {"lossless": True},
}
WIDE = [(ADOBE_RGB, ADOBE_GAMMA), (DISPLAY_P3, SRGB_CURVE)]


def colours(side: int = 64) -> Grid:
    coarse = np.random.default_rng(5).integers(20, 236, (5, 5, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC))


def encode(pixels: Any, format: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format, **options)
    return stream.getvalue()


@pytest.mark.parametrize(("matrix", "curve"), WIDE)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_wide_colours_become_those_of_srgb(
    format: str, matrix: Matrix, curve: tuple[float, ...]
) -> None:
    seen, profile = colours(), make_profile(matrix, curve)
    options = OPTIONS.get(format, {})
    data = encode(seen, format, icc_profile=profile, **options)
    expected = to_srgb(seen, matrix, curve)
    assert np.abs(decode(encode(seen, format, **options)).astype(float) - expected).mean() > 5
    apart = np.abs(decode(data).astype(float) - expected)
    assert apart.mean() < 1
    assert np.quantile(apart, 0.99) <= (4 if format == "JPEG" else 2)


def test_a_reduced_jpeg_is_converted_too() -> None:
    seen, profile = colours(640), make_profile(ADOBE_RGB, ADOBE_GAMMA)
    data = encode(seen, "JPEG", quality=95, icc_profile=profile)
    small = to_srgb(np.asarray(Image.fromarray(seen).reduce(8)), ADOBE_RGB, ADOBE_GAMMA)
    assert np.abs(decode(data, min_side=32).astype(float) - small).mean() < 2


def test_colours_are_converted_before_alpha_is_laid_on_white() -> None:
    pixels = np.dstack([colours(), np.full((64, 64), 255, np.uint8)])
    pixels[:32, :, 3] = 0
    data = encode(pixels, "PNG", icc_profile=make_profile(ADOBE_RGB, ADOBE_GAMMA))
    found = decode(data)
    assert (found[:32] == 255).all()
    expected = to_srgb(colours(), ADOBE_RGB, ADOBE_GAMMA)[32:]
    assert np.abs(found[32:] - expected).max() <= 2


@pytest.mark.parametrize(
    "profile",
    [
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        make_profile(SRGB, SRGB_CURVE),
        b"",
        b"no profile at all",
        bytes(70_000),
        make_profile(ADOBE_RGB, ADOBE_GAMMA)[:200],
        make_profile(ADOBE_RGB, ADOBE_GAMMA, b"CMYK"),
        make_profile(ADOBE_RGB, ADOBE_GAMMA, b"GRAY"),
        make_profile(ADOBE_RGB, ADOBE_GAMMA) + bytes(5 * 1024**2),
    ],
)
def test_srgb_itself_and_broken_profiles_change_no_pixel(profile: bytes) -> None:
    pixels = colours()
    assert colour.to_srgb(pixels, profile) is pixels


def test_a_profile_of_colours_changes_no_grey_picture() -> None:
    grey, profile = colours()[:, :, 0], make_profile(ADOBE_RGB, (1.0,))
    assert np.array_equal(decode(encode(grey, "PNG", icc_profile=profile))[:, :, 0], grey)
    data = encode(grey, "JPEG", icc_profile=profile)
    assert np.array_equal(decode(data), decode(encode(grey, "JPEG")))


def test_cmyk_without_a_profile_is_converted_by_rule_of_thumb() -> None:
    inks = np.zeros((2, 2, 4), np.uint8)
    inks[0, 0] = (0, 255, 255, 0)
    inks[1, 1, 3] = 255
    pixels = colour.cmyk_to_srgb(inks, None)
    assert pixels[0, 0].tolist() == [255, 0, 0]
    assert pixels[1, 1].tolist() == [0, 0, 0]
    assert pixels[0, 1].tolist() == [255, 255, 255]


def test_a_damaged_profile_raises_nothing() -> None:
    whole, generator = make_profile(DISPLAY_P3, SRGB_CURVE), np.random.default_rng(0)
    for _ in range(200):
        profile = bytearray(whole)
        for place in generator.integers(0, len(whole), 6):
            profile[place] = generator.integers(256)
        assert colour.to_srgb(colours(8), bytes(profile)).shape == (8, 8, 3)
