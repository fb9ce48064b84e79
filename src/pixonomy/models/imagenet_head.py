"""The ImageNet head of a pretrained backbone: what turns its embedding into 1,000 classes."""

import contextlib
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import keras
import numpy as np
import numpy.typing as npt

from pixonomy.errors import DataError
from pixonomy.models.architectures import architecture
from pixonomy.models.backend import building
from pixonomy.models.device import CPU, on_device
from pixonomy.models.pretrained import IMAGENET, WeightsUnavailable, load_with_head
from pixonomy.storage.files import printable, storage_errors

_BESIDE = ("_notop.weights.h5", "_head.npz")  # how a file of weights and its head's are named
_CLASSES = 1000


class ImageNetHead(NamedTuple):
    """Class logits = embedding @ kernel + bias; kernel float16 (d, 1000), bias float32 (1000,)."""

    kernel: npt.NDArray[np.float16]
    bias: npt.NDArray[np.float32]


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
    return _read(path, dimensions)


def _read(path: Path, dimensions: int) -> ImageNetHead:
    try:
        with storage_errors(path), np.load(path, allow_pickle=False) as stored:
            kernel, bias = stored["kernel"], stored["bias"]
    except (ValueError, KeyError, EOFError, BadZipFile) as error:
        raise DataError(f"{printable(path)} holds no kernel and bias of a head.") from error
    if kernel.shape != (dimensions, _CLASSES) or bias.shape != (_CLASSES,):
        raise DataError(
            f"{printable(path)} holds a head of shape {kernel.shape}, not "
            f"{(dimensions, _CLASSES)}: it belongs to another network. Move it away, or get the "
            "right one."
        )
    # Half precision: 1.3 million numbers travel in each bundle, and logits differ by a thousandth.
    return ImageNetHead(kernel.astype(np.float16), bias.astype(np.float32))


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
    if kernel.shape != (dimensions, _CLASSES):
        return None
    return ImageNetHead(kernel.astype(np.float16), bias.astype(np.float32))
