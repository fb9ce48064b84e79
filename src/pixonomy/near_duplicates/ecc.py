"""Registers two grey images from a guess, by maximising the enhanced correlation coefficient."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pixonomy.near_duplicates.windows import AffineTransform, invert

Grey = npt.NDArray[np.uint8]
"""uint8, shape (height, width)."""
Warp = npt.NDArray[np.float32]
"""float32 (2, 3): an affine map of the middles of pixels (x, y) from one image to another."""
Shape = tuple[int, ...]
"""Height and width, in pixels, and perhaps channels."""

_SCALES, _ANISOTROPY = (0.45, 2.2), 1.35  # a duplicate is no more shrunk, enlarged or squeezed
_STILL = 0.02  # pixels: one that is moved by less keeps its pixels as they are
_BETWEEN_PIXELS = 1 / 6  # squared pixels: how much interpolation blurs, at most
_PIXEL = 1 / 12  # squared pixels: the variance of a pixel's own area


@dataclass(frozen=True)
class Effort:
    """How hard two images are brought together.

    Attributes:
        steps: of the search, at most.
        blur: pixels, odd: width of the filter before it.
        margin: pixels at each edge of the still image that are not compared: a frame around the
            other bleeds into what it meets there.
        precision: the gain in correlation below which the search ends.
    """

    steps: int
    blur: int
    margin: int
    precision: float = 1e-4


@dataclass(frozen=True)
class Aligned:
    """One image laid over the other, that of the smaller field of view lying still.

    Attributes:
        seen: the moved image, resampled to the still one's field of view and shape.
        still: the still one, as blurred as the other was by being moved.
        is_seen: bool, where the moved image has pixels.
        placement: from the second image to the first.
    """

    seen: Grey
    still: Grey
    is_seen: npt.NDArray[np.bool_]
    placement: AffineTransform


def align(first: Grey, second: Grey, guess: AffineTransform, effort: Effort) -> Aligned | None:
    """Bring two images together, by maximising their correlation over affine maps.

    (Evangelidis & Psarakis 2008.) The one that shows less lies still: all of it is in the other,
    so that a frame around the larger one, with its strong edges, plays no part.

    Args:
        guess: a placement from the second image to the first.

    Returns:
        None where nothing is found, or what no duplicate is likely to be.
    """
    is_first_still = abs(float(np.linalg.det(guess[:, :2]))) > 1
    still, moved = (first, second) if is_first_still else (second, first)
    start = to_pixels(invert(guess) if is_first_still else guess, still.shape, moved.shape)
    correlation, warp = improve(moved, still, start, effort)
    if correlation <= 0 or not is_plausible(warp):
        return None
    seen, is_seen = lay(moved, still.shape, warp)
    placement = to_places(warp, still.shape, moved.shape)
    if is_first_still:
        placement = invert(placement)
    return Aligned(seen, _soften(still, warp), is_seen, placement)


def improve(moved: Grey, still: Grey, start: Warp, effort: Effort) -> tuple[float, Warp]:
    """Return correlation and warp from the still image to the moved one; -1 where that fails."""
    until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, effort.steps, effort.precision)
    nowhere, margin = np.full_like(moved, 255), effort.margin
    inner = np.ascontiguousarray(still[margin:-margin, margin:-margin])
    start = start.copy()
    # The still image loses a margin, so its coordinates begin that much later.
    start[:, 2] += start[:, :2].sum(1) * margin
    try:
        correlation, found = cv2.findTransformECC(
            inner, moved, start, cv2.MOTION_AFFINE, until, nowhere, effort.blur
        )
    except cv2.error:  # it has left the image, or there is nothing to see
        return -1.0, start
    warp = np.asarray(found, np.float32)
    warp[:, 2] -= warp[:, :2].sum(1) * margin
    return float(correlation), warp


def lay(
    moved: npt.NDArray[np.uint8], shape: Shape, warp: Warp
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Resample an image to another one's field of view; also return where it has pixels there."""
    size, way = (shape[1], shape[0]), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(moved, warp, size, flags=way, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine(np.full(moved.shape[:2], 255, np.uint8), warp, size, flags=way)
    return np.asarray(seen, np.uint8), np.asarray(inside > 250, np.bool_)


def is_plausible(warp: Warp) -> bool:
    """Return whether a duplicate may be so much shrunk, enlarged and squeezed."""
    long, short = np.linalg.svd(warp[:, :2].astype(np.float64), compute_uv=False)
    return bool(_SCALES[0] < short and long < _SCALES[1] and long < _ANISOTROPY * short)


def to_pixels(placement: AffineTransform, source: Shape, target: Shape) -> Warp:
    """Return a placement from one image to another as a map of their pixels' middles."""
    from_places, to_places = _width_and_height(source), _width_and_height(target)
    linear = placement[:, :2] * to_places[:, None] / from_places[None]
    # Half a pixel to and fro: OpenCV counts from the middle of the first pixel, places from its
    # edge.
    offset = (placement[:, :2] @ (0.5 / from_places) + placement[:, 2]) * to_places - 0.5
    return np.column_stack([linear, offset]).astype(np.float32)


def to_places(warp: Warp, source: Shape, target: Shape) -> AffineTransform:
    """Undo `to_pixels`."""
    from_pixels, to_pixels = _width_and_height(source), _width_and_height(target)
    linear = warp[:, :2].astype(np.float64)
    offset = (linear @ [-0.5, -0.5] + warp[:, 2] + 0.5) / to_pixels
    return np.column_stack([linear * from_pixels[None] / to_pixels[:, None], offset])


def _soften(still: Grey, warp: Warp) -> Grey:
    """Blur an image as much as being sampled through this warp blurs the other."""
    corner = np.array([still.shape[1] - 1, still.shape[0] - 1, 1.0])
    at_corner = warp @ corner
    # By how many pixels the far end is off from a plain shift or mirror image, which blur nothing.
    turned = np.abs(np.abs(warp[:, :2]) - np.eye(2)).max() * max(still.shape)
    off = np.abs(at_corner - np.rint(at_corner)).max()
    if turned < _STILL and off < _STILL:
        return still
    area = abs(float(np.linalg.det(warp[:, :2])))
    # Bilinear sampling between pixels, and the larger pixels of an enlarged image, each act like a
    # blur of this variance.
    variance = max(0.0, 1 / area - 1) * _PIXEL + _BETWEEN_PIXELS / area
    return np.asarray(cv2.GaussianBlur(still, (5, 5), float(np.sqrt(variance))), np.uint8)


def _width_and_height(shape: Shape) -> npt.NDArray[np.float64]:
    return np.array([shape[1], shape[0]], np.float64)
