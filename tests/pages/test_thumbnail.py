import base64
import io

import numpy as np
from PIL import Image

from pixonomy.pages.thumbnail import as_data_uri, encode_thumbnail


def test_a_thumbnail_keeps_colours_and_shape() -> None:
    pixels = np.zeros((100, 400, 3), dtype=np.uint8)
    pixels[..., 0] = 200
    image = Image.open(io.BytesIO(encode_thumbnail(pixels, 72)))
    assert (image.format, image.size) == ("JPEG", (72, 18))
    assert np.abs(np.asarray(image).mean(axis=(0, 1)) - (200, 0, 0)).max() < 4


def test_a_picture_is_never_enlarged() -> None:
    image = Image.open(io.BytesIO(encode_thumbnail(np.zeros((9, 5, 3), np.uint8), 72)))
    assert image.size == (5, 9)


def test_a_data_uri_holds_the_bytes() -> None:
    kind, _, text = as_data_uri(b"jpeg").partition(",")
    assert (kind, base64.b64decode(text)) == ("data:image/jpeg;base64", b"jpeg")
