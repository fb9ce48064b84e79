"""Makes small JPEGs, and the text that puts one into a page."""

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from pixonomy.images.decode import Pixels
from pixonomy.images.resize import shrink

_QUALITY = 80
_TINT = np.array([230, 97, 0], np.float32)  # of the parts that matter
_STRONGEST = 0.65  # of the tint: what is below still shows


def encode_thumbnail(pixels: Pixels, longest: int) -> bytes:
    """Return pixels, uint8 (height, width, 3), as a JPEG of at most `longest` pixels a side.

    Shrunk for show only: no figure on a page depends on it.
    """
    file = io.BytesIO()
    Image.fromarray(shrink(pixels, longest)).save(file, "JPEG", quality=_QUALITY, optimize=True)
    return file.getvalue()


def tint(pixels: Pixels, strength: npt.NDArray[np.float32]) -> Pixels:
    """Return an image in grey, coloured where it matters.

    Args:
        pixels: uint8 (height, width, 3).
        strength: 0 to 1, of any height and width; it is laid over the whole image.
    """
    height, width = pixels.shape[:2]
    whole = Image.fromarray(strength).resize((width, height), Image.Resampling.BILINEAR)
    share = _STRONGEST * np.clip(np.asarray(whole), 0, 1)[:, :, None]
    grey = pixels.mean(axis=2, keepdims=True)
    return np.asarray((1 - share) * grey + share * _TINT, np.uint8)


def as_data_uri(jpeg: bytes) -> str:
    """Return a JPEG as the address of an image inside the page itself."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
