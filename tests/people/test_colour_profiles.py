"""Pictures whose colours a profile tells, as stock photographs and phones have them."""

import struct
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from people.conftest import SCENE, Levels, save, save_jpeg, segment
from pixonomy.images.decode import decode

# Two spaces wider than sRGB: colourants adapted to D50 (as in their ICC profiles), and gamma.
WIDE = {
    "P3": (
        ((0.51512, 0.29198, 0.1571), (0.2412, 0.69225, 0.06657), (-0.00105, 0.04189, 0.78407)),
        2.2,
    ),
    "Adobe": (
        ((0.60974, 0.20528, 0.14919), (0.31111, 0.62567, 0.06322), (0.01947, 0.06087, 0.74457)),
        2.19921875,
    ),
}
D50 = (0.9642, 1.0, 0.8249)
TO_SRGB = np.array(
    [[3.1341, -1.6174, -0.4907], [-0.9788, 1.9161, 0.0334], [0.0719, -0.2290, 1.4057]]
)


def make_profile(name: str) -> bytes:
    """Write an ICC profile of three colourants and one gamma (ICC.1:2001-04)."""
    matrix, gamma = WIDE[name]

    def xyz(values: tuple[float, ...]) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(one * 65536)) for one in values)

    columns = tuple(zip(*matrix, strict=True))
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    text = b"desc" + bytes(4) + struct.pack(">I", 5) + b"wide\0" + bytes(78 + 3)
    tags = [(b"desc", text), (b"wtpt", xyz(D50)), (b"cprt", b"text\0\0\0\0none\0\0\0\0")]
    tags += [(key, xyz(one)) for key, one in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)]
    tags += [(key, curve) for key in (b"rTRC", b"gTRC", b"bTRC")]
    table, body, place = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for key, data in tags:
        table += key + struct.pack(">II", place + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = bytearray(128)
    struct.pack_into(">I4s", header, 0, 128 + len(table) + len(body), b"lcms")
    header[8:12] = b"\2\x10\0\0"
    header[12:24] = b"mntrRGB XYZ "
    header[36:40] = b"acsp"
    header[68:80] = b"".join(struct.pack(">i", round(one * 65536)) for one in D50)
    return bytes(header) + table + body


def to_srgb(pixels: Levels, name: str) -> Levels:
    """Convert colours by the definition of the spaces (IEC 61966-2-1 for sRGB)."""
    matrix, gamma = WIDE[name]
    linear = (pixels / 255.0) ** gamma @ np.array(matrix).T @ TO_SRGB.T
    linear = np.clip(linear, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    found: Levels = np.rint(255 * encoded).astype(np.uint8)
    return found


SOFT: Levels = (90 + SCENE // 4).astype(np.uint8)  # colours that sRGB holds as well


def split_profile(profile: bytes) -> bytes:
    """Write a JPEG whose profile comes in two segments, the second one first."""
    data, middle = save_jpeg(SOFT), len(profile) // 2
    parts = ((2, profile[middle:]), (1, profile[:middle]))
    blocks = [segment(0xE2, b"ICC_PROFILE\0" + bytes([n, 2]) + part) for n, part in parts]
    return data[:2] + b"".join(blocks) + data[2:]


def half_transparent() -> bytes:
    pixels = np.dstack([SOFT, np.full(SOFT.shape[:2], 128, np.uint8)])
    return save(pixels, "PNG", icc_profile=make_profile("P3"))


P3 = to_srgb(SOFT, "P3")
CASES: dict[str, tuple[Callable[[], bytes], Levels]] = {
    # photoprism/photoprism#1798
    "JPEG in Display P3": (
        lambda: save_jpeg(SOFT, icc_profile=make_profile("P3")), P3,
    ),
    "PNG in Display P3": (
        lambda: save(SOFT, "PNG", icc_profile=make_profile("P3")), P3,
    ),
    "JPEG in Adobe RGB": (
        lambda: save_jpeg(SOFT, icc_profile=make_profile("Adobe")), to_srgb(SOFT, "Adobe"),
    ),
    "PNG with a profile that is damaged": (
        lambda: save(SCENE, "PNG", icc_profile=b"none" * 60), SCENE,
    ),
    "WebP in Display P3": (
        lambda: save(SOFT, "WEBP", lossless=True, icc_profile=make_profile("P3")), P3,
    ),
    "TIFF in Adobe RGB": (
        lambda: save(SOFT, "TIFF", icc_profile=make_profile("Adobe")), to_srgb(SOFT, "Adobe"),
    ),
    "JPEG with its profile in two parts": (lambda: split_profile(make_profile("P3")), P3),
    "PNG in Display P3 with a shadow": (
        half_transparent, np.rint(255 - (255 - P3.astype(float)) * 128 / 255).astype(np.uint8),
    ),
    "palette in Display P3": (
        lambda: save(
            Image.fromarray(SOFT[:16, :16]).quantize(256), "PNG", icc_profile=make_profile("P3")
        ),
        P3[:16, :16],
    ),
    "grey JPEG with a profile of colours": (
        lambda: save_jpeg(SOFT[..., 0], icc_profile=make_profile("P3")),
        np.repeat(SOFT[..., :1], 3, -1),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "right"), CASES.values(), ids=CASES)
def test_colours_are_those_of_srgb_within_two_levels(
    make: Callable[[], bytes], right: Levels
) -> None:
    difference = np.abs(decode(make()).astype(int) - right)
    assert difference.mean() <= 2, difference.mean(axis=(0, 1))
    assert np.quantile(difference, 0.98) <= 3, np.quantile(difference, (0.5, 0.98, 1))
