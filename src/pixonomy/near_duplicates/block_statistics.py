"""Compares two registered images block by block: structure, mean colour, and hue."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pixonomy.images.decode import Pixels
from pixonomy.near_duplicates.photometric import align_photometry, brightness, off_hue
from pixonomy.near_duplicates.registration import Registered

BLOCK = 10
"""Pixels: the side of a block."""

_FAINT = 6.0  # grey levels of deviation: below it a block says nothing
_DRAWN = 12.0  # grey levels of deviation, from which on colours can be compared
_USUAL_BLUR = 2.0  # pixels; tiny images are blurred more, and their colours are rougher
_FLAT = 15.0  # grey levels of deviation
_MOST_GAIN = 2.2  # an image of so much weaker contrast is another one, or not to be judged
_EDGE = 1.5  # of the blur
_LEAST_SHARES = 0.4, 0.72  # of either image that is seen in the other, and of one of them

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class BlockStatistics:
    """Measures of all blocks, each in an array of shape (rows, columns).

    Attributes:
        textured: blocks with something in them, where both images are.
        correlation: of each block, -1 to 1.
        powers: of the second and of the first image: the variance within each block, in squared
            grey levels, as far as blur leaves it.
        off_tone: grey levels by which a block's mean colour misses what the others let expect.
        off_hue: 0 to 1, how much the colours of what lies in a block differ.
        seen: blocks where both images are.
    """

    textured: Flags
    correlation: Floats
    powers: tuple[Floats, Floats]
    off_tone: Floats
    off_hue: Floats
    seen: Flags


def agree(second: Pixels, registered: Registered, blur: float) -> BlockStatistics | None:
    """Compare the second image with the first as it lies over it; None where too little does.

    Args:
        blur: pixels; noise, compression and a misfit finer than that do not matter.
    """
    shares = registered.share, float(registered.is_seen.mean())
    if min(shares) < _LEAST_SHARES[0] or max(shares) < _LEAST_SHARES[1]:
        return None
    # At the edge of what is seen, blur and compression bring in what lies beyond it.
    reach = 2 * round(_EDGE * blur) + 1
    eroded = cv2.erode(registered.is_seen.astype(np.uint8), np.ones((reach, reach), np.uint8))
    inside = np.asarray(eroded > 0, np.bool_)
    one, other = (cv2.GaussianBlur(view, (0, 0), blur) for view in (second, registered.seen))
    seen = _to_blocks(inside.astype(np.float32)).mean(2) > 0.9
    if not seen.any():
        return None
    grey = cv2.cvtColor(one, cv2.COLOR_RGB2GRAY).astype(np.float32)
    # Tones are fitted to plain blocks above all: the mean of a block with an edge in it does not
    # follow a gamma.
    flatness = (1 / (1 + _to_blocks(grey).var(2) / _FLAT**2)).astype(np.float32)
    tone = align_photometry(_means(one)[seen], _means(other)[seen], flatness[seen])
    if not 1 / _MOST_GAIN < float(np.median(tone.gain)) < _MOST_GAIN:
        return None
    # Before it is blurred: at an edge, the mean of changed tones is not the changed mean.
    other = cv2.GaussianBlur(tone.colour(registered.seen), (0, 0), blur)
    tolerance = (1 + abs(float(np.log(tone.gamma)))) * min(2.0, max(1.0, blur / _USUAL_BLUR))
    return _compare(_blocks(tone.as_seen(one)), _blocks(_with_channels(other)), seen, tolerance)


def _compare(ones: Floats, others: Floats, seen: Flags, tolerance: float) -> BlockStatistics:
    """Compare blocks of pixels, both (rows, columns, pixels, channels).

    Args:
        tolerance: how many times more than usual colours may differ, after a strong change of tone.
    """
    means, other_means = ones.mean(2), others.mean(2)
    apart = np.abs(means - other_means).max(2) / tolerance
    ones, others = ones - means[:, :, None], others - other_means[:, :, None]
    bright, other_bright = brightness(ones), brightness(others)
    power, other_power = (bright**2).mean(2), (other_bright**2).mean(2)
    # As in SSIM (Wang et al. 2004): a constant that keeps blocks with little in them near 1.
    noise = _FAINT**2 / 3
    common = (bright * other_bright).mean(2) + noise
    stronger = np.maximum(power, other_power)
    # Regression of each channel on brightness, within each block: the direction in colour space
    # that its structure is drawn in, (rows, columns, channels).
    hues = [
        np.einsum("rcpk,rcp->rck", values, light) / values.shape[2]
        for values, light in ((ones, bright), (others, other_bright))
    ]
    return BlockStatistics(
        seen & (stronger > _FAINT**2),
        common / np.sqrt((power + noise) * (other_power + noise)),
        (power, other_power),
        np.where(seen, apart, 0).astype(np.float32),
        np.where(seen & (stronger > _DRAWN**2), off_hue(*hues) / tolerance, 0).astype(np.float32),
        seen,
    )


def _means(view: cv2.typing.MatLike) -> Floats:
    """Return the mean colour of each block: float32 (rows, columns, 3)."""
    rows, columns = (side // BLOCK for side in view.shape[:2])
    whole = view[: rows * BLOCK, : columns * BLOCK]
    means = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(means, np.float32)


def _with_channels(values: cv2.typing.MatLike) -> Floats:
    return np.asarray(values if values.ndim == 3 else values[:, :, None], np.float32)


def _blocks(values: Floats) -> Floats:
    """Return the whole blocks of an image: (rows, columns, pixels of a block, channels)."""
    channels = [_to_blocks(values[..., channel]) for channel in range(values.shape[2])]
    return np.stack(channels, axis=3)


def _to_blocks(values: Floats) -> Floats:
    """Return the whole blocks of an image: (rows, columns, pixels of a block)."""
    rows, columns = (side // BLOCK for side in values.shape)
    whole = values[: rows * BLOCK, : columns * BLOCK]
    blocks = whole.reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2)
    return blocks.reshape(rows, columns, BLOCK**2)
