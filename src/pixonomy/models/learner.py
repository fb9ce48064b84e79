"""Picks the optimizer and the training step that belong to the backend in use."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pixonomy.models.backend import BACKEND
from pixonomy.models.jax_optimizer import JaxAdamW, JaxMuon
from pixonomy.models.jax_step import jax_step
from pixonomy.models.optimizer import FusedAdamW, Muon
from pixonomy.models.step import torch_step
from pixonomy.models.targets import Objective, Targets

if TYPE_CHECKING:
    import keras

Learn = Callable[[npt.NDArray[np.uint8], Targets], float]
"""Takes one step on images, uint8 (n, 3, size, size), and returns the loss before it, in nats."""

_OPTIMIZERS = {
    ("torch", "adamw"): FusedAdamW,
    ("torch", "muon"): Muon,
    ("jax", "adamw"): JaxAdamW,
    ("jax", "muon"): JaxMuon,
}


def make_optimizer(name: str, **settings: object) -> "keras.optimizers.AdamW":
    """Return the backend's `adamw` or `muon`; the settings are those of Keras's AdamW."""
    return _OPTIMIZERS[BACKEND, name](**settings)


def send(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Start a batch on its way to the device that learns, without waiting for it to arrive.

    On JAX it comes back as a `jax.Array`, which the step takes as it would NumPy's.
    """
    if BACKEND == "torch":
        return images  # the step sends it: on a CPU there is no way to go
    import jax  # not at hand where PyTorch does the work

    return jax.device_put(images)


def make_learner(model: "keras.Model", objective: Objective) -> Learn:
    """Return what takes a step of a compiled model, its optimizer built, on a batch."""
    return (jax_step if BACKEND == "jax" else torch_step)(model, objective)
