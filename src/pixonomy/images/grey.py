"""Brings grey of 16 or 32 bits, or of floating point, to 8 bits.

How bright such an image is meant to be is written nowhere: it follows from the range its values
fill, of which a few stray ones (dead sensor pixels, infinities, an overshoot) are no part.
"""

import numpy as np
import numpy.typing as npt

from pixonomy.errors import UndecodableImage
from pixonomy.images.pixels import Pixels

_STRAY_SHARE = 0.001  # of the values may be stray, at either end
_SAMPLED = 1_000_000  # values that the range is estimated from, at most
_LEAST_FILLED = 1 / 16  # of a usual range; what fills less was not made for it
_OVERSHOOT = 1 / 8  # of 0..1: resampling and sharpening leave floating point there
_UNSIGNED = ((0, 255), (0, 1023), (0, 4095), (0, 65_535), (0, 2**32 - 1))
_SIGNED = ((-128, 127), (-1024, 3071), (-32_768, 32_767), (-(2**31), 2**31 - 1))
_FLOATING = ((0, 1), (-1, 1), *_UNSIGNED)


def spread_grey(values: npt.NDArray[np.generic], most: int | None = None) -> Pixels:
    """Bring grey to 0..255.

    Args:
        values: shape (height, width); integers or floating point.
        most: the value of white where the format says it; else the smallest usual range that
            holds the values is theirs (0 to 1, 12 bits, …), or their own range where they fill
            next to nothing of it.

    Raises:
        UndecodableImage: if not one value is a number.
    """
    low, high = (0.0, float(most)) if most is not None else _find_range(values)
    # Of what is not finite, NaN becomes black and the infinities the ends.
    exact = np.nan_to_num(values.astype(np.float64), nan=low, posinf=high, neginf=low)
    levels = np.clip(np.rint((exact - low) * (255.0 / (high - low))), 0, 255).astype(np.uint8)
    return np.repeat(levels[:, :, None], 3, axis=2)


def _find_range(values: npt.NDArray[np.generic]) -> tuple[float, float]:
    sample = values.ravel()[:: -(-values.size // _SAMPLED)].astype(np.float64)
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        raise UndecodableImage("a picture of which no value is a number")
    low, high = (float(one) for one in np.quantile(sample, (_STRAY_SHARE, 1 - _STRAY_SHARE)))
    is_floating = np.issubdtype(values.dtype, np.floating)
    usual = _FLOATING if is_floating else _SIGNED if low < 0 else _UNSIGNED
    for least, most in usual:
        slack = _OVERSHOOT * (most - least) if is_floating else 0.0
        if least - slack <= low and high <= most + slack:
            if high - low >= _LEAST_FILLED * (most - least) or high == low:
                return float(least), float(most)
            break
    return _own_range(sample, low, high)


def _own_range(sample: npt.NDArray[np.float64], low: float, high: float) -> tuple[float, float]:
    """Return all of the range where its ends are no strays, but near to the rest."""
    slack = _OVERSHOOT * (high - low)
    low = max(float(sample.min()), low - slack)
    high = min(float(sample.max()), high + slack)
    return (low, high) if high > low else (low, low + 1.0)
