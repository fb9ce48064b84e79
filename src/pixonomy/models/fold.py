"""Computes a convolution and the frozen normalisation behind it as one convolution.

Where its statistics are kept, as a pretrained network's are in fine-tuning, BatchNormalization
multiplies and shifts each channel by numbers of its own. The kernel can be multiplied instead
(Jacob et al. 2018 do so for inference), which spares a pass over the maps in each direction.
"""

from collections.abc import Callable

import keras
import torch
from torch.nn import functional

from pixonomy.models.fused import PRECISIONS, BatchNorm, Convolution, Depthwise, Rectifier


def can_fold(convolution: keras.Operation, norm: keras.Operation) -> bool:
    """Return whether a layer and the only one that reads it can be computed as one."""
    return (
        isinstance(convolution, Convolution | Depthwise)
        and isinstance(norm, BatchNorm)
        and convolution.is_direct()
        and norm.is_direct()
        and not norm.trainable
        and not convolution.use_bias
        and convolution.activation in (None, keras.activations.linear)
        and convolution.compute_dtype == norm.compute_dtype
    )


def can_end_with(rectifier: keras.Operation) -> bool:
    """Return whether a layer can be taken in the same memory, after both."""
    return isinstance(rectifier, Rectifier) and rectifier.is_direct()


def fold(
    convolution: Convolution | Depthwise, norm: BatchNorm, rectifier: Rectifier | None
) -> Callable[[torch.Tensor, bool], torch.Tensor]:
    """Return what computes the layers in a row: (n, c, height, width) to (n, c', height', width').

    It follows the weights of all of them as they change.

    Args:
        rectifier: comes last; None: nothing does.
    """
    precision = PRECISIONS[convolution.compute_dtype]
    is_depthwise = isinstance(convolution, Depthwise)

    def compute(inputs: torch.Tensor, is_training: bool) -> torch.Tensor:
        weights = (convolution.kernel if is_depthwise else convolution._kernel)._value
        scale, offset = _affine(norm)
        # A kernel is (height, width, in, out): the scales of the outputs, (out,), multiply its last
        # axis. A depthwise one is (height, width, c, multiplier), whose last two axes are the
        # outputs. It is done at every call, for the kernel may be in training: gradients reach it
        # through this product.
        scaled = weights * (scale.view(weights.shape[2:]) if is_depthwise else scale)
        outputs = convolution.convolve(inputs.to(precision), scaled, offset, is_training)
        return outputs if rectifier is None else _rectify(outputs, rectifier.max_value)

    return compute


def _affine(norm: BatchNorm) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what each channel is multiplied by and what is added to it then, (c,) each."""
    # gamma * (x - mean) / sqrt(variance + epsilon) + beta, written as x * scale + offset.
    scale = (norm.moving_variance._value + norm.epsilon).rsqrt()
    if norm.scale:
        scale = scale * norm.gamma._value
    offset = -norm.moving_mean._value * scale
    return scale, offset + norm.beta._value if norm.center else offset


def _rectify(outputs: torch.Tensor, highest: float | None) -> torch.Tensor:
    """Nobody else sees these outputs: their memory is used again."""
    if highest is None:
        return functional.relu(outputs, inplace=True)
    return functional.hardtanh(outputs, 0.0, float(highest), inplace=True)
