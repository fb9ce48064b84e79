"""Gradients go in; updated weights come out, by PyTorch's fused AdamW kernel."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import torch
from torch.optim.adamw import adamw


@keras.saving.register_keras_serializable("pixonomy")
class FusedAdamW(keras.optimizers.AdamW):
    """`keras.optimizers.AdamW` (Loshchilov & Hutter 2019) in one pass over the memory.

    Biases and the weights of normalisation layers (all vectors) are kept free of weight decay.
    """

    def build(self, variables: Any) -> None:
        """Create the moments in the memory order of the weights, which the kernel relies on."""
        super().build(variables)
        averages = [self._model_variables_moving_average] if self.use_ema else []
        for variable, average in zip(variables, *averages, strict=True) if averages else ():
            average._value.data = variable._value.data.clone()
        for moments in (self._momentums, self._velocities):
            for variable, moment in zip(variables, moments, strict=True):
                moment._value.data = torch.zeros_like(variable._value.data)

    def _apply_weight_decay(self, variables: Any) -> None:
        """Nothing here: the fused kernel decays in the same pass."""

    def _backend_update_step(
        self, grads: Any, trainable_variables: Any, learning_rate: Any
    ) -> None:
        pairs = list(zip(trainable_variables, grads, strict=True))
        for is_vector in (False, True):
            group = [(v, g) for v, g in pairs if (len(v.shape) < 2) is is_vector]
            if group:
                self._update(group, float(learning_rate), 0.0 if is_vector else self.weight_decay)

    def _update_model_variables_moving_average(self, trainable_variables: Any) -> None:
        """Let the averages follow the weights: fast at first, lest the random start be kept.

        (By the step number, as in Tan & Le 2019.)
        """
        if not self.use_ema:
            return
        done = float(self.iterations)
        kept = min(self.ema_momentum, (1 + done) / (10 + done))
        with torch.no_grad():
            torch._foreach_lerp_(
                [average.value for average in self._model_variables_moving_average],
                [variable.value for variable in trainable_variables],
                1 - kept,
            )

    def _update(self, group: list[tuple[Any, Any]], rate: float, decay: float | None) -> None:
        index = [self._get_variable_index(variable) for variable, _ in group]
        done = float(self.iterations)
        with torch.no_grad():
            adamw(
                [variable.value for variable, _ in group],
                [gradient for _, gradient in group],
                [self._momentums[i].value for i in index],
                [self._velocities[i].value for i in index],
                [],
                [torch.tensor(done) for _ in group],
                fused=True,
                amsgrad=False,
                beta1=self.beta_1,
                beta2=self.beta_2,
                lr=rate,
                weight_decay=decay or 0.0,
                eps=self.epsilon,
                maximize=False,
            )


@contextmanager
def averaged(model: Any) -> Iterator[None]:
    """Put the moving averages in the place of a compiled model's weights inside the block.

    BatchNorm's own moving statistics are of the weights as they are. Nothing changes where the
    optimizer keeps no averages.
    """
    optimizer = model.optimizer
    averages = optimizer._model_variables_moving_average if optimizer.use_ema else []
    pairs = list(zip(model.trainable_variables, averages, strict=True)) if averages else []
    _exchange(pairs)
    try:
        yield
    finally:
        _exchange(pairs)


def _exchange(pairs: list[tuple[Any, Any]]) -> None:
    with torch.no_grad():
        for variable, average in pairs:
            kept = variable.value.clone()
            variable.value.copy_(average.value)
            average.value.copy_(kept)
