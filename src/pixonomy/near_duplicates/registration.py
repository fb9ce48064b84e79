"""Lays one image of a candidate pair exactly over the other, in colour."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pixonomy.images.decode import Pixels
from pixonomy.near_duplicates.block_correlation import beside_caption, correlate, worst_quarter
from pixonomy.near_duplicates.ecc import (
    Effort,
    Grey,
    Warp,
    align,
    improve,
    is_plausible,
    lay,
    to_pixels,
)
from pixonomy.near_duplicates.windows import AffineTransform, invert

_COARSE, _FINE = Effort(steps=8, blur=5, margin=3), Effort(steps=6, blur=3, margin=4)
_BLOCK = 8  # pixels of an image of half the size
_LEAST_LIKE, _LEAST_BESIDE = 0.65, 0.95  # correlations: see `block_correlation`
_LEAST_LIKE_TINY, _LEAST_BESIDE_TINY = 0.25, 0.8
_CORE = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class View:
    """An image at the size at which it is compared.

    Attributes:
        pixels: uint8 (height, width, 3), RGB.
        grey: uint8 (height, width).
        small: uint8, grey at half the size.
    """

    pixels: Pixels
    grey: Grey
    small: Grey


@dataclass(frozen=True)
class Registered:
    """One image laid over the other.

    Attributes:
        seen: the first image in the second's field of view, uint8, shape of the second, in colour.
        is_seen: where the first image has pixels, bool, shape of the second.
        share: how much of the first image that is, 0 to 1.
    """

    seen: Pixels
    is_seen: npt.NDArray[np.bool_]
    share: float


def view(pixels: Pixels) -> View:
    """Get an image, uint8 (height, width, 3), RGB, ready to be compared."""
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    size = [max(12, side // 2) for side in grey.shape[::-1]]
    return View(pixels, grey, np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA)))


def register(
    first: View, second: View, guess: AffineTransform, is_tiny: bool = False
) -> Registered | None:
    """Lay the first image over the second; None where that fails or shows other things.

    Args:
        guess: a placement from the second image to the first.
        is_tiny: one of them is so small that a JPEG's blocks are as large as what it shows.
    """
    aligned = align(first.small, second.small, guess, _COARSE)
    if aligned is None:
        return None
    blocks = correlate(aligned.seen[None], aligned.still[None], aligned.is_seen[None], _BLOCK)
    if float(worst_quarter(blocks)[0]) < (_LEAST_LIKE_TINY if is_tiny else _LEAST_LIKE):
        return None
    # From coarse to fine, as ECC follows a gradient and would miss from afar.
    warp = _refine(first.grey, second.grey, aligned.placement)
    return None if warp is None else _lay(first.pixels, second.grey, warp)


def lay_as_is(first: View, second: View, is_tiny: bool = False) -> Registered | None:
    """Lay the first image over the second, edge on edge; None where it shows other things.

    They may differ in a band as high as a caption.

    Args:
        is_tiny: as `register`'s.
    """
    size = (second.small.shape[1], second.small.shape[0])
    small = np.asarray(cv2.resize(first.small, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    everywhere = np.ones((1, *small.shape), np.bool_)
    found = beside_caption(correlate(small[None], second.small[None], everywhere, _BLOCK))
    if float(found[0]) < (_LEAST_BESIDE_TINY if is_tiny else _LEAST_BESIDE):
        return None
    warp = to_pixels(np.eye(2, 3), second.grey.shape, first.grey.shape)
    return _lay(first.pixels, second.grey, warp)


def _refine(first: Grey, second: Grey, guess: AffineTransform) -> Warp | None:
    """Return the map from the second image's pixels to the first's."""
    is_first_still = abs(float(np.linalg.det(guess[:, :2]))) > 1
    if is_first_still:
        start = to_pixels(invert(guess), first.shape, second.shape)
        correlation, warp = improve(second, first, start, _FINE)
        warp = np.asarray(cv2.invertAffineTransform(warp), np.float32)
    else:
        start = to_pixels(guess, second.shape, first.shape)
        correlation, warp = improve(first, second, start, _FINE)
    return warp if correlation > 0 and is_plausible(warp) else None


def _lay(first: Pixels, second: Grey, warp: Warp) -> Registered:
    seen, inside = lay(first, second.shape, warp)
    # The outermost pixels are mixed with what lies beyond the edge.
    is_seen = cv2.erode(inside.astype(np.uint8), _CORE) > 0
    area = abs(float(np.linalg.det(warp[:, :2]))) * float(is_seen.sum())
    share = min(1.0, area / (first.shape[0] * first.shape[1]))
    return Registered(seen, np.asarray(is_seen, np.bool_), share)
