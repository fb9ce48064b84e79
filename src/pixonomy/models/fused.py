"""Keras layers go in; the same layers come out, computed by PyTorch's fused kernels.

Keras on PyTorch adds a convolution's bias in a pass of its own, keeps kernels in an order that
is turned round at every step, and computes BatchNormalization unfused in float32. These
subclasses hold the same weights and configuration and cost one kernel each.
"""

from typing import Any

import keras
import torch
from keras import layers
from torch.nn import functional


@keras.saving.register_keras_serializable("pixonomy")
class Entrance(layers.Layer):
    """Lay the batch out channels-last in memory: the order PyTorch's CPU kernels are fast in."""

    def call(self, images: Any) -> Any:
        """Return the same values, shape (n, 3, height, width), in the other memory order."""
        return images.contiguous(memory_format=torch.channels_last)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return `input_shape`: only the order in memory changes."""
        return input_shape


@keras.saving.register_keras_serializable("pixonomy")
class Convolution(layers.Conv2D):
    """`keras.layers.Conv2D` with the bias inside the kernel call."""

    def build(self, input_shape: Any) -> None:
        """Create the weights, the kernel in the order PyTorch wants it in memory."""
        super().build(input_shape)
        # Same shape and values for Keras (height, width, in, out); channels-last for PyTorch.
        with torch.no_grad():
            kernel = self._kernel._value
            turned = kernel.data.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
            kernel.data = turned.permute(2, 3, 1, 0)

    def call(self, inputs: Any) -> Any:
        """Convolve: (n, c_in, height, width) to (n, c_out, height', width')."""
        padding = self._symmetric_padding()
        if padding is None:
            return super().call(inputs)
        outputs = functional.conv2d(
            inputs,
            self._kernel.value.permute(3, 2, 0, 1),
            self.bias.value if self.use_bias else None,
            self.strides,
            padding,
            self.dilation_rate,
            self.groups,
        )
        return outputs if self.activation is None else self.activation(outputs)

    def _symmetric_padding(self) -> list[int] | None:
        """Return the padding of each side, or None where Keras pads unevenly."""
        if self.padding == "valid":
            return [0, 0]
        reach = [d * (k - 1) for d, k in zip(self.dilation_rate, self.kernel_size, strict=True)]
        if self.padding != "same" or set(self.strides) != {1} or any(r % 2 for r in reach):
            return None
        return [r // 2 for r in reach]


@keras.saving.register_keras_serializable("pixonomy")
class BatchNorm(layers.BatchNormalization):
    """`keras.layers.BatchNormalization` over axis 1 in one kernel, statistics in float32."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise (n, c, height, width) by the batch's or the moving statistics."""
        if self.axis != 1 or mask is not None or self.renorm:
            return super().call(inputs, training=training, mask=mask)
        return functional.batch_norm(
            inputs,
            self.moving_mean.value,
            self.moving_variance.value,
            self.gamma.value if self.scale else None,
            self.beta.value if self.center else None,
            bool(training) and self.trainable,
            1.0 - self.momentum,
            self.epsilon,
        )


_LONGEST_MEMORY = 0.95  # of the moving statistics: about 20 batches

_FUSED: dict[Any, Any] = {layers.Conv2D: Convolution, layers.BatchNormalization: BatchNorm}


def fuse(model: Any) -> Any:
    """Return a copy of a functional model with the fused layers, its weights copied too."""

    def replace(layer: Any) -> Any:
        kind: Any = _FUSED.get(type(layer), type(layer))
        config = layer.get_config()
        if "momentum" in config:
            # keras.applications remembers a thousand batches (0.999), more than a fine-tuning has.
            config["momentum"] = min(config["momentum"], _LONGEST_MEMORY)
        return kind.from_config(config)

    fused = keras.models.clone_model(model, clone_function=replace)
    fused.set_weights(model.get_weights())
    return fused
