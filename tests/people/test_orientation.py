"""Pictures that lie otherwise than they are stored: EXIF wherever cameras and programs put it."""

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from people.conftest import SCENE, Levels, save, save_jpeg, segment
from pixonomy.images.decode import decode

SIDEWAYS = np.ascontiguousarray(np.rot90(SCENE, 1))  # stored so, orientation 6 makes it upright
LOSSLESS: dict[str, Any] = {"lossless": True, "exact": True}


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x112] = orientation
    return tags.tobytes()


def make_far_exif() -> bytes:
    data = save_jpeg(SIDEWAYS)
    blocks = [segment(0xE2, b"ICC_PROFILE\0" + bytes([n, 3]) + bytes(65000)) for n in (1, 2, 3)]
    return data[:2] + b"".join(blocks) + segment(0xE1, exif(6)) + data[2:]


def make_exif(order: str, kind: int, place: int, thumbnail: int) -> bytes:
    """Write a JPEG that is to be turned, with an EXIF block of a kind that cameras have.

    Args:
        order: of bytes, "<" or ">".
        kind: of the number: 3 short, 4 long.
        place: of the first directory.
        thumbnail: how the thumbnail's own directory says that it lies.
    """
    mark = {"<": b"II*\0", ">": b"MM\0*"}[order]
    value = {3: struct.pack(f"{order}HH", 6, 0), 4: struct.pack(f"{order}I", 6)}[kind]
    first = struct.pack(f"{order}HHHI", 1, 0x112, kind, 1) + value
    first += struct.pack(f"{order}I", place + 18)
    second = struct.pack(f"{order}HHHIHHI", 1, 0x112, 3, 1, thumbnail, 0, 0)
    tags = mark + struct.pack(f"{order}I", place) + bytes(place - 8) + first + second
    data = save_jpeg(SIDEWAYS)
    return data[:2] + segment(0xE1, b"Exif\0\0" + tags) + data[2:]


def make_filled() -> bytes:
    """Write a JPEG with fill bytes before its markers (ITU-T T.81, B.1.1.2)."""
    data = save_jpeg(SIDEWAYS)
    return data[:2] + b"\xff\xff\xff" + segment(0xE1, exif(6)) + b"\xff\xff" + data[2:]


CASES: dict[str, Callable[[], bytes]] = {
    "PNG that is to be turned": lambda: save(SIDEWAYS, "PNG", exif=exif(6)),
    # SixLabors/ImageSharp.Web#259
    "WebP that is to be turned": lambda: save(SIDEWAYS, "WEBP", exif=exif(6), **LOSSLESS),
    "TIFF that is to be turned": lambda: save(SIDEWAYS, "TIFF", tiffinfo={274: 6}),
    "AVIF that is to be turned": lambda: save(SIDEWAYS, "AVIF", exif=exif(6), quality=97),
    "an orientation that is none": lambda: save_jpeg(SCENE, exif=exif(9)),
    "MPO that is to be turned": lambda: save(
        SIDEWAYS, "MPO", exif=exif(6), save_all=True, quality=97,
        append_images=[Image.fromarray(255 - SIDEWAYS)],
    ),
    "JPEG whose EXIF stands behind 195 kB": make_far_exif,
    "JPEG with fill bytes": make_filled,
    "JPEG with a big-endian EXIF": lambda: make_exif(">", 3, 8, 1),
    "JPEG whose orientation is a long number": lambda: make_exif("<", 4, 8, 1),
    "JPEG whose EXIF begins far behind its head": lambda: make_exif("<", 3, 40_000, 1),
    "JPEG whose thumbnail lies otherwise": lambda: make_exif(">", 3, 8, 3),
}  # fmt: skip


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_the_picture_is_upright(make: Callable[[], bytes]) -> None:
    found = decode(make())
    assert found.shape == SCENE.shape
    assert np.abs(found.astype(int) - SCENE).mean() <= 2


STORED: dict[int, Callable[[], Levels]] = {  # how a picture of an orientation is stored
    1: lambda: SCENE,
    2: lambda: SCENE[:, ::-1],
    3: lambda: SCENE[::-1, ::-1],
    4: lambda: SCENE[::-1],
    5: lambda: SCENE.transpose(1, 0, 2),
    6: lambda: np.rot90(SCENE, 1),
    7: lambda: SCENE[::-1, ::-1].transpose(1, 0, 2),
    8: lambda: np.rot90(SCENE, -1),
}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("orientation", STORED)
def test_each_orientation_is_undone(orientation: int, format: str) -> None:
    pixels = np.ascontiguousarray(STORED[orientation]())
    lossy = {"quality": 97, "subsampling": 0} if format == "JPEG" else {}
    found = decode(save(pixels, format, exif=exif(orientation), **lossy))
    assert np.abs(found.astype(int) - SCENE).mean() <= 2
