"""One training step on JAX: loss, gradients and update, compiled as a whole."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pixonomy.models.distributed import Mesh
from pixonomy.models.targets import Objective, Targets

if TYPE_CHECKING:
    import jax
    import keras

    Arrays = list[jax.Array]
    Differentiate = Callable[..., tuple[tuple[jax.Array, Arrays], Arrays]]
    Step = Callable[..., tuple[jax.Array, Arrays, Arrays, Arrays]]  # as it is compiled


def jax_step(
    model: keras.Model, objective: Objective
) -> Callable[[npt.NDArray[np.uint8], Targets], float]:
    """Return the function that takes a step; it is compiled once for each form of a batch.

    Args:
        model: compiled, with its optimizer built; gives logits of shape (n, k).
    """
    import jax  # not at hand where PyTorch does the work

    def measure(
        trainable: Arrays, others: Arrays, images: jax.Array, targets: Mapping[str, jax.Array]
    ) -> tuple[jax.Array, Arrays]:
        logits, others = model.stateless_call(trainable, others, images, training=True)
        return _measure_loss(logits, targets, objective), others

    differentiate = jax.value_and_grad(measure, has_aux=True)

    step = _make_step(model, objective.micro_batches, differentiate)
    mesh = Mesh() if jax.process_count() > 1 else None
    # Donated: old weights, statistics and moments give their memory to the new ones.
    compile_step = functools.partial(jax.jit, step, donate_argnums=(0, 1, 2))
    compiled = compile_step() if mesh is None else compile_step(out_shardings=mesh.whole)

    def take(images: npt.NDArray[np.uint8], targets: Targets) -> float:
        sets = (model.trainable_variables, model.non_trainable_variables, model.optimizer.variables)
        values = [[variable.value for variable in group] for group in sets]
        given = {name: value for name, value in vars(targets).items() if value is not None}
        loss, *updated = _compute(compiled, values, images, given, mesh)
        for group, new in zip(sets, updated, strict=True):
            for variable, value in zip(group, new, strict=True):
                variable.assign(value)
        return float(loss)

    return take


def _make_step(
    model: keras.Model, micro_batches: int, differentiate: Differentiate
) -> Callable[..., tuple[jax.Array | float, Arrays, Arrays, Arrays]]:
    """Return the pure function of a step: weights, statistics, state and batch to the new ones."""

    def step(
        trainable: Arrays,
        others: Arrays,
        state: Arrays,
        images: jax.Array,
        targets: Mapping[str, jax.Array],
    ) -> tuple[jax.Array | float, Arrays, Arrays, Arrays]:
        total: jax.Array | float = 0.0
        gradients: Sequence[jax.Array | float] = [0.0 for _ in trainable]
        # Parts may differ by one image: each counts by its share of the batch.
        for some in np.array_split(np.arange(len(images)), min(micro_batches, len(images))):
            part, share = slice(int(some[0]), int(some[-1]) + 1), len(some) / len(images)
            own = {name: values[part] for name, values in targets.items()}
            (loss, others), given = differentiate(trainable, others, images[part], own)
            total = total + share * loss
            gradients = [a + share * b for a, b in zip(gradients, given, strict=True)]
        trainable, state = model.optimizer.stateless_apply(state, gradients, trainable)
        return total, trainable, others, state

    return step


def _compute(
    compiled: Step,
    values: Sequence[Arrays],
    images: npt.NDArray[np.uint8],
    targets: Mapping[str, npt.NDArray[np.generic]],
    mesh: Mesh | None,
) -> tuple[jax.Array, Arrays, Arrays, Arrays]:
    """Take a step on this host's batch or, of several hosts, on theirs together."""
    if mesh is None:
        return compiled(*values, images, targets)
    spread = [[mesh.spread(value) for value in group] for group in values]
    laid = {name: mesh.lay(value) for name, value in targets.items()}
    loss, *updated = compiled(*spread, mesh.lay(np.asarray(images)), laid)
    weights, others, state = ([mesh.take(value) for value in group] for group in updated)
    return mesh.take(loss), weights, others, state


def _measure_loss(
    logits: jax.Array, targets: Mapping[str, jax.Array], objective: Objective
) -> jax.Array:
    losses = _cross_entropy(logits, targets["labels"], objective)
    if "others" in targets:
        share = targets["shares"]
        losses = share * losses + (1 - share) * _cross_entropy(logits, targets["others"], objective)
    return losses.mean()


def _cross_entropy(logits: jax.Array, labels: jax.Array, objective: Objective) -> jax.Array:
    import jax

    logs = jax.nn.log_softmax(logits.astype("float32"))
    right = jax.numpy.take_along_axis(logs, labels[:, None], axis=1)[:, 0]
    # Label smoothing (Szegedy et al. 2016): a part of the probability is spread over all labels.
    smoothing = objective.label_smoothing
    losses = -(1 - smoothing) * right - smoothing * logs.mean(axis=1)
    weights = objective.weights
    # Not divided by the sum of the weights, so that the parts of a batch can be added up.
    return losses if weights is None else losses * jax.numpy.asarray(weights)[labels]
