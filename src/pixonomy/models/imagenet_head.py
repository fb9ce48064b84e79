"""The ImageNet head of a pretrained backbone: what turns its embedding into 1,000 classes."""

import contextlib
from pathlib import Path

import keras
import numpy as np

from pixonomy.models.architectures import architecture
from pixonomy.models.backend import building
from pixonomy.models.device import CPU, on_device
from pixonomy.models.pretrained import IMAGENET, WeightsUnavailable, load_with_head
from pixonomy.models.stored_head import CLASSES, ImageNetHead, read_head

_BESIDE = ("_notop.weights.h5", "_head.npz")  # how a file of weights and its head's are named


def find_head(model: str, weights: str | Path, dimensions: int) -> ImageNetHead | None:
    """Return the head that belongs to a backbone's weights; None where it cannot be had.

    Args:
        weights: `IMAGENET`, for which Keras has it or downloads it; or a weights file, beside
            which it lies as `NAME_head.npz` where the file is `NAME_notop.weights.h5`.
        dimensions: d, the length of the backbone's embedding.

    Raises:
        DataError: if the file beside the weights is no such head.
    """
    if weights == IMAGENET:
        return _from_keras(model, dimensions)
    stem, ending = str(weights), _BESIDE[0]
    path = Path(stem.removesuffix(ending) + _BESIDE[1])
    if not stem.endswith(ending) or not path.is_file():
        return None
    return read_head(path, dimensions)


def _from_keras(model: str, dimensions: int) -> ImageNetHead | None:
    with contextlib.suppress(WeightsUnavailable), on_device(CPU), building("float32"):
        return take_off(load_with_head(architecture(model)), dimensions)
    return None


def take_off(network: keras.Model, dimensions: int) -> ImageNetHead | None:
    """Return the last layer; None if it does not see the mean of the last map, as we do."""
    # Logits of the mean map alone follow from our embedding; other heads look at more than that.
    *_, before, last = network.layers
    if isinstance(before, keras.layers.Dropout):
        before = network.layers[-3]
    is_ours = isinstance(before, keras.layers.GlobalAveragePooling2D)
    if not is_ours or not isinstance(last, keras.layers.Dense):
        return None
    kernel, bias = (np.asarray(one) for one in last.get_weights())
    if kernel.shape != (dimensions, CLASSES):
        return None
    return ImageNetHead(kernel.astype(np.float16), bias.astype(np.float32))
