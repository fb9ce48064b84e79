"""Short vectors of thumbnails, by their cosine transform, that are alike for alike images."""

from functools import cache

import numpy as np
import numpy.typing as npt

from pixonomy.images.descriptor import THUMBNAIL_SIDE
from pixonomy.near_duplicates.windows import Floats, Window, third_matrices, window_matrices

Thumbnails = npt.NDArray[np.uint8]
"""uint8, shape (n, 1024): descriptors of `images.descriptor`."""

_PIXELS = THUMBNAIL_SIDE**2
_FAINT = 40.0  # a vector as short as this is made of noise


def to_thumbnails(descriptors: list[bytes]) -> Thumbnails:
    """Return descriptors as one array."""
    return np.frombuffer(b"".join(descriptors), np.uint8).reshape(-1, _PIXELS)


def whole_vectors(thumbnails: Thumbnails) -> Floats:
    """Return one vector of unit length an image: float32 (n, d)."""
    return _project(thumbnails, window_matrices((Window(),)))[:, 0]


def window_vectors(thumbnails: Thumbnails, windows: tuple[Window, ...]) -> Floats:
    """Return a vector for each window of each image: float32 (n, windows, d)."""
    return _project(thumbnails, window_matrices(windows))


def coarse_window_vectors(thumbnails: Thumbnails, windows: tuple[Window, ...]) -> Floats:
    """Do nearly what `window_vectors` does, from a quarter of the pixels."""
    half = THUMBNAIL_SIDE // 2
    quarters = thumbnails.reshape(-1, half, 2, half, 2).mean((2, 4), dtype=np.float32)
    return _project(quarters.reshape(-1, half * half), _quartered(windows))


@cache
def _quartered(windows: tuple[Window, ...]) -> Floats:
    half = THUMBNAIL_SIDE // 2
    matrices = window_matrices(windows)
    split = matrices.reshape(*matrices.shape[:2], half, 2, half, 2)
    # A mean of four pixels times the sum of their four weights: the matrices shrink with the image.
    return np.asarray(split.sum((3, 5)).reshape(*matrices.shape[:2], half * half), np.float32)


def third_vectors(thumbnails: Thumbnails) -> Floats:
    """Return vectors of the upper and the lower third: float32 (n, 2, d); zero where blank."""
    return _project(thumbnails, third_matrices())


def _project(thumbnails: npt.NDArray[np.generic], matrices: Floats) -> Floats:
    parts, size, _ = matrices.shape
    # Without the mean, and of unit length: brightness and contrast do not count, and the product of
    # two vectors is their correlation over low frequencies.
    centred = thumbnails - thumbnails.mean(1, keepdims=True, dtype=np.float32)
    vectors = (centred @ matrices.reshape(parts * size, -1).T).reshape(-1, parts, size)
    lengths = np.linalg.norm(vectors, axis=2, keepdims=True)
    return np.where(lengths > _FAINT, vectors / np.maximum(lengths, _FAINT), 0).astype(np.float32)
