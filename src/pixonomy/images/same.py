"""Decides on pixels whether two images are duplicates: one image, compressed or scaled anew.

Images of one scene by one camera, forms, or products on white in another colour are none, however
alike they are: what distinguishes them may be a few pixels.
"""

import cv2
import numpy as np
import numpy.typing as npt

from pixonomy.images.decode import Pixels

COMPARED_SIDE = 256
"""Pixels of the longer side at which images are compared, at most."""

Floats = npt.NDArray[np.float32]

# Measured on 60 photographs and 40 products, compressed to JPEG quality 90 to 30, to WebP 40,
# scaled to 0.35 to 0.9: nine in ten are found to be duplicates. Of 138 pairs of different products
# with one perceptual hash none is, but for those in which people see no difference either.
_SHAPE = 0.03  # by which the ratio of the sides may differ
_BLUR = 0.8  # pixels: what compression does to single pixels
_CONTRAST = 0.5  # of the contrast around: by so much compression may move an edge
_FAINT, _CLEAR = 6.0, 12.0  # grey levels beyond that
_MOST_CLEAR = 0.0006  # of the pixels: so many may differ clearly
_MOST_AREA = 25.0  # grey levels that the mean of 7 x 7 pixels may be off
_MOST_SPOT = 1.9  # times what is faint that the mean of 3 x 3 pixels may be off, …
_MOST_SPOT_IN_NOISE = 6.0  # … and times what nine in ten pixels are off
_OUTLIERS = 20  # pixels: so many may be off more than …
_MOST_OUTLYING = 4.2  # … so many times what nine in ten pixels are off
_LEAST_NOISE = 0.05  # times what is faint: images that are all but equal


def are_duplicates(first: Pixels, second: Pixels) -> bool:
    """Return whether two images, uint8 (height, width, 3), are duplicates.

    Differences are measured against the contrast around them, and the largest against what most
    pixels differ by: compression spreads its errors, a mark on one of the images does not.
    """
    ratio = (first.shape[0] * second.shape[1]) / (first.shape[1] * second.shape[0])
    if not 1 - _SHAPE <= ratio <= 1 + _SHAPE:
        return False
    height, width = np.minimum(first.shape[:2], second.shape[:2])
    scale = min(1.0, COMPARED_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    one, other = _prepare(first, size), _prepare(second, size)
    difference = one - other
    if float(np.abs(cv2.blur(difference, (7, 7))).max()) > _MOST_AREA:
        return False
    contrast = np.maximum(_contrast(one), _contrast(other)) * _CONTRAST
    if float((np.abs(difference).max(2) > _CLEAR + contrast).mean()) > _MOST_CLEAR:
        return False
    # A shift of all pixels alike, as other encoders' colour conversions cause, marks nothing.
    tone = np.median(difference, axis=(0, 1)).astype(np.float32)
    return _has_no_outliers(difference - tone, np.asarray(contrast + _FAINT, np.float32))


def _prepare(pixels: Pixels, size: tuple[int, int]) -> Floats:
    scaled = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(scaled.astype(np.float32), (0, 0), _BLUR)
    return np.asarray(blurred, np.float32)


def _contrast(pixels: Floats) -> Floats:
    """Return the range of the 5 x 5 pixels around each, in the colour where it is largest."""
    around = np.ones((5, 5), np.uint8)
    return np.asarray((cv2.dilate(pixels, around) - cv2.erode(pixels, around)).max(2), np.float32)


def _has_no_outliers(difference: Floats, allowed: Floats) -> bool:
    off = np.abs(difference).max(2) / allowed
    spot = float((np.abs(cv2.blur(difference, (3, 3))).max(2) / allowed).max())
    noise = _LEAST_NOISE + float(np.percentile(off, 90))
    if spot > _MOST_SPOT or spot > _MOST_SPOT_IN_NOISE * noise:
        return False
    # Twenty single pixels may be worse: compression rings around edges.
    largest = np.sort(off, axis=None)[-_OUTLIERS:]
    return float(largest[0]) <= _MOST_OUTLYING * noise
