"""The windows of an image that a duplicate may show: crops, turns, mirror images, and their maps.

A placement is float64 (2, 3): an affine transform of places (x, y) in one image to places in
another, where both coordinates run from 0 to 1 over an image's width and height, whatever its
shape.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt

from pixonomy.images.descriptor import THUMBNAIL_SIDE

Floats = npt.NDArray[np.float32]
AffineTransform = npt.NDArray[np.float64]

_PLACES = (0.0, 0.5, 1.0)
_TURN = 4.5  # degrees
_CENTRED = (0.91, 0.82, 0.71)  # shares of each side that a window in the middle keeps
_ANYWHERE = 0.86  # and a window at an edge or in a corner
_FINE_SHARES, _FINER_SHARES = (0.93, 0.72), (0.86, 0.79)
_FINER_PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)
_FINE_TURNS = (-5.0, -2.5, 2.5, 5.0)  # degrees
_FINE_CENTRED = (0.97, 0.95, 0.93, 0.905, 0.88, 0.86, 0.835, 0.81, 0.79, 0.765, 0.745, 0.72, 0.65)
_FREQUENCIES = 8  # half periods over a side: the finest pattern a vector knows
_EMPHASIS = 0.75  # images have less of finer patterns: what a pattern is multiplied by


@dataclass(frozen=True)
class Window:
    """A part of an image, seen as a whole image.

    Attributes:
        keep: its share of each side's length.
        left, top: where it lies in what is left over, 0 to 1.
        degrees: how far it is turned, for a square image.
        is_mirrored: left and right change places.
    """

    keep: float = 1.0
    left: float = 0.5
    top: float = 0.5
    degrees: float = 0.0
    is_mirrored: bool = False

    @property
    def placement(self) -> AffineTransform:
        """Where a place of the window lies in the image."""
        angle = np.deg2rad(self.degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        linear = self.keep * turn @ np.diag([-1.0 if self.is_mirrored else 1.0, 1.0])
        middle = (1 - self.keep) * np.array([self.left, self.top]) + self.keep / 2
        return np.column_stack([linear, middle - linear @ [0.5, 0.5]])


@cache
def coarse_windows() -> tuple[Window, ...]:
    """Return the parts that are looked for among all images; the first is the image itself.

    A duplicate that is larger, or turned the other way, is found from its side: of the two images
    one is a part of the other.
    """
    upright = [Window(), Window(degrees=_TURN), *map(Window, _CENTRED)]
    corners = [(left, top) for top in _PLACES for left in _PLACES if (left, top) != (0.5, 0.5)]
    upright += [Window(_ANYWHERE, left, top) for left, top in corners]
    return _with_mirrored(upright)


@cache
def centred_windows() -> tuple[Window, ...]:
    """Return the parts in the middle that two images are compared by; the first is the whole."""
    return _with_mirrored([Window(), *map(Window, _FINE_CENTRED)])


@cache
def fine_windows() -> tuple[Window, ...]:
    """Return all parts that two images are compared by; `centred_windows` come first."""
    upright = [Window(keep, degrees=turn) for keep in (1.0, 0.9) for turn in _FINE_TURNS]
    for shares, places in ((_FINE_SHARES, _PLACES), (_FINER_SHARES, _FINER_PLACES)):
        corners = [(left, top) for top in places for left in places if (left, top) != (0.5, 0.5)]
        upright += [Window(keep, left, top) for keep in shares for left, top in corners]
    return *centred_windows(), *_with_mirrored(upright)


def _with_mirrored(upright: list[Window]) -> tuple[Window, ...]:
    return *upright, *(replace(one, is_mirrored=True) for one in upright)


def invert(placement: AffineTransform) -> AffineTransform:
    """Return the placement that leads back."""
    back = np.linalg.inv(placement[:, :2])
    return np.column_stack([back, -back @ placement[:, 2]])


@cache
def window_matrices(windows: tuple[Window, ...]) -> Floats:
    """Return what brings thumbnails to the vectors of windows: float32 (windows, d, 1024)."""
    patterns = _patterns()
    # Sampling and cosine transform are both linear: their product makes a window's vector without
    # ever making its pixels.
    return np.stack([patterns @ _sampling(one.placement) for one in windows])


@cache
def third_matrices() -> Floats:
    """Return what brings thumbnails to the vectors of their upper and lower third: (2, d, 1024).

    A caption covers one of them at most.
    """
    side, rows = THUMBNAIL_SIDE, THUMBNAIL_SIDE // 3
    parts = []
    for start in (0, side - rows):
        part = np.zeros((side, side))
        stretched = (np.arange(side) + 0.5) * rows / side + start - 0.5
        for row, place in enumerate(stretched):
            low = int(np.clip(np.floor(place), start, start + rows - 2))
            weight = np.clip(place - low, 0.0, 1.0)
            part[row, low], part[row, low + 1] = 1 - weight, weight
        whole = np.kron(part, np.eye(side))
        parts.append(_patterns() @ whole)
    return np.stack(parts).astype(np.float32)


def _patterns() -> Floats:
    """Return the cosine patterns a vector is made of, float32 (d, 1024); none of them is plain."""
    side = THUMBNAIL_SIDE
    order, place = np.arange(_FREQUENCIES + 1)[:, None], np.arange(side)[None] + 0.5
    # The orthonormal DCT-II, of which a disc of low frequencies is kept.
    waves = np.cos(np.pi * order * place / side) * np.sqrt(np.where(order, 2, 1) / side)
    chosen = [
        np.outer(waves[down], waves[across]).ravel() * np.hypot(down, across) ** _EMPHASIS
        for down in range(_FREQUENCIES + 1)
        for across in range(_FREQUENCIES + 1)
        if 0 < np.hypot(down, across) <= _FREQUENCIES
    ]
    return np.stack(chosen).astype(np.float32)


def _sampling(placement: AffineTransform) -> Floats:
    """Return what samples a thumbnail at a placement, bilinearly: float32 (1024, 1024)."""
    side = THUMBNAIL_SIDE
    middles = (np.arange(side) + 0.5) / side
    down, across = np.meshgrid(middles, middles, indexing="ij")
    places = np.stack([across.ravel(), down.ravel(), np.ones(side * side)])
    x, y = np.clip(placement @ places * side - 0.5, 0, side - 1)
    left, top = (np.minimum(np.floor(one).astype(int), side - 2) for one in (x, y))
    matrix = np.zeros((side * side, side * side), np.float32)
    rows = np.arange(side * side)
    for low, high in ((0, 0), (0, 1), (1, 0), (1, 1)):
        # Bilinear: each of the four pixels around counts by how near it is.
        weight = np.abs(1 - low - (y - top)) * np.abs(1 - high - (x - left))
        np.add.at(matrix, (rows, (top + low) * side + left + high), weight)
    return matrix
