"""A model and a batch go in; one optimizer step is taken and the loss comes out.

`keras.Model.train_on_batch` does the same with metrics, callbacks and data adapters around it,
which cost a small network several per cent of each step.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional


def train_step(
    model: Any,
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int64],
    label_smoothing: float,
) -> float:
    """Take one step of the model's optimizer on the cross-entropy.

    Args:
        model: compiled, with its optimizer built; gives logits of shape (n, k).
        images: uint8, shape (n, 3, size, size).
        labels: label numbers, shape (n,).
        label_smoothing: the probability taken from the right label and spread, 0 to 1.

    Returns:
        The batch's mean loss, in nats, before the step.
    """
    variables = model.trainable_variables
    weights = [variable.value for variable in variables]
    for weight in weights:
        weight.grad = None
    logits = model(torch.from_numpy(images), training=True)
    loss = functional.cross_entropy(
        logits.float(), torch.from_numpy(labels), label_smoothing=label_smoothing
    )
    loss.backward()
    with torch.no_grad():
        model.optimizer.apply([weight.grad for weight in weights], variables)
    return float(loss.detach())
