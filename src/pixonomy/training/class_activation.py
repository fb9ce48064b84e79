"""Class activation maps of a trained run, for the report: see `models.attention`."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pixonomy.models.attention import activation_maps
from pixonomy.models.device import AUTO, choose_device, on_device
from pixonomy.training.run import Run, RunFolder
from pixonomy.training.train_run import build_trained

if TYPE_CHECKING:
    import keras

_BATCH = 16


def attention_of(
    run: Run,
    folder: RunFolder,
    images: npt.NDArray[np.uint8],
    categories: npt.NDArray[np.int64],
    device: str = AUTO,
) -> npt.NDArray[np.float32] | None:
    """Return how much each part of an image speaks for a category, by the run's best weights.

    Args:
        images: shape (n, 3, size, size), at least one.
        categories: label numbers, (n,).
        device: see `models.device`.

    Returns:
        float32 (n, height, width), see `models.attention`; None where the network has no map.
    """
    with on_device(choose_device(device)):
        return _map(build_trained(run, folder), images, categories)


def _map(
    model: "keras.Model", images: npt.NDArray[np.uint8], categories: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32] | None:
    micro_batches = []
    for start in range(0, len(images), _BATCH):
        some = slice(start, start + _BATCH)
        found = activation_maps(model, images[some], categories[some])
        if found is None:
            return None
        micro_batches.append(found)
    return np.concatenate(micro_batches)
