"""Resizes images to the network's square: the only resize there is, for training and use alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import numpy as np
import numpy.typing as npt

from pixonomy.errors import SettingError
from pixonomy.images.decode import Pixels, decode, decode_once

Fit = Literal["stretch", "pad", "crop"]
FITS: tuple[str, ...] = get_args(Fit)
DEFAULT_FIT: Fit = "stretch"

RESIZE_VERSION = 3
"""Raised whenever the same bytes would give other pixels: old arrays and bundles then differ."""

MIN_SIZE, MAX_SIZE = 8, 1024
_Scaled = dict[tuple[int, tuple[int, ...], int, int], Pixels]
"""What pixels have been scaled to: by their address and shape, the height and the width."""

_PAPER = 255  # catalogue images stand on white, and alpha is laid on white too


@dataclass(frozen=True)
class ResizeSpec:
    """How an image becomes a square: `size` in pixels and what happens to other shapes.

    `stretch` squeezes it, `pad` keeps all of it and fills up with white, `crop` keeps its shape
    and cuts the longer side off on both ends.
    """

    size: int
    fit: Fit = "stretch"

    def __post_init__(self) -> None:
        if not MIN_SIZE <= self.size <= MAX_SIZE:
            raise SettingError(
                f"The size must be {MIN_SIZE} to {MAX_SIZE} pixels, not {self.size}."
            )
        if self.fit not in FITS:
            raise SettingError(f"The fit must be one of {', '.join(FITS)}, not {self.fit!r}.")


def frame(data: bytes, resize_spec: ResizeSpec) -> npt.NDArray[np.uint8]:
    """Decode and resize in one go: what training and `classify` both call.

    Returns:
        uint8, shape (3, size, size), RGB.

    Raises:
        UndecodableImage: see `decode`.
    """
    return resize(decode(data, resize_spec.size), resize_spec)


def frame_into(
    data: bytes, resize_specs: Sequence[ResizeSpec], images: Sequence[npt.NDArray[np.uint8]]
) -> None:
    """Do what `frame` does for several squares at once, into arrays that are there already.

    Args:
        images: one for each `ResizeSpec`, uint8 (3, size, size), contiguous.

    Raises:
        UndecodableImage: see `decode`; the arrays are as they were.
    """
    decoded = decode_once(data, [resize_spec.size for resize_spec in resize_specs])
    scaled: _Scaled = {}
    for pixels, resize_spec, image in zip(decoded, resize_specs, images, strict=True):
        cv2.split(_square(pixels, resize_spec, scaled), list(image))


def resize(pixels: Pixels, resize_spec: ResizeSpec) -> npt.NDArray[np.uint8]:
    """Bring pixels to a square.

    Args:
        pixels: uint8, shape (height, width, 3).
        resize_spec: the size in pixels and the resize mode.

    Returns:
        uint8, shape (3, size, size), contiguous.
    """
    image = np.empty((3, resize_spec.size, resize_spec.size), np.uint8)
    cv2.split(_square(pixels, resize_spec, {}), list(image))
    return image


def _square(pixels: Pixels, resize_spec: ResizeSpec, scaled: _Scaled) -> Pixels:
    """Return uint8 (size, size, 3)."""
    size, (height, width) = resize_spec.size, pixels.shape[:2]
    if resize_spec.fit == "crop":
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        pixels = pixels[top : top + side, left : left + side]
    if resize_spec.fit == "pad":
        scale = size / max(height, width)
        inner = max(1, round(height * scale)), max(1, round(width * scale))
        square = np.full((size, size, 3), _PAPER, np.uint8)
        top, left = (size - inner[0]) // 2, (size - inner[1]) // 2
        square[top : top + inner[0], left : left + inner[1]] = _scale(pixels, *inner, scaled)
        return square
    return _scale(pixels, size, size, scaled)


def enlarge(image: npt.NDArray[np.uint8], top: int, left: int, side: int) -> npt.NDArray[np.uint8]:
    """Cut a square out of a square image and bring it back to the image's size.

    Args:
        image: uint8, shape (3, size, size).
        top, left, side: the square, in pixels, inside the image.

    Returns:
        uint8, shape (3, size, size).
    """
    size = image.shape[1]
    planes = [np.ascontiguousarray(plane[top : top + side, left : left + side]) for plane in image]
    return np.stack([cv2.resize(p, (size, size), interpolation=cv2.INTER_LINEAR) for p in planes])


def shrink(pixels: Pixels, longest: int) -> Pixels:
    """Return pixels, uint8 (height, width, 3), whose longer side is at most `longest` pixels."""
    height, width = pixels.shape[:2]
    scale = min(1.0, longest / max(height, width))
    return _scale(pixels, max(1, round(height * scale)), max(1, round(width * scale)), {})


def _scale(pixels: Pixels, height: int, width: int, scaled: _Scaled) -> Pixels:
    """Bring pixels to a size, or take what `scaled` holds; `pixels` must live as long as that."""
    key = pixels.__array_interface__["data"][0], pixels.shape, height, width
    if key not in scaled:
        scaled[key] = _scale_anew(pixels, height, width, scaled)
    return scaled[key]


def _scale_anew(pixels: Pixels, height: int, width: int, scaled: _Scaled) -> Pixels:
    least, most = sorted((pixels.shape[0] / height, pixels.shape[1] / width))
    # INTER_AREA is slow but where it halves. Enlarging a little to twice the size and halving
    # that is within 0.8 grey levels of the exact means, and half the work.
    if least >= 1.5 and most <= 2:
        return _resize(_resize(pixels, 2 * height, 2 * width, cv2.INTER_LINEAR), height, width)
    if least >= 3 and most <= 4:  # twice the size is often wanted as well
        return _resize(_scale(pixels, 2 * height, 2 * width, scaled), height, width)
    # INTER_AREA averages only where both sides shrink, so the sides that shrink go first.
    shrunk = _resize(pixels, min(height, pixels.shape[0]), min(width, pixels.shape[1]))
    return _resize(shrunk, height, width, cv2.INTER_LINEAR)


def _resize(pixels: Pixels, height: int, width: int, way: int = cv2.INTER_AREA) -> Pixels:
    if pixels.shape[:2] == (height, width):
        return pixels
    return cv2.resize(pixels, (width, height), interpolation=way)  # type: ignore[return-value]
