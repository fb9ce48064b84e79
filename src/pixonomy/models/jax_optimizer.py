"""AdamW and Muon for JAX, in operations that its compiler understands.

The same rules as `optimizer` has for PyTorch: no decay of vectors, slower rates for deep weights,
averages that follow fast at first, Muon for kernels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import keras
from keras import ops

from pixonomy.models.optimizer import (
    ADAM_SHARE,
    LIKE_ADAM,
    MUON_MOMENTUM,
    NEWTON_SCHULZ,
    NEWTON_SCHULZ_STEPS,
    ema_decay,
)

if TYPE_CHECKING:
    import jax


@keras.saving.register_keras_serializable("pixonomy")
class JaxAdamW(keras.optimizers.AdamW):
    """`keras.optimizers.AdamW` with the rules above."""

    _factors: Mapping[str, float] = MappingProxyType({})

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Create the moments, and the averages as the weights are."""
        super().build(variables)
        averages = self._model_variables_moving_average if self.use_ema else []
        for variable, average in zip(variables, averages, strict=bool(averages)):
            average.assign(ops.copy(variable.value))  # not the same buffer

    def slow_down(self, factors: Mapping[str, float]) -> None:
        """Multiply the learning rate of the variables of these paths by these factors."""
        self._factors = dict(factors)

    def update_step(
        self, gradient: jax.Array, variable: keras.Variable, learning_rate: jax.Array
    ) -> None:
        """Decay and step one variable."""
        rate = learning_rate * self._factors.get(variable.path, 1.0)
        self._step(gradient, variable, rate)

    def _step(self, gradient: jax.Array, variable: keras.Variable, rate: jax.Array) -> None:
        # Vectors are biases and scales of normalisation: decay would pull the latter to zero.
        if len(variable.shape) > 1:
            self.assign(variable, variable * (1 - rate * (self.weight_decay or 0.0)))
        super().update_step(gradient, variable, rate)

    def _apply_weight_decay(self, variables: Sequence[keras.Variable]) -> None:
        """Nothing here: each variable decays at its own rate."""

    def _update_model_variables_moving_average(
        self, trainable_variables: Sequence[keras.Variable]
    ) -> None:
        if not self.use_ema:
            return
        # Young averages follow fast: else they would show the random start for an epoch.
        momentum = ema_decay(ops.cast(self.iterations, "float32"), self.ema_momentum, ops.minimum)
        averages = self._model_variables_moving_average
        for variable, average in zip(trainable_variables, averages, strict=True):
            average.assign(momentum * average + (1 - momentum) * variable)


@keras.saving.register_keras_serializable("pixonomy")
class JaxMuon(JaxAdamW):
    """As `Muon`: kernels are stepped in all directions alike, all else by AdamW."""

    def _step(self, gradient: jax.Array, variable: keras.Variable, rate: jax.Array) -> None:
        if len(variable.shape) != 4:
            super()._step(gradient, variable, rate * ADAM_SHARE)
            return
        momentum = self._momentums[self._get_variable_index(variable)]
        # Nesterov's momentum: the gradient counts once more beside the average it has just entered.
        self.assign(momentum, momentum * MUON_MOMENTUM + gradient)
        update = _orthogonalise(gradient + MUON_MOMENTUM * momentum)
        height, width, entering, leaving = variable.shape
        # An orthogonal (m, n) matrix has elements of mean square 1 / max(m, n).
        size = LIKE_ADAM * max(leaving, height * width * entering) ** 0.5
        decayed = variable * (1 - rate * (self.weight_decay or 0.0))
        self.assign(variable, decayed - rate * size * update)


def _orthogonalise(kernel: jax.Array) -> jax.Array:
    """See `optimizer.orthogonalise`."""
    height, width, entering, leaving = kernel.shape
    fan_in = height * width * entering
    # One row a filter: (out, height * width * in).
    matrix = ops.reshape(ops.transpose(kernel, (3, 0, 1, 2)), (leaving, fan_in))
    x = ops.transpose(matrix) if leaving > fan_in else matrix
    x = x / (ops.norm(x) + 1e-7)
    first, third, fifth = NEWTON_SCHULZ
    for _ in range(NEWTON_SCHULZ_STEPS):
        square = x @ ops.transpose(x)
        x = first * x + (third * square + fifth * square @ square) @ x
    x = ops.transpose(x) if leaving > fan_in else x
    return ops.transpose(ops.reshape(x, (leaving, height, width, entering)), (1, 2, 3, 0))
