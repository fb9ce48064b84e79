"""Pixels go in; a small JPEG, or the text that puts it into a page, comes out."""

import base64
import io

from PIL import Image

from pixonomy.images.decode import Pixels
from pixonomy.images.resize import shrink

_QUALITY = 80


def encode_thumbnail(pixels: Pixels, longest: int) -> bytes:
    """Return pixels, uint8 (height, width, 3), as a JPEG of at most `longest` pixels a side.

    Shrunk for show only: no figure on a page depends on it.
    """
    file = io.BytesIO()
    Image.fromarray(shrink(pixels, longest)).save(file, "JPEG", quality=_QUALITY, optimize=True)
    return file.getvalue()


def as_data_uri(jpeg: bytes) -> str:
    """Return a JPEG as the address of a picture inside the page itself."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
