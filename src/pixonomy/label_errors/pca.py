"""Principal components of embeddings of any scale, in memory that the rows do not fill."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_ROWS = 8192  # at once: the whole stays on disk
_LEAST_SPREAD = 1e-2  # of the mean deviation: below it a number is noise or constant


def compress(features: npt.NDArray[np.floating], dimensions: int) -> Floats:
    """Bring each number to unit deviation and keep the directions of most variance.

    Args:
        features: shape (n, d), of any float type, perhaps memory-mapped.
        dimensions: at most so many are kept.

    Returns:
        float32, shape (n, min(dimensions, d, n)); unit deviations are kept, directions are not
        whitened: those that vary little carry little (principal components).
    """
    count, length = features.shape
    total, squares = np.zeros(length), np.zeros(length)
    for rows in _chunks(features):
        total += rows.sum(axis=0, dtype=np.float64)
        squares += np.square(rows, dtype=np.float64).sum(axis=0)
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
    scale = np.maximum(deviation, _LEAST_SPREAD * deviation.mean() + 1e-12).astype(np.float32)
    centre = mean.astype(np.float32)
    scatter = np.zeros((length, length))
    for rows in _chunks(features):
        scaled = (rows - centre) / scale
        # The covariance is summed up in chunks: (d, d) fits in memory, (n, d) need not.
        scatter += scaled.T @ scaled
    _, directions = np.linalg.eigh(scatter)
    components = directions[:, ::-1][:, : min(dimensions, count, length)].astype(np.float32)
    return np.concatenate([((rows - centre) / scale) @ components for rows in _chunks(features)])


def _chunks(features: npt.NDArray[np.floating]) -> Iterator[Floats]:
    for start in range(0, len(features), _ROWS):
        yield np.asarray(features[start : start + _ROWS], np.float32)
