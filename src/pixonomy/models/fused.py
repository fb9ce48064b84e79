"""Keras's layers with PyTorch's fused kernels inside: the same weights, far less time a step.

Keras on PyTorch adds a convolution's bias in a pass of its own, keeps kernels in an order that
is turned round at every step, computes BatchNormalization unfused in float32, and spends about a
fifth of a millisecond of Python on each call of a layer. These subclasses hold the same weights
and configuration, cost one kernel each, and are called directly once they are built. They take a
variable's tensor (`_value`) as it lies: the property before it looks for scopes that only other
backends have, a hundred times a step.
"""

import keras
import torch
from keras import layers
from torch.nn import functional

from pixonomy.models import gradient

Shape = tuple[int | None, ...]

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
"""Keras's names of the precisions that layers compute in."""


@keras.saving.register_keras_serializable("pixonomy")
class Entrance(layers.Layer):
    """Lay the batch out channels-last in memory: the order CPU and CUDA kernels are fast in."""

    def call(self, images: torch.Tensor | keras.KerasTensor) -> torch.Tensor | keras.KerasTensor:
        """Return the same values, shape (n, 3, height, width), in the other memory order."""
        if not isinstance(images, torch.Tensor):
            return images  # JAX's compiler chooses the order itself
        if images.device.type not in ("cpu", "cuda"):
            return images.contiguous()  # not all others' kernels know another order
        return images.contiguous(memory_format=torch.channels_last)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return `input_shape`: only the order in memory changes."""
        return input_shape


class Direct:
    """A layer that is computed without Keras's bookkeeping where there is only a tensor to do.

    Building, symbolic calls, and settings that a kernel does not know go through Keras as ever.
    """

    built: bool
    compute_dtype: str

    def is_direct(self) -> bool:
        """Return whether the kernel knows all settings."""
        raise NotImplementedError

    def compute(self, inputs: torch.Tensor, is_training: bool) -> torch.Tensor:
        """Compute the outputs with the kernel."""
        raise NotImplementedError

    def __call__(
        self, inputs: torch.Tensor | keras.KerasTensor, *args: object, **kwargs: object
    ) -> torch.Tensor | keras.KerasTensor:
        """Compute in the layer's own precision, or hand the call over to Keras."""
        has_values = isinstance(inputs, torch.Tensor) and inputs.device.type != "meta"
        if has_values and self.built and not args and self.is_direct():
            is_training = bool(kwargs.get("training"))
            return self.compute(inputs.to(PRECISIONS[self.compute_dtype]), is_training)
        return super().__call__(inputs, *args, **kwargs)  # type: ignore[misc]


@keras.saving.register_keras_serializable("pixonomy")
class Convolution(Direct, layers.Conv2D):
    """`keras.layers.Conv2D` with the bias inside the kernel call."""

    def build(self, input_shape: Shape) -> None:
        """Create the weights, the kernel in the order PyTorch wants it in memory."""
        super().build(input_shape)
        # Same shape and values for Keras (height, width, in, out); channels-last for PyTorch.
        with torch.no_grad():
            kernel = self._kernel._value
            # Only the memory is reordered: both permutations change strides alone.
            turned = kernel.data.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
            kernel.data = turned.permute(2, 3, 1, 0)

    def is_direct(self) -> bool:
        """Return whether both sides are padded alike, which Keras does not always do."""
        # With a stride or an even kernel, "same" is TensorFlow's: one pixel more at the far side.
        is_centred = all(size % 2 for size in self.kernel_size) and set(self.strides) == {1}
        return self.padding == "valid" or (self.padding == "same" and is_centred)

    def compute(self, inputs: torch.Tensor, is_training: bool) -> torch.Tensor:
        """Convolve: (n, c_in, height, width) to (n, c_out, height', width')."""
        bias = self.bias._value if self.use_bias else None
        outputs = self.convolve(inputs, self._kernel._value, bias, is_training)
        if self.activation is keras.activations.relu:
            return functional.relu(outputs, inplace=True)  # nobody else sees these outputs
        return outputs if self.activation is None else self.activation(outputs)

    def convolve(
        self,
        inputs: torch.Tensor,
        weights: torch.Tensor,
        bias: torch.Tensor | None,
        is_training: bool,
    ) -> torch.Tensor:
        """Convolve with a kernel (height, width, c_in, c_out) and a bias (c_out,) or None."""
        # PyTorch's order, (c_out, c_in, height, width): only strides change, see `build`.
        kernel = weights.to(inputs.dtype).permute(3, 2, 0, 1)
        bias = None if bias is None else bias.to(inputs.dtype)
        is_plain = self.padding == "same" and self.groups == 1 and set(self.dilation_rate) == {1}
        if is_training and is_plain and gradient.suits(inputs, kernel):
            outputs = gradient.SmallConvolution.apply(inputs, kernel)
            return outputs if bias is None else outputs.add_(bias[:, None, None])
        return functional.conv2d(
            inputs, kernel, bias, self.strides, self.padding, self.dilation_rate, self.groups
        )


@keras.saving.register_keras_serializable("pixonomy")
class Depthwise(Direct, layers.DepthwiseConv2D):
    """`keras.layers.DepthwiseConv2D` over channels-first maps."""

    def is_direct(self) -> bool:
        """Return whether it is padded alike on both sides and followed by nothing."""
        is_centred = all(size % 2 for size in self.kernel_size) and set(self.strides) == {1}
        is_padded = self.padding == "valid" or (self.padding == "same" and is_centred)
        is_linear = self.activation in (None, keras.activations.linear)
        return is_padded and is_linear and self.data_format == "channels_first"

    def compute(self, inputs: torch.Tensor, is_training: bool) -> torch.Tensor:
        """Convolve each channel: (n, c, height, width) to (n, c * multiplier, height', width')."""
        bias = self.bias._value if self.use_bias else None
        return self.convolve(inputs, self.kernel._value, bias, is_training)

    def convolve(
        self,
        inputs: torch.Tensor,
        weights: torch.Tensor,
        bias: torch.Tensor | None,
        is_training: bool,
    ) -> torch.Tensor:
        """Convolve with a kernel (height, width, c, multiplier) and a bias or None."""
        # (height, width, c, multiplier) to PyTorch's (c * multiplier, 1, height, width): one group
        # a channel.
        kernel = weights.to(inputs.dtype).flatten(2)[:, :, None].permute(3, 2, 0, 1)
        bias = None if bias is None else bias.to(inputs.dtype)
        is_halving = set(self.strides) == {2} and set(self.dilation_rate) == {1}
        if is_training and is_halving and gradient.suits_strided(inputs, kernel):
            outputs = gradient.StridedDepthwise.apply(inputs, kernel)
            return outputs if bias is None else outputs.add_(bias[:, None, None])
        return functional.conv2d(
            inputs, kernel, bias, self.strides, self.padding, self.dilation_rate, inputs.shape[1]
        )


@keras.saving.register_keras_serializable("pixonomy")
class BatchNorm(Direct, layers.BatchNormalization):
    """`keras.layers.BatchNormalization` over axis 1 in one kernel, statistics in float32."""

    def is_direct(self) -> bool:
        """Return whether it is plain normalisation of channels-first maps."""
        return self.axis == 1 and not self.renorm

    def compute(self, inputs: torch.Tensor, is_training: bool) -> torch.Tensor:
        """Normalise (n, c, height, width) by the batch's or the moving statistics."""
        return functional.batch_norm(
            inputs,
            self.moving_mean._value,
            self.moving_variance._value,
            self.gamma._value if self.scale else None,
            self.beta._value if self.center else None,
            is_training and self.trainable,
            # PyTorch's momentum is what the new batch counts, Keras's what the old value does.
            # PyTorch keeps the unbiased variance: more by one part in n * height * width.
            1.0 - self.momentum,
            self.epsilon,
        )


@keras.saving.register_keras_serializable("pixonomy")
class MaxPool(Direct, layers.MaxPooling2D):
    """`keras.layers.MaxPooling2D` without padding, called directly."""

    def is_direct(self) -> bool:
        """Return whether nothing is padded."""
        return self.padding == "valid"

    def compute(self, inputs: torch.Tensor, is_training: bool) -> torch.Tensor:
        """Keep the largest value of each window of (n, c, height, width)."""
        return functional.max_pool2d(inputs, self.pool_size, self.strides)


@keras.saving.register_keras_serializable("pixonomy")
class Rectifier(Direct, layers.ReLU):
    """`keras.layers.ReLU`, called directly; MobileNet's is cut off at six."""

    def is_direct(self) -> bool:
        """Return whether negative inputs become zero."""
        return not self.negative_slope and not self.threshold

    def compute(self, inputs: torch.Tensor, is_training: bool) -> torch.Tensor:
        """Return the inputs, negative ones as zero."""
        if self.max_value is None:
            return functional.relu(inputs)
        # Clamps to 0 … max_value in one kernel, forward and backward.
        return functional.hardtanh(inputs, 0.0, float(self.max_value))


_LONGEST_MEMORY = 0.95  # of the moving statistics: about 20 batches

FUSED: dict[type[layers.Layer], type[layers.Layer]] = {
    layers.Conv2D: Convolution,
    layers.DepthwiseConv2D: Depthwise,
    layers.BatchNormalization: BatchNorm,
    layers.MaxPooling2D: MaxPool,
    layers.ReLU: Rectifier,
}
"""Keras's layer and ours in its place."""


def fuse(model: keras.Model) -> keras.Model:
    """Return a copy of a functional model with the fused layers, its weights copied too.

    Under JAX, whose compiler fuses by itself, the layers stay Keras's own.
    """

    def replace(layer: layers.Layer) -> layers.Layer:
        kind: type[layers.Layer] = type(layer)
        if keras.backend.backend() == "torch":
            kind = FUSED.get(kind, kind)
        config = layer.get_config()
        if "momentum" in config:
            # keras.applications remembers a thousand batches (0.999), more than a fine-tuning has.
            config["momentum"] = min(config["momentum"], _LONGEST_MEMORY)
        return kind.from_config(config)

    fused = keras.models.clone_model(model, clone_function=replace)
    fused.set_weights(model.get_weights())
    return fused
