"""A grey thumbnail that describes an image, small enough to keep for millions of them."""

import cv2
import numpy as np

from pixonomy.images.decode import Pixels

DESCRIPTOR_VERSION = 1
"""Raised whenever the same pixels would give another descriptor."""

THUMBNAIL_SIDE = 32
"""Pixels: a descriptor is a grey thumbnail of this side, whatever the image's shape."""

DECODE_SIDE = 2 * THUMBNAIL_SIDE
"""What an image is to be decoded at, at least: each pixel of the thumbnail averages several."""

_BLANK_DEVIATION = 2.0  # grey levels; below it a thumbnail is noise


def describe(pixels: Pixels) -> bytes | None:
    """Return the thumbnail of an image, row by row; None for a blank one.

    Args:
        pixels: uint8, shape (height, width, 3), RGB, upright.

    Returns:
        1,024 bytes: uint8, shape (32, 32), the mean grey of each part of the image.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    size = (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    thumbnail = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    # All blank images would look like duplicates of each other.
    return None if float(thumbnail.std()) < _BLANK_DEVIATION else thumbnail.tobytes()


def to_view(pixels: Pixels, longest: int) -> Pixels:
    """Return an image with a longer side of exactly `longest` pixels, the other at least a sixth.

    Args:
        pixels: uint8, shape (height, width, 3), RGB.

    Returns:
        uint8, shape (height, width, 3), RGB.
    """
    scale = longest / max(pixels.shape[:2])
    height, width = (max(longest // 6, round(side * scale)) for side in pixels.shape[:2])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=way), np.uint8)
