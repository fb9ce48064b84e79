import io
from pathlib import Path

import pytest
from PIL import Image

from pixonomy.images.endings import IMAGE_ENDINGS, ending_of

FORMATS = {
    "JPEG": ".jpg", "PNG": ".png", "GIF": ".gif", "WEBP": ".webp", "BMP": ".bmp", "TIFF": ".tif",
    "JPEG2000": ".jp2", "PPM": ".ppm", "ICO": ".ico", "SGI": ".sgi", "AVIF": ".avif",
    "QOI": ".qoi",
}  # fmt: skip


def encode(format: str, mode: str = "RGB") -> bytes:
    stream = io.BytesIO()
    Image.new(mode, (16, 16)).save(stream, format)
    return stream.getvalue()


@pytest.mark.parametrize(("format", "ending"), FORMATS.items())
def test_the_real_format_counts_whatever_the_name(format: str, ending: str) -> None:
    assert ending_of(encode(format), "x.txt") == ending
    assert ending in IMAGE_ENDINGS


def test_grey_and_black_bitmaps_have_endings_of_their_own() -> None:
    assert ending_of(encode("PPM", "L")) == ".pgm"
    assert ending_of(encode("PPM", "1")) == ".pbm"


def test_the_name_counts_where_the_bytes_tell_nothing() -> None:
    assert ending_of(encode("TGA"), "a/b.TGA") == ".tga"
    assert ending_of(b"This is no picture.", "a.PNG") == ".png"


@pytest.mark.parametrize("name", ["", "train.bson", "jpg", "a.", str(Path("a.png/b"))])
def test_where_nothing_tells_it_is_called_a_jpeg(name: str) -> None:
    assert ending_of(b"", name) == ".jpg"
