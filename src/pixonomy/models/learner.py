"""Picks the optimizer and the training step that belong to the backend in use."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from pixonomy.models.backend import BACKEND
from pixonomy.models.jax_optimizer import JaxAdamW, JaxMuon
from pixonomy.models.jax_step import jax_step
from pixonomy.models.optimizer import FusedAdamW, Muon
from pixonomy.models.step import torch_step
from pixonomy.models.targets import Objective, Targets

Learn = Callable[[npt.NDArray[np.uint8], Targets], float]
"""Takes one step on images, uint8 (n, 3, size, size), and returns the loss before it, in nats."""

_OPTIMIZERS = {
    ("torch", "adamw"): FusedAdamW,
    ("torch", "muon"): Muon,
    ("jax", "adamw"): JaxAdamW,
    ("jax", "muon"): JaxMuon,
}


def make_optimizer(name: str, **settings: Any) -> Any:
    """Return the backend's `adamw` or `muon`; the settings are those of Keras's AdamW."""
    return _OPTIMIZERS[BACKEND, name](**settings)


def send(images: npt.NDArray[np.uint8]) -> Any:
    """Start a batch on its way to the device that learns, without waiting for it to arrive."""
    if BACKEND == "torch":
        return images  # the step sends it: on a CPU there is no way to go
    import jax  # not at hand where PyTorch does the work

    return jax.device_put(images)


def make_learner(model: Any, objective: Objective) -> Learn:
    """Return what takes a step of a compiled model, its optimizer built, on a batch."""
    return (jax_step if BACKEND == "jax" else torch_step)(model, objective)
