"""The layer that turns a pretrained network's embedding into ImageNet's 1,000 classes."""

from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from pixonomy.errors import DataError
from pixonomy.storage.files import printable, storage_errors

CLASSES = 1000


class ImageNetHead(NamedTuple):
    """Class logits = embedding @ kernel + bias; kernel float16 (d, 1000), bias float32 (1000,)."""

    kernel: npt.NDArray[np.float16]
    bias: npt.NDArray[np.float32]


def read_head(path: Path, dimensions: int) -> ImageNetHead:
    """Read the `kernel` and `bias` of a head from a file of NumPy's, for embeddings of d numbers.

    Raises:
        DataError: if it holds none, or one for other embeddings.
    """
    try:
        with storage_errors(path), np.load(path, allow_pickle=False) as stored:
            kernel, bias = stored["kernel"], stored["bias"]
    except (ValueError, KeyError, EOFError, BadZipFile) as error:
        raise DataError(f"{printable(path)} holds no kernel and bias of a head.") from error
    if kernel.shape != (dimensions, CLASSES) or bias.shape != (CLASSES,):
        raise DataError(
            f"{printable(path)} holds a head of shape {kernel.shape}, not "
            f"{(dimensions, CLASSES)}: it belongs to another network. Move it away, or get the "
            "right one."
        )
    # Half precision: 1.3 million numbers travel in each bundle, and logits differ by a thousandth.
    return ImageNetHead(kernel.astype(np.float16), bias.astype(np.float32))
