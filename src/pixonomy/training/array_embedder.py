"""Embeds the images of arrays by a network that stays as it is, in small batches."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from pixonomy.arrays.image_shards import ImageShards, Rows
from pixonomy.progress import Progress

_BATCH = 64

Predict = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]
"""Takes images, uint8 (n, 3, size, size), and returns embeddings, float32 (n, d)."""


class Embedder:
    """Gives the embeddings of images by row; `total` is how many there will be, for progress."""

    def __init__(
        self, predict: Predict, dimensions: int, images: ImageShards, progress: Progress
    ) -> None:
        self._predict, self._dimensions = predict, dimensions
        self._images, self._progress = images, progress
        self._done, self.total = 0, 0

    def __call__(self, rows: Rows) -> npt.NDArray[np.float32]:
        """Return embeddings, float32 (n, d), of the images of these rows, (n,)."""
        micro_batches = []
        for some in in_chunks(rows):
            micro_batches.append(self._predict(self._images.gather(some)))
            self._done += len(some)
            self._progress("linear probe", self._done, self.total)
        return np.concatenate([np.empty((0, self._dimensions), np.float32), *micro_batches])


def in_chunks(rows: Rows) -> list[Rows]:
    """Divide rows into those that are embedded at once."""
    return [rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH)]
