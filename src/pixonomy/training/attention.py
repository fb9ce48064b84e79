"""A trained run and pictures go in; where in each its answer comes from comes out."""

import numpy as np
import numpy.typing as npt

from pixonomy.models.attention import activation_maps
from pixonomy.training.run import Run, RunFolder
from pixonomy.training.train import build_trained

_BATCH = 16


def attention_of(
    run: Run,
    folder: RunFolder,
    images: npt.NDArray[np.uint8],
    categories: npt.NDArray[np.int64],
) -> npt.NDArray[np.float32] | None:
    """Return how much each part of a picture speaks for a category, by the run's best weights.

    Args:
        images: shape (n, 3, size, size), at least one.
        categories: label numbers, (n,).

    Returns:
        float32 (n, height, width), see `models.attention`; None where the network has no map.
    """
    model = build_trained(run, folder)
    parts = []
    for start in range(0, len(images), _BATCH):
        some = slice(start, start + _BATCH)
        found = activation_maps(model, images[some], categories[some])
        if found is None:
            return None
        parts.append(found)
    return np.concatenate(parts)
