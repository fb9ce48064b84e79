"""Correlates images that lie over each other block by block, and judges by the worst blocks.

Look-alikes agree in most parts, as two bottles do in all but their labels; duplicates agree in all.
"""

import numpy as np
import numpy.typing as npt

from pixonomy.near_duplicates.windows import Floats

Greys = npt.NDArray[np.uint8]
"""uint8, shape (m, height, width)."""
Flags = npt.NDArray[np.bool_]

_FAINT = 5.0  # grey levels of deviation: weaker structure says nothing
_FEWEST = 4  # blocks with something in them
_WORST = 4  # one in so many
_BAND = 0.38  # of an image's height: what a caption covers at most


def correlate(ones: Greys, others: Greys, is_seen: Flags, block: int) -> Floats:
    """Return the correlation of each block, -1 to 1: float32 (m, rows, columns).

    Args:
        is_seen: bool, of the images' shape; a block that is not wholly seen, or shows nothing in
            either image, is NaN.
        block: pixels, the side of a block.
    """
    one, other = (_to_blocks(_trim(each), block).astype(np.float32) for each in (ones, others))
    one -= one.mean(3, keepdims=True)
    other -= other.mean(3, keepdims=True)
    power, other_power, common = (
        np.einsum("mrcp,mrcp->mrc", *both) / block**2
        for both in ((one, one), (other, other), (one, other))
    )
    noise = _FAINT**2
    # Noise is added to both sides of the fraction, as in SSIM (Wang et al. 2004): plain blocks then
    # correlate near 1 instead of at random.
    correlation = (common + noise) / np.sqrt((power + noise) * (other_power + noise))
    tells = _to_blocks(is_seen, block).all(3) & (np.maximum(power, other_power) > noise)
    return np.where(tells, correlation, np.nan).astype(np.float32)


def worst_quarter(correlation: Floats) -> Floats:
    """Return the mean of the least quarter of each image's blocks; 0 where too few say anything.

    Args:
        correlation: float32 (m, rows, columns), NaN where a block says nothing.
    """
    images, rows, columns = correlation.shape
    # The worst quarter, not the mean: a different label covers few blocks of a bottle.
    ranked = np.sort(correlation.reshape(images, rows * columns), axis=1)  # NaN last
    count = np.isfinite(ranked).sum(1)
    taken = np.maximum(1, count // _WORST)
    sums = np.cumsum(np.nan_to_num(ranked), axis=1)
    mean = sums[np.arange(images), taken - 1] / taken
    return np.where(count >= _FEWEST, mean, 0).astype(np.float32)


def beside_caption(correlation: Floats) -> Floats:
    """Return the mean of each image's blocks beside that band without which it is highest.

    Args:
        correlation: float32 (m, rows, columns), NaN where a block says nothing.
    """
    rows = correlation.shape[1]
    height = int(np.ceil(_BAND * rows))
    sums, counts = np.nan_to_num(correlation).sum(2), np.isfinite(correlation).sum(2)
    best = np.zeros(len(correlation), np.float32)
    for top in range(rows - height + 1):
        band = slice(top, top + height)
        count = counts.sum(1) - counts[:, band].sum(1)
        mean = (sums.sum(1) - sums[:, band].sum(1)) / np.maximum(count, 1)
        best = np.maximum(best, np.where(count > 0, mean, 0).astype(np.float32))
    return best


def _trim(images: Greys) -> Greys:
    """Replace the outermost pixels by those beside them: a frame bleeds into them."""
    return np.pad(images[:, 1:-1, 1:-1], ((0, 0), (1, 1), (1, 1)), mode="edge")


def _to_blocks(values: npt.NDArray[np.generic], block: int) -> npt.NDArray[np.generic]:
    """Return the whole blocks of images: (m, rows, columns, pixels of a block)."""
    count, rows, columns = len(values), values.shape[1] // block, values.shape[2] // block
    whole = values[:, : rows * block, : columns * block]
    split = whole.reshape(count, rows, block, columns, block).swapaxes(2, 3)
    return split.reshape(count, rows, columns, block**2)
