"""Draws outlines, in the units of an object, as anti-aliased shaded paint on a canvas."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pixonomy.gallery.palette import BLACK, Colour

Canvas = NDArray[np.uint8]
Points = Sequence[tuple[float, float]] | NDArray[np.float64]

_SHIFT = 4  # bits of sub-pixel precision that OpenCV takes
_FAR = 4000.0  # pixels: beyond this OpenCV's fixed-point corners could overflow
_CIRCLE = np.linspace(0.0, 2.0 * np.pi, 30, endpoint=False)
_RING = np.stack([np.cos(_CIRCLE), np.sin(_CIRCLE)], axis=1)
_CLOSED = np.linspace(0.0, 2.0 * np.pi, 31)


def oval(
    x: float, y: float, across: float, down: float | None = None, turn: float = 0.0
) -> NDArray[np.float64]:
    """The 30 outline points (30, 2) of an ellipse with these radii, turned by degrees."""
    points = _RING * (across, across if down is None else down)
    if turn:
        cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
        points = points @ np.array([[cos, sin], [-sin, cos]])
    return np.asarray(np.add(points, (x, y)), np.float64)


def arc(
    x: float, y: float, across: float, down: float, span: tuple[float, float]
) -> NDArray[np.float64]:
    """Points (16, 2) along an ellipse over a span of degrees, clockwise from the right."""
    angles = np.radians(np.linspace(span[0], span[1], 16))
    return np.stack([x + across * np.cos(angles), y + down * np.sin(angles)], axis=1)


def box(left: float, top: float, right: float, bottom: float) -> Points:
    """The four corners of an upright rectangle."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def smooth(points: Points, rounds: int = 2) -> NDArray[np.float64]:
    """The closed outline with its corners cut `rounds` times: polygons become curves."""
    outline = np.asarray(points, np.float64)
    for _ in range(rounds):
        following = np.roll(outline, -1, axis=0)
        smoothed = (0.75 * outline + 0.25 * following, 0.25 * outline + 0.75 * following)
        outline = np.stack(smoothed, axis=1).reshape(-1, 2)
    return outline


def rounded(
    left: float, top: float, right: float, bottom: float, radius: float
) -> NDArray[np.float64]:
    """The outline of an upright rectangle with round corners."""
    reach = [(right - radius, bottom - radius), (left + radius, bottom - radius)]
    reach += [(left + radius, top + radius), (right - radius, top + radius)]
    angles = np.radians(np.linspace(0.0, 90.0, 5))
    quarter = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    corners = []
    for x, y in reach:
        corners.append(np.add(quarter, (x, y)))
        quarter = quarter @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    return np.concatenate(corners)


@dataclass(frozen=True)
class Pen:
    """Draws in an object's own units: x to the right, y down, its foot at y = 0.

    `canvas` is uint8 (height, width, 3) RGB and is painted in place; `frame` is the (3, 3)
    projection from object units to canvas pixels; `light` is the direction light travels in.
    """

    canvas: Canvas
    frame: NDArray[np.float64]
    light: tuple[float, float]

    def moved(
        self,
        x: float = 0.0,
        y: float = 0.0,
        scale: float = 1.0,
        turn: float = 0.0,
        *,
        flip: bool = False,
        stretch: float = 1.0,
    ) -> "Pen":
        """A pen for an object at (x, y): `turn` in degrees, `stretch` widens, `flip` mirrors."""
        cos, sin = scale * np.cos(np.radians(turn)), scale * np.sin(np.radians(turn))
        wide = -stretch if flip else stretch
        step = np.array([[cos * wide, -sin, x], [sin * wide, cos, y], [0.0, 0.0, 1.0]])
        return replace(self, frame=self.frame @ step)

    def pixels(self, points: Points) -> NDArray[np.float64]:
        """Where the points (n, 2) lie on the canvas, float64 (n, 2) in pixels."""
        flat = np.asarray(points, np.float64) @ self.frame[:, :2].T + self.frame[:, 2]
        spots: NDArray[np.float64] = flat[:, :2] / flat[:, 2:]
        return np.minimum(np.maximum(spots, -_FAR), _FAR)

    def fill(
        self,
        points: Points,
        colour: Colour,
        shade: float = 0.0,
        bulge: tuple[float, float] = (0.0, 0.0),
        opacity: float = 1.0,
    ) -> None:
        """Fill an outline. `shade` darkens along the light, `bulge` rounds it in x and y."""
        corners = self.pixels(points)
        if not shade and bulge == (0.0, 0.0) and opacity >= 1.0:
            cv2.fillPoly(self.canvas, [_fixed(corners)], colour, cv2.LINE_AA, _SHIFT)
            return
        low, high = corners.min(axis=0), corners.max(axis=0)
        height, width = self.canvas.shape[:2]
        left, top = max(0, int(low[0])), max(0, int(low[1]))
        right, bottom = min(width, int(high[0]) + 2), min(height, int(high[1]) + 2)
        if left >= right or top >= bottom:
            return
        region = self.canvas[top:bottom, left:right]
        mask = np.zeros(region.shape[:2], np.uint8)
        cv2.fillPoly(mask, [_fixed(corners - (left, top))], (255,), cv2.LINE_AA, _SHIFT)
        centre, half = (low + high) / 2.0, np.maximum((high - low) / 2.0, 0.5)
        across = ((np.arange(left, right) - centre[0]) / half[0]).astype(np.float32)
        down = ((np.arange(top, bottom) - centre[1]) / half[1]).astype(np.float32)
        bright = self._brightness(across, down, shade, bulge)
        paint = np.minimum(bright[..., None] * np.asarray(colour, np.float32), 255.0)
        cover = mask.astype(np.float32) * np.float32(opacity / 255.0)
        blend = paint.astype(np.uint8)
        cv2.blendLinear(blend, region, cover, 1.0 - cover, dst=blend)
        region[:] = blend

    def _brightness(
        self,
        across: NDArray[np.float32],
        down: NDArray[np.float32],
        shade: float,
        bulge: tuple[float, float],
    ) -> NDArray[np.float32]:
        """Light on a surface at offsets -1..1 from its middle: float32 (rows, columns)."""
        aim_x, aim_y = self.light
        row = -shade * aim_x * across - bulge[0] * (np.square(across + 0.4 * aim_x) - 0.2)
        column = -shade * aim_y * down - bulge[1] * (np.square(down + 0.4 * aim_y) - 0.2)
        light = 1.0 + row[None, :] + column[:, None]
        return np.asarray(np.maximum(light, 0.15), np.float32)

    def line(self, points: Points, width: float, colour: Colour) -> None:
        """Draw an open line of a width in object units; never thinner than a pixel."""
        (a, b), (c, d) = self.frame[:2, :2].tolist()
        scale = abs(a * d - b * c) ** 0.5
        thick = max(1, round(width * scale))
        corners = [_fixed(self.pixels(points))]
        cv2.polylines(self.canvas, corners, False, colour, thick, cv2.LINE_AA, _SHIFT)

    def circle(self, x: float, y: float, radius: float, width: float, colour: Colour) -> None:
        """Draw a ring around (x, y)."""
        ring = np.stack([x + radius * np.cos(_CLOSED), y + radius * np.sin(_CLOSED)], axis=1)
        self.line(ring, width, colour)

    def shadow(self, x: float, y: float, across: float, down: float, depth: float = 0.35) -> None:
        """Darken a soft ellipse: the shadow where a thing touches the ground."""
        for size in (1.25, 1.0, 0.75):
            self.fill(oval(x, y, across * size, down * size), BLACK, opacity=depth / 2.6)


def _fixed(corners: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.rint(corners * (1 << _SHIFT)).astype(np.int32)
