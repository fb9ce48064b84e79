"""One training step on PyTorch: gradients of the cross-entropy, then the optimizer.

`keras.Model.train_on_batch` does the same with metrics, callbacks and data adapters around it,
which cost a small network several per cent of each step.
"""

from collections.abc import Callable

import keras
import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from pixonomy.models.device import lay_on
from pixonomy.models.program import Compute, forward_of
from pixonomy.models.targets import Objective, Targets
from pixonomy.models.threads import yield_cores


def torch_step(
    model: keras.Model, objective: Objective
) -> Callable[[npt.NDArray[np.uint8], Targets], float]:
    """Return what takes one step of a model's optimizer on the cross-entropy of a batch.

    It takes images, uint8 (n, 3, size, size), and their targets, and returns the batch's mean
    loss, in nats, before the step.

    Args:
        model: compiled, with its optimizer built; gives logits of shape (n, k). What of it is
            trainable stays as it is.
    """
    forward = forward_of(model)
    variables = list(model.trainable_variables)

    def step(images: npt.NDArray[np.uint8], targets: Targets) -> float:
        yield_cores()
        weights = [variable._value for variable in variables]
        total = _measure_gradients(forward, weights, images, targets, objective)
        model.optimizer.take([weight.grad for weight in weights])
        return total

    return step


def _measure_gradients(
    forward: Compute,
    weights: list[torch.Tensor],
    images: npt.NDArray[np.uint8],
    targets: Targets,
    objective: Objective,
) -> float:
    """Leave each weight's gradient with it; return the mean loss."""
    for weight in weights:
        weight.grad = None
    total, count = 0.0, len(images)
    # Parts may differ by one image: each counts by its share of the batch, and PyTorch adds the
    # gradients up in `grad`.
    for part in np.array_split(np.arange(count), min(objective.micro_batches, count)):
        some = slice(int(part[0]), int(part[-1]) + 1)
        batch = lay_on(weights[0].device, images[some])
        logits = forward(batch, True).float()
        loss = _measure_loss(logits, targets, some, objective) * (len(part) / count)
        loss.backward()
        total += float(loss.detach())
    return total


def _measure_loss(
    logits: torch.Tensor, targets: Targets, some: slice, objective: Objective
) -> torch.Tensor:
    smoothing = objective.label_smoothing
    device = logits.device
    labels = lay_on(device, targets.labels[some])
    if targets.others is None and objective.weights is None:
        return functional.cross_entropy(logits, labels, label_smoothing=smoothing)
    losses = _weighted(logits, labels, objective)
    if targets.others is not None and targets.shares is not None:
        share = lay_on(device, targets.shares[some])
        others = lay_on(device, targets.others[some])
        # Equals the loss on the mixed target, for cross-entropy is linear in it (Zhang et al.
        # 2018).
        losses = share * losses + (1 - share) * _weighted(logits, others, objective)
    return losses.mean()


def _weighted(logits: torch.Tensor, labels: torch.Tensor, objective: Objective) -> torch.Tensor:
    losses = functional.cross_entropy(
        logits, labels, reduction="none", label_smoothing=objective.label_smoothing
    )
    if objective.weights is None:
        return losses
    # Not divided by the sum of the weights, as PyTorch's `weight` would be: parts of a batch add
    # up.
    return losses * lay_on(labels.device, objective.weights)[labels]
