"""Decodes an image's bytes to RGB pixels, or says in one sentence why not; no disk, no network.

Every byte is taken as hostile: pixels, bytes and JPEG scans are capped before work begins.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import cv2
import numpy as np
from PIL import Image

from pixonomy.errors import UndecodableImage
from pixonomy.images.formats import START_BYTES, TEXT, format_of
from pixonomy.images.general import decode_generally, pixels_of
from pixonomy.images.jpeg import JPEG_START, JpegPixels, decode_jpeg
from pixonomy.images.jpeg_head import MAX_JPEG_SCANS
from pixonomy.images.pixels import MAX_BYTES, MAX_PIXELS, Pixels

__all__ = [
    "MAX_JPEG_SCANS", "MAX_PIXELS", "Decoded", "Pixels", "decode", "decode_luma", "decode_once",
    "decode_opened", "decode_whole",
]  # fmt: skip


class Decoded(NamedTuple):
    """An image that was decoded.

    Attributes:
        pixels: one array for each `min_side` asked for, often one and the same.
        width, height: of the whole image, upright.
        damage: what the decoder complained of, where the image may be damaged.
    """

    pixels: list[Pixels]
    width: int
    height: int
    damage: str | None


def decode(data: bytes, min_side: int | None = None) -> Pixels:
    """Turn the bytes of one image into RGB pixels, upright, in sRGB, alpha laid on white.

    JPEGs take the fast path (simplejpeg); everything else, and JPEGs it refuses, goes through
    Pillow. Of an animation the first frame counts.

    Args:
        data: the encoded image.
        min_side: if given, a JPEG may be decoded at a reduced scale at which both of its sides
            still have at least twice this many pixels (the resize that follows averages them).
            One of more than `MAX_PIXELS` is reduced until it has no more than those.

    Returns:
        uint8, shape (height, width, 3), RGB.

    Raises:
        UndecodableImage: for any bytes that yield no image within the limits.
    """
    return _decode(data, [min_side])[0][0]


def decode_once(data: bytes, min_sides: Sequence[int | None]) -> list[Pixels]:
    """Do what `decode` does for several `min_side`s, decoding once where one scale serves them.

    Returns:
        For each of them what `decode` returns, to the bit; often one and the same array.

    Raises:
        UndecodableImage: see `decode`.
    """
    return _decode(data, min_sides)[0]


def decode_whole(data: bytes, min_sides: Sequence[int | None]) -> Decoded:
    """Do what `decode_once` does, and say what else is known of the image.

    Raises:
        UndecodableImage: see `decode`.
    """
    return Decoded(*_decode(data, min_sides))


def decode_luma(data: bytes, min_side: int) -> Decoded:
    """Do what `decode_whole` does for one `min_side`, in grey: of a JPEG, luma as it is stored.

    Returns:
        With one array, uint8 of shape (height, width).

    Raises:
        UndecodableImage: see `decode`.
    """
    (pixels,), width, height, damage = _decode(data, [min_side], "Gray")
    grey = pixels[..., 0] if pixels.shape[2] == 1 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return Decoded([np.asarray(grey, np.uint8)], width, height, damage)


def decode_opened(image: Image.Image) -> Pixels:
    """Do what `decode` does, without reducing anything, for an image that Pillow has opened.

    Raises:
        UndecodableImage: if its file is damaged or has more pixels than the limits allow.
    """
    try:
        return pixels_of(image)
    except UndecodableImage:
        raise
    except Exception as error:  # see `_decode`
        raise UndecodableImage(_explain(error)) from error


def _decode(
    data: bytes, min_sides: Sequence[int | None], colours: Literal["RGB", "Gray"] = "RGB"
) -> JpegPixels:
    if not data:
        raise UndecodableImage("the file is empty")
    if len(data) > MAX_BYTES:
        raise UndecodableImage(f"larger than {MAX_BYTES // 1024**2} MiB")
    try:
        if data.startswith(JPEG_START):
            decoded = decode_jpeg(data, min_sides, colours)
            if decoded is not None:
                return decoded
        else:
            _refuse_unread(data)
        pixels = decode_generally(data)
    except UndecodableImage:
        raise
    # Decoders raise far more than OSError on odd files (IndexError, struct.error, …).
    except Exception as error:
        raise UndecodableImage(_explain(error)) from error
    return [pixels] * len(min_sides), pixels.shape[1], pixels.shape[0], None


def _refuse_unread(data: bytes) -> None:
    found = format_of(data[:START_BYTES])
    if found is not None and not found.is_readable and found is not TEXT:
        raise UndecodableImage(f"not a picture in a known format, but {found}")


def _explain(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"cannot be decoded: {text[:160] or type(error).__name__}"
