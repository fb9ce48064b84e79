"""AdamW and Muon for PyTorch, the former in its fused kernel, and averages of the weights."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

import keras
import torch
from torch.optim.adamw import adamw

from pixonomy.models.backend import best_precision

if TYPE_CHECKING:
    import jax

Number = TypeVar("Number", float, "jax.Array")


@keras.saving.register_keras_serializable("pixonomy")
class FusedAdamW(keras.optimizers.AdamW):
    """`keras.optimizers.AdamW` (Loshchilov & Hutter 2019) in one pass over the memory.

    Biases and the weights of normalisation layers (all vectors) are kept free of weight decay.
    """

    _factors: Mapping[str, float] = MappingProxyType({})

    def slow_down(self, factors: Mapping[str, float]) -> None:
        """Multiply the learning rate of the variables of these paths by these factors."""
        self._factors = dict(factors)

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Create the moments in the memory order of the weights, which the kernel relies on."""
        super().build(variables)
        averages = [self._model_variables_moving_average] if self.use_ema else []
        for variable, average in zip(variables, *averages, strict=True) if averages else ():
            # An average starts as the weights, not as zero: nothing has to be corrected for.
            average._value.data = variable._value.data.clone()
        for moments in (self._momentums, self._velocities):
            for variable, moment in zip(variables, moments, strict=True):
                moment._value.data = torch.zeros_like(variable._value.data)

    def _apply_weight_decay(self, variables: Sequence[keras.Variable]) -> None:
        """Nothing here: the fused kernel decays in the same pass."""

    def take(self, gradients: list[torch.Tensor]) -> None:
        """Step all variables, without the bookkeeping of Keras's `apply` for what is not used here.

        Args:
            gradients: one a trainable variable, in order.
        """
        with torch.no_grad():
            self._update(range(len(gradients)), gradients, float(self.learning_rate))
            self._update_model_variables_moving_average(self._trainable_variables)
            self._iterations._value.add_(1)

    def _backend_update_step(
        self,
        grads: Sequence[torch.Tensor],
        trainable_variables: Sequence[keras.Variable],
        learning_rate: float | torch.Tensor,
    ) -> None:
        places = [self._get_variable_index(variable) for variable in trainable_variables]
        with torch.no_grad():
            self._update(places, grads, float(learning_rate))

    def _update(
        self, places: Sequence[int], gradients: Sequence[torch.Tensor], rate: float
    ) -> None:
        """Step the variables at these places, each at its own rate."""
        # The kernel takes one rate a call, so variables are gathered by their rates.
        by_factor: dict[float, dict[int, torch.Tensor]] = {}
        for place, gradient in zip(places, gradients, strict=True):
            factor = self._factors.get(self._trainable_variables[place].path, 1.0)
            by_factor.setdefault(factor, {})[place] = gradient
        for factor, of_place in sorted(by_factor.items()):
            self._step(of_place, rate * factor)

    def _step(self, gradients: dict[int, torch.Tensor], rate: float) -> None:
        for is_vector in (False, True):
            group = {
                place: gradient
                for place, gradient in gradients.items()
                if (gradient.ndim < 2) is is_vector
            }
            if group:
                self._step_adam(group, rate, 0.0 if is_vector else self.weight_decay or 0.0)

    def _update_model_variables_moving_average(
        self, trainable_variables: Sequence[keras.Variable]
    ) -> None:
        """Let the averages follow the weights."""
        if not self.use_ema:
            return
        momentum = ema_decay(float(self.iterations), self.ema_momentum, min)
        with torch.no_grad():
            # average + (1 - kept) * (weight - average), for all tensors in one call.
            torch._foreach_lerp_(
                [average._value for average in self._model_variables_moving_average],
                [variable._value for variable in trainable_variables],
                1 - momentum,
            )

    def _step_adam(self, gradients: dict[int, torch.Tensor], rate: float, decay: float) -> None:
        weights = [self._trainable_variables[place]._value for place in gradients]
        # The kernel counts these step numbers up by one itself, before it corrects the moments for
        # their start at zero; they are made anew, for `iterations` is what a checkpoint holds.
        done = torch.full((len(weights),), float(self.iterations), device=weights[0].device)
        adamw(
            weights,
            list(gradients.values()),
            [self._momentums[place]._value for place in gradients],
            [self._velocities[place]._value for place in gradients],
            [],
            list(done.unbind()),
            fused=True,
            amsgrad=False,
            beta1=self.beta_1,
            beta2=self.beta_2,
            lr=rate,
            weight_decay=decay,
            eps=self.epsilon,
            maximize=False,
        )


# As airbench has them (Jordan 2024); a momentum of 0.85 did as well (docs/decisions/0011).
MUON_MOMENTUM = 0.6
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # of the quintic, as its authors chose them
NEWTON_SCHULZ_STEPS = 3
ADAM_SHARE = 0.1  # of the rate, for what AdamW steps beside it
LIKE_ADAM = 0.2  # the root mean square of Adam's updates, about: so that rates mean the same


@keras.saving.register_keras_serializable("pixonomy")
class Muon(FusedAdamW):
    """Kernels of convolutions are stepped in all directions alike, all else by AdamW.

    Momentum, then the nearest orthogonal matrix by Newton-Schulz steps (Jordan et al. 2024), sized
    like Adam's updates (Liu et al. 2025, arXiv:2502.16982).
    """

    def _step(self, gradients: dict[int, torch.Tensor], rate: float) -> None:
        others = {}
        for place, gradient in gradients.items():
            if gradient.ndim == 4:
                self._step_muon(place, gradient, rate)
            else:
                others[place] = gradient
        super()._step(others, rate * ADAM_SHARE)

    def _step_muon(self, place: int, gradient: torch.Tensor, rate: float) -> None:
        momentum = self._momentums[place]._value
        # Nesterov's momentum: the gradient counts once more beside the average it has just entered.
        momentum.mul_(MUON_MOMENTUM).add_(gradient)
        update = orthogonalise(gradient + MUON_MOMENTUM * momentum)
        leaving = update.shape[-1]
        # An orthogonal (m, n) matrix has elements of mean square 1 / max(m, n); times the root of
        # that they are of size one, as Adam's are before its rate.
        size = LIKE_ADAM * max(leaving, update.numel() // leaving) ** 0.5
        weight = self._trainable_variables[place]._value
        # Decay apart from the step, as in AdamW: it depends on the rate, not on the gradient.
        weight.mul_(1 - rate * (self.weight_decay or 0.0)).sub_(update, alpha=rate * size)


def ema_decay(steps: Number, most: float, smaller: Callable[[float, Number], Number]) -> Number:
    """Return what averages keep of themselves at a step: little at first, `most` in the end.

    Else the random start would be kept for long. (By the step number, as in Tan & Le 2019.)
    """
    return smaller(most, (1 + steps) / (10 + steps))


def orthogonalise(kernel: torch.Tensor) -> torch.Tensor:
    """Return about the nearest kernel whose filters, taken as vectors, are orthonormal.

    Args:
        kernel: shape (height, width, in, out).

    Returns:
        float32, same shape; singular values are between about 0.7 and 1.2.
    """
    # One row a filter: (out, height * width * in).
    matrix = kernel.permute(3, 0, 1, 2).flatten(1).to(_precision_on(str(kernel.device)))
    # x @ x.T below is then the smaller of the two products.
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if is_tall else matrix
    # The Frobenius norm is at least the largest singular value: all of them are then at most 1,
    # where the polynomial brings them towards 1.
    x = x / (x.norm() + 1e-7)
    first, third, fifth = NEWTON_SCHULZ
    for _ in range(NEWTON_SCHULZ_STEPS):
        # An odd polynomial in x leaves the singular vectors and maps each singular value s to a s +
        # b s³ + c s⁵. It is steep at zero, so that small ones grow in few steps, and so does not
        # settle at exactly 1.
        square = x @ x.T
        x = first * x + (third * square + fifth * square @ square) @ x
    x = x.T if is_tall else x
    height, width, entering, leaving = kernel.shape
    return x.float().reshape(leaving, height, width, entering).permute(1, 2, 3, 0)


@cache
def _precision_on(device: str) -> torch.dtype:
    """Return bfloat16, whose digits suffice here, but where it is emulated: ten times as slow."""
    return torch.float32 if best_precision(device) == "float32" else torch.bfloat16


@contextmanager
def averaged(model: keras.Model) -> Iterator[None]:
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


def _exchange(pairs: list[tuple[keras.Variable, keras.Variable]]) -> None:
    if keras.backend.backend() != "torch":
        for variable, average in pairs:
            copy = keras.ops.copy(variable.value)
            variable.assign(average.value)
            average.assign(copy)
        return
    with torch.no_grad():  # in place: the memory's order is what the kernels rely on
        for variable, average in pairs:
            copy = variable.value.clone()
            variable.value.copy_(average.value)
            average.value.copy_(copy)
