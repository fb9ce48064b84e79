"""Vectors of edges and colours by place, for where no network's weights are to be had."""

import cv2
import numpy as np
import numpy.typing as npt

from pixonomy.images.resize import ResizeSpec

_VERSION = 1  # raised when the same image would get another vector
_SIDE = 64  # pixels
_CELLS, _DIRECTIONS = 8, 8  # edges: a grid of 8 x 8 cells, 8 directions
_GRID = 4  # colours: a grid of 4 x 4
_HUES, _LEVELS = 12, 3
_FAINT = 50.0  # edges much weaker than this, in summed grey levels, are noise
_STRONGEST = 0.4  # one edge must not drown all others in its cell
_DIMENSIONS = _CELLS**2 * _DIRECTIONS + _GRID**2 * 6 + _HUES * _LEVELS**2

Floats = npt.NDArray[np.float32]


class HandMadeEmbedder:
    """Histograms of edge directions (Dalal & Triggs 2005) and of colours.

    It distinguishes far less than a network that has seen a million photographs: take it where no
    weights are to be had.
    """

    resize_spec = ResizeSpec(_SIDE)
    identity = f"hand-made {_VERSION}"
    dimensions = _DIMENSIONS

    def __call__(self, images: npt.NDArray[np.uint8]) -> Floats:
        """Return vectors, float32 (n, 716), of images, uint8 (n, 3, 64, 64)."""
        vectors = np.empty((len(images), _DIMENSIONS), np.float32)
        for image, vector in zip(images, vectors, strict=True):
            pixels = np.ascontiguousarray(image.transpose(1, 2, 0))
            np.concatenate([_edges(pixels), *_colours(pixels)], out=vector)
        return vectors


def _edges(pixels: npt.NDArray[np.uint8]) -> Floats:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1)
    strength = np.hypot(across, down)
    # Each edge is shared out between the two directions it lies between.
    direction = (np.arctan2(down, across) % np.pi) / np.pi * _DIRECTIONS
    below = np.floor(direction)
    share = direction - below
    below = below.astype(np.int64) % _DIRECTIONS
    rows, columns = np.indices((_SIDE, _SIDE)) * _CELLS // _SIDE
    cell = (rows * _CELLS + columns) * _DIRECTIONS
    size = _CELLS**2 * _DIRECTIONS
    sums = np.bincount((cell + below).ravel(), (strength * (1 - share)).ravel(), size)
    above = (below + 1) % _DIRECTIONS
    sums += np.bincount((cell + above).ravel(), (strength * share).ravel(), size)
    cells = sums.reshape(_CELLS**2, _DIRECTIONS)
    total = np.linalg.norm(cells, axis=1, keepdims=True)
    # A cell with weak edges is not blown up to the strength of others: part of the mean is added.
    scaled = cells / (total + 0.1 * total.mean() + _FAINT)
    return np.asarray(np.minimum(scaled, _STRONGEST), np.float32).ravel()


def _colours(pixels: npt.NDArray[np.uint8]) -> tuple[Floats, Floats, Floats]:
    """Return mean and deviation of colour by place, and how frequent colours are in all."""
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB).astype(np.float32) / 255
    side = _SIDE // _GRID
    tiles = lab.reshape(_GRID, side, _GRID, side, 3)
    hues = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)
    bins, ranges = [_HUES, _LEVELS, _LEVELS], [0, 180, 0, 256, 0, 256]
    counts = cv2.calcHist([hues], [0, 1, 2], None, bins, ranges).ravel()
    return (
        tiles.mean(axis=(1, 3)).ravel(),
        tiles.std(axis=(1, 3)).ravel(),
        # The root of a histogram: distances of vectors become Hellinger's, which a few large bins
        # do not rule (Arandjelović & Zisserman 2012).
        np.sqrt(counts / counts.sum()),
    )
