"""Measures how light, how varied and how sharp an image is, and says what is too much.

The limits were set on 2,800 real images (photographs, groceries, garments, products on white) and
on the same images made darker, lighter and blurred: see docs/benchmarks.md.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pixonomy.images.decode import Pixels
from pixonomy.images.resize import shrink

_JUDGED_SIDE = 256  # pixels of the longer side at most: sharp or not as a classifier would see it
_SHARP_SHARE = 0.995  # of the gradients lie below the one that counts: a sharp subject is enough
_FAINT_GRADIENT = 0.5  # grey levels a pixel; keeps noise on plain ground from counting as sharp
_DARK_SHARE, _LIGHT_SHARE = 0.005, 0.995

BLANK_DEVIATION = 3.0  # levels of 255
DARK_LEVEL = 40  # grey levels; nearly all of the image lies below it
BRIGHT_LEVEL = 220  # grey levels; nearly all of the image lies above it
BLURRED_SHARPNESS = 1.22  # blurred by 1 % of the longer side: 1.04 to 1.20; sharp: 1.26 and more
FAINT_RANGE = 24  # grey levels from dark to light; below it nobody can tell sharp from blurred
TINY_SIDE = 32  # pixels of the shorter side
ODD_RATIO = 3.5  # of the longer to the shorter side


@dataclass(frozen=True)
class Quality:
    """What is measured of one image.

    Attributes:
        deviation: standard deviation of the levels (0 to 255) of the colour that varies most: red
            on a green that is equally light is no blank image.
        dark, light: the grey levels that 0.5 % and 99.5 % of its pixels do not exceed. A product on
            white has a dark part all the same; what is washed out has none.
        sharpness: the 99.5th percentile of its gradients over that of the same image blurred a
            little more, at 256 pixels. Blurring what is blurred already changes nothing: then it
            is near 1, whatever the contrast. (After Crete et al., "The blur effect", 2007, who
            compare sums; a percentile lets a sharp subject before a soft ground pass.)
    """

    deviation: float
    dark: float
    light: float
    sharpness: float


def measure_quality(pixels: Pixels) -> Quality:
    """Measure uint8 pixels (height, width, 3)."""
    small = shrink(pixels, _JUDGED_SIDE)
    deviation = float(cv2.meanStdDev(small)[1].max())
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    levels = np.bincount(grey.ravel(), minlength=256)
    # Percentiles by the histogram: 256 levels need no sorting.
    below = np.cumsum(levels) / grey.size
    dark, light = (int(np.searchsorted(below, share)) for share in (_DARK_SHARE, _LIGHT_SHARE))
    exact = grey.astype(np.float32)
    softer = cv2.GaussianBlur(exact, (0, 0), 1.0)
    sharpness = _strong_gradient(exact) / _strong_gradient(softer)
    return Quality(deviation, float(dark), float(light), sharpness)


def _strong_gradient(grey: npt.NDArray[np.integer | np.floating]) -> float:
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=1 / 8)
    size: npt.NDArray[np.float32] = np.hypot(across, down).ravel()
    place = min(size.size - 1, int(_SHARP_SHARE * size.size))
    return float(np.partition(size, place)[place]) + _FAINT_GRADIENT
