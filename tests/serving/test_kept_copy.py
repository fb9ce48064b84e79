"""The copy of an image that may be kept has its pixels and nothing else of it."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from conftest import as_bytes, draw_shape
from pixonomy.errors import UndecodableImage
from pixonomy.images.decode import decode
from pixonomy.serving.kept_copy import encode_copy

SECRET = b"52.5200 N 13.4050 E Maria"


def read(copy: bytes) -> Image.Image:
    return Image.open(io.BytesIO(copy))


def with_exif(image: Image.Image, orientation: int, kind: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()  # ImageDescription
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    file = io.BytesIO()
    image.save(file, kind, exif=exif, quality=95)
    return file.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_upright(orientation: int) -> None:
    corner = Image.new("RGB", (120, 80), "white")
    corner.paste((200, 0, 0), (0, 0, 60, 40))
    image = with_exif(corner, orientation)
    expected = decode(image).astype(int)
    copy = np.asarray(read(encode_copy(image))).astype(int)
    assert copy.shape == expected.shape
    assert np.abs(copy - expected).mean() < 4


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_else_of_the_image_is_in_it(kind: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("script.html", b"<script>" + SECRET)
    image = with_exif(draw_shape("cross", 1), 1, kind) + archive.getvalue()
    assert SECRET in image
    copy = encode_copy(image)
    assert SECRET not in copy
    assert b"script" not in copy
    assert copy.endswith(b"\xff\xd9")
    found = read(copy)
    assert found.format == "JPEG"
    assert not found.getexif()
    assert found.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize(
    ("size", "expected"),
    [((4000, 3000), (1280, 960)), ((300, 2600), (148, 1280)), ((64, 48), (64, 48))],
)
def test_it_has_at_most_1280_pixels_a_side(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert read(encode_copy(as_bytes(Image.new("RGB", size, "teal"), "JPEG"))).size == expected


def test_what_is_no_image_has_no_copy() -> None:
    with pytest.raises(UndecodableImage):
        encode_copy(b"no image")
