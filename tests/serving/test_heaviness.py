"""Images that may take much memory are found before they are decoded."""

import io

import numpy as np
import pytest
from PIL import Image

from pixonomy.serving.heaviness import is_heavy


def encode(kind: str, width: int, height: int, **options: bool) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height)).save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_the_declared_size_counts(kind: str) -> None:
    assert not is_heavy(encode(kind, 2000, 2000))
    assert is_heavy(encode(kind, 2000, 2001))


def test_every_kind_of_webp_is_known() -> None:
    with_alpha = Image.fromarray(np.zeros((2001, 2000, 4), np.uint8), "RGBA")
    stream = io.BytesIO()
    with_alpha.save(stream, "WEBP", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0")
    assert stream.getvalue()[12:16] == b"VP8X"
    assert is_heavy(stream.getvalue())
    assert is_heavy(encode("WEBP", 2000, 2001, lossless=True))
    assert not is_heavy(encode("WEBP", 2000, 2000, lossless=True))


def test_a_jpeg_is_never_heavy_and_what_is_not_known_always() -> None:
    assert not is_heavy(encode("JPEG", 2500, 2500))
    assert is_heavy(encode("TIFF", 10, 10))
    for start in (b"", b"\x89PNG\r\n\x1a\n", b"RIFF    WEBPVP8X", b"GIF89a"):
        is_heavy(start)  # whatever is missing
