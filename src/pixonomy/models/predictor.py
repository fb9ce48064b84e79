"""A model's answers for batches of images, layer by layer so that memory stays small.

`keras.Model.predict_on_batch` keeps what every layer gives until the last one is done: 2.5 GiB for
64 images of 224 px through MobileNetV2, where the layers that still have a reader hold a fifth.
"""

from collections.abc import Callable

import keras
import numpy as np
import numpy.typing as npt
import torch

from pixonomy.models.backend import BACKEND
from pixonomy.models.device import device_of, lay_on
from pixonomy.models.program import forward_of
from pixonomy.models.threads import yield_cores

Predict = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]
"""Takes images, uint8 (n, 3, size, size), and returns the model's output, float32 (n, …)."""


def make_predictor(model: keras.Model) -> Predict:
    """Return what predicts with a model of one output, whose weights may change in between.

    What of it is trainable, and its layers, stay as they are.
    """
    if BACKEND == "jax":
        return lambda images: np.asarray(model.predict_on_batch(images), np.float32)
    forward = forward_of(model)

    def predict(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        yield_cores()
        with torch.no_grad():
            outputs = forward(lay_on(device_of(model), images), False)
            return np.asarray(outputs.float().cpu().numpy())

    return predict
