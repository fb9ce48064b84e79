"""Two grey pictures and guesses go in; how exactly one lies in the other comes out."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pixonomy.images.decode import Pixels
from pixonomy.matching.variants import Placement

Grey = npt.NDArray[np.uint8]
"""uint8, shape (height, width)."""

_COARSE_STEPS, _FINE_STEPS = 12, 6
_COARSE_BLUR, _FINE_BLUR = 5, 3  # pixels
_LEAST_CORRELATION, _GOOD_CORRELATION = 0.7, 0.97
_LEAST_PRECISION = 1e-4
_LOCAL, _LEAST_LOCAL = 7, 0.6  # pixels of a neighbourhood, and the correlation asked for in it
_FAINT = 5.0  # grey levels: weaker structure says nothing
_SCALES, _ANISOTROPY = (0.45, 2.2), 1.35  # a copy is no more shrunk, enlarged or squeezed


@dataclass(frozen=True)
class Registered:
    """One picture laid over the other.

    Attributes:
        seen: the first picture as the second frames it, uint8, shape of the second, in colour.
        is_seen: where the first picture has pixels, bool, shape of the second.
        share: how much of the first picture that is, 0 to 1.
    """

    seen: Pixels
    is_seen: npt.NDArray[np.bool_]
    share: float


def register(
    first_view: Pixels, second_view: Pixels, guesses: Iterable[Placement]
) -> Registered | None:
    """Lay the first picture over the second, beginning with the guesses; None where that fails.

    In grey, both are brought together by maximising their correlation over affine maps
    (Evangelidis & Psarakis 2008), first at half the size.

    Args:
        guesses: placements from the second picture to the first.
    """
    first, second = _grey(first_view), _grey(second_view)
    small, other = _halve(first), _halve(second)
    best, found = _LEAST_CORRELATION, None
    for guess in guesses:
        if best > _GOOD_CORRELATION:
            break
        start = _to_pixels(guess, other, small)
        correlation, warp = _improve(small, other, start, _COARSE_STEPS, _COARSE_BLUR)
        if correlation > best and _is_plausible(warp):
            best, found = correlation, _to_places(warp, other, small)
    if found is None or _looks_other(small, other, _to_pixels(found, other, small)):
        return None
    start = _to_pixels(found, second, first)
    correlation, warp = _improve(first, second, start, _FINE_STEPS, _FINE_BLUR)
    return _lay(first_view, second, warp) if correlation > 0 and _is_plausible(warp) else None


def _looks_other(first: Grey, second: Grey, warp: npt.NDArray[np.float32]) -> bool:
    """Tell at half the size, and cheaply, whether what lies there is another picture."""
    way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (second.shape[1], second.shape[0])
    seen = cv2.warpAffine(first, warp, size, flags=way, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine(np.full_like(first, 255), warp, size, flags=way)
    one, other = (
        np.asarray(cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0), np.float32)
        for grey in (second, seen)
    )
    area = (_LOCAL, _LOCAL)

    def mean(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(cv2.blur(values, area), np.float32)

    means = mean(one), mean(other)
    power, other_power = mean(one * one) - means[0] ** 2, mean(other * other) - means[1] ** 2
    common = mean(one * other) - means[0] * means[1]
    tells = (np.maximum(power, other_power) > _FAINT**2) & (cv2.blur(inside, area) > 250)
    if not tells.any():
        return True
    noise = _FAINT**2
    local = (common + noise) / np.sqrt(
        (np.maximum(power, 0) + noise) * (np.maximum(other_power, 0) + noise)
    )
    return float(local[tells].mean()) < _LEAST_LOCAL


def lay_as_is(first: Pixels, second: Pixels) -> Registered:
    """Lay the first picture over the second, edge on edge."""
    return _lay(first, second, _to_pixels(np.eye(2, 3), _grey(second), _grey(first)))


def _lay(first: Pixels, second: Grey, warp: npt.NDArray[np.float32]) -> Registered:
    size = (second.shape[1], second.shape[0])
    way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(first, warp, size, flags=way, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine(np.full(first.shape[:2], 255, np.uint8), warp, size, flags=way)
    is_seen = cv2.erode(inside, np.ones((3, 3), np.uint8)) == 255
    area = abs(float(np.linalg.det(warp[:, :2]))) * float(is_seen.sum())
    return Registered(
        np.asarray(seen, np.uint8), is_seen, min(1.0, area / (first.shape[0] * first.shape[1]))
    )


def _improve(
    first: Grey, second: Grey, warp: npt.NDArray[np.float32], steps: int, blur: int
) -> tuple[float, npt.NDArray[np.float32]]:
    until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, steps, _LEAST_PRECISION)
    nowhere = np.full_like(first, 255)
    try:
        correlation, found = cv2.findTransformECC(
            second, first, warp, cv2.MOTION_AFFINE, until, nowhere, blur
        )
    except cv2.error:  # it has left the picture, or there is nothing to see
        return -1.0, warp
    return float(correlation), np.asarray(found, np.float32)


def _is_plausible(warp: npt.NDArray[np.float32]) -> bool:
    long, short = np.linalg.svd(warp[:, :2].astype(np.float64), compute_uv=False)
    return bool(_SCALES[0] < short and long < _SCALES[1] and long < _ANISOTROPY * short)


def _grey(pixels: Pixels) -> Grey:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def _halve(grey: Grey) -> Grey:
    size = [max(12, side // 2) for side in grey.shape[::-1]]
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _to_pixels(placement: Placement, source: Grey, target: Grey) -> npt.NDArray[np.float32]:
    """Return a placement from one picture to another as a map of their pixels' middles."""
    from_places, to_places = _shape(source), _shape(target)
    linear = placement[:, :2] * to_places[:, None] / from_places[None]
    offset = (placement[:, :2] @ (0.5 / from_places) + placement[:, 2]) * to_places - 0.5
    return np.column_stack([linear, offset]).astype(np.float32)


def _to_places(warp: npt.NDArray[np.float32], source: Grey, target: Grey) -> Placement:
    """Undo `_to_pixels`."""
    from_pixels, to_pixels = _shape(source), _shape(target)
    linear = warp[:, :2].astype(np.float64)
    offset = (linear @ [-0.5, -0.5] + warp[:, 2] + 0.5) / to_pixels
    return np.column_stack([linear * from_pixels[None] / to_pixels[:, None], offset])


def _shape(grey: Grey) -> npt.NDArray[np.float64]:
    return np.array([grey.shape[1], grey.shape[0]], np.float64)
