"""A model and a batch go in; one optimizer step is taken and the loss comes out.

`keras.Model.train_on_batch` does the same with metrics, callbacks and data adapters around it,
which cost a small network several per cent of each step.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

Labels = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Targets:
    """What a batch's pictures show.

    Attributes:
        labels: label numbers, (n,).
        others: of pictures that are mixed from two, what the second shows, (n,); None: no mixing.
        shares: how much of each picture its first label is, float32 (n,), 0 to 1.
    """

    labels: Labels
    others: Labels | None = None
    shares: Floats | None = None


@dataclass(frozen=True)
class Objective:
    """What is made small.

    Attributes:
        label_smoothing: the probability taken from the right label and spread, 0 to 1.
        weights: what an error on each label counts, float32 (k,); None: all alike.
        parts: a batch is taken in so many parts, whose gradients are added up before the step:
            memory for a part is enough. BatchNorm sees each part by itself.
    """

    label_smoothing: float = 0.0
    weights: Floats | None = None
    parts: int = 1


def train_step(
    model: Any, images: npt.NDArray[np.uint8], targets: Targets, objective: Objective
) -> float:
    """Take one step of the model's optimizer on the cross-entropy.

    Args:
        model: compiled, with its optimizer built; gives logits of shape (n, k).
        images: uint8, shape (n, 3, size, size).

    Returns:
        The batch's mean loss, in nats, before the step.
    """
    variables = model.trainable_variables
    weights = [variable.value for variable in variables]
    for weight in weights:
        weight.grad = None
    total, count = 0.0, len(images)
    for part in np.array_split(np.arange(count), min(objective.parts, count)):
        some = slice(int(part[0]), int(part[-1]) + 1)
        logits = model(torch.from_numpy(images[some]), training=True).float()
        loss = _measure_loss(logits, targets, some, objective) * (len(part) / count)
        loss.backward()
        total += float(loss.detach())
    with torch.no_grad():
        model.optimizer.apply([weight.grad for weight in weights], variables)
    return total


def _measure_loss(
    logits: torch.Tensor, targets: Targets, some: slice, objective: Objective
) -> torch.Tensor:
    smoothing = objective.label_smoothing
    labels = torch.from_numpy(targets.labels[some])
    if targets.others is None and objective.weights is None:
        return functional.cross_entropy(logits, labels, label_smoothing=smoothing)
    losses = _weighted(logits, labels, objective)
    if targets.others is not None and targets.shares is not None:
        share = torch.from_numpy(targets.shares[some])
        others = torch.from_numpy(targets.others[some])
        losses = share * losses + (1 - share) * _weighted(logits, others, objective)
    return losses.mean()


def _weighted(logits: torch.Tensor, labels: torch.Tensor, objective: Objective) -> torch.Tensor:
    losses = functional.cross_entropy(
        logits, labels, reduction="none", label_smoothing=objective.label_smoothing
    )
    if objective.weights is None:
        return losses
    return losses * torch.from_numpy(objective.weights)[labels]
