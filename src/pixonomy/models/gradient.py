"""Backward passes of convolutions that PyTorch's own are slow at: small maps, halved maps.

oneDNN's bfloat16 gradient of a kernel works along the rows of the maps. Where those are a few
pixels long, as in the last blocks of every network for small images, it takes three to five times
as long as the multiplications need; nine plain matrix products do not. Through a depthwise
convolution that halves the map, the way back to the inputs takes up to fifty times as long as
through one that does not: it is taken as if nothing were halved, with zeros for what was left out.
"""

from typing import Protocol

import torch
from torch.nn import functional

_LARGEST_MAP = 64  # pixels; measured: beyond it oneDNN's own is as fast or faster
_FEWEST_CHANNELS = 128  # fewer make matrices too thin to be worth it
_TAPS = 3  # a side of the kernel


def suits(inputs: torch.Tensor, kernel: torch.Tensor) -> bool:
    """Return whether `SmallConvolution` is the faster way (kernel 3 x 3, stride 1, padded by 1)."""
    return (
        inputs.dtype is torch.bfloat16
        and inputs.device.type == "cpu"
        and kernel.requires_grad
        and tuple(kernel.shape[2:]) == (_TAPS, _TAPS)
        and min(kernel.shape[:2]) >= _FEWEST_CHANNELS
        and inputs.shape[2] * inputs.shape[3] <= _LARGEST_MAP
    )


class Context(Protocol):
    """What PyTorch keeps for a backward pass: the inputs and the kernel."""

    saved_tensors: tuple[torch.Tensor, torch.Tensor]
    needs_input_grad: tuple[bool, bool]

    def save_for_backward(self, *tensors: torch.Tensor) -> None:
        """Keep these for `saved_tensors`."""


class SmallConvolution(torch.autograd.Function):
    """`conv2d` of 3 x 3, stride 1, padding 1, whose kernel's gradient suits small maps."""

    @staticmethod
    def forward(context: Context, inputs: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
        """Convolve (n, c_in, height, width) with (c_out, c_in, 3, 3)."""
        context.save_for_backward(inputs, kernel)
        return functional.conv2d(inputs, kernel, padding=1)

    @staticmethod
    def backward(
        context: Context, *gradients: torch.Tensor
    ) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """Return the gradients of the inputs and of the kernel, as far as they are wanted."""
        (gradient,) = gradients
        inputs, kernel = context.saved_tensors
        of_inputs = of_kernel = None
        if context.needs_input_grad[0]:
            # After the bias: stride, padding, dilation, transposed, output padding, groups, and
            # which of the three gradients (inputs, kernel, bias) are wanted.
            of_inputs = torch.ops.aten.convolution_backward(
                gradient,
                inputs,
                kernel,
                None,
                [1, 1],
                [1, 1],
                [1, 1],
                False,
                [0, 0],
                1,
                [True, False, False],
            )[0]
        if context.needs_input_grad[1]:
            of_kernel = kernel_gradient(inputs, gradient)
        return of_inputs, of_kernel


def kernel_gradient(inputs: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    """Multiply the maps, shifted by each tap of the kernel, with the gradient of the outputs.

    Each map gets one row and one column of zeros; laid out one after the other, those pad the
    next row and the next map, too, so that a shift is an offset and nothing is copied for it.

    Args:
        inputs: shape (n, c_in, height, width).
        gradient: of the outputs, shape (n, c_out, height, width).

    Returns:
        The gradient of the kernel, shape (c_out, c_in, 3, 3).
    """
    n, entering, height, width = inputs.shape
    leaving, line = gradient.shape[1], width + 1
    # One row and one pixel are as far as a tap reaches beyond the first and the last map.
    pixels, margin = n * (height + 1) * line, line + 1
    maps = inputs.new_zeros(margin + pixels + margin, entering)
    padded = maps[margin : margin + pixels].view(n, height + 1, line, entering)
    padded[:, :height, :width] = inputs.permute(0, 2, 3, 1)
    # Laid out like the maps, so that row i of both is the same pixel. Where it is padded the
    # gradient is zero: whatever a shift brings there adds nothing.
    spread = gradient.new_zeros(n, height + 1, line, leaving)
    spread[:, :height, :width] = gradient.permute(0, 2, 3, 1)
    turned = spread.view(pixels, leaving).t().contiguous()
    taps = inputs.new_empty(_TAPS, _TAPS, leaving, entering)
    for down in range(_TAPS):
        for across in range(_TAPS):
            # The middle tap starts at the margin; this is the margin plus (down - 1) rows and
            # (across - 1) pixels.
            start = down * line + across
            # (c_out, pixels) @ (pixels, c_in): one of the nine matrix products.
            torch.mm(turned, maps[start : start + pixels], out=taps[down, across])
    return taps.permute(2, 3, 0, 1)


def suits_strided(inputs: torch.Tensor, kernel: torch.Tensor) -> bool:
    """Return whether `StridedDepthwise` is the faster way (stride 2, no padding)."""
    return (
        inputs.dtype is torch.bfloat16
        and inputs.device.type == "cpu"
        and inputs.requires_grad
        and inputs.shape[1] == kernel.shape[0]
    )


class StridedDepthwise(torch.autograd.Function):
    """`conv2d` of each channel by itself, stride 2, unpadded, whose inputs' gradient is fast."""

    @staticmethod
    def forward(context: Context, inputs: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
        """Convolve (n, c, height, width) with (c, 1, taps, taps)."""
        context.save_for_backward(inputs, kernel)
        return functional.conv2d(inputs, kernel, stride=2, groups=inputs.shape[1])

    @staticmethod
    def backward(
        context: Context, *gradients: torch.Tensor
    ) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """Return the gradients of the inputs and of the kernel, as far as they are wanted."""
        (gradient,) = gradients
        inputs, kernel = context.saved_tensors
        of_inputs = of_kernel = None
        if context.needs_input_grad[0]:
            # A convolution of stride 2 keeps every other output of the same one with stride 1: its
            # gradient is that one's, with zeros for the outputs that were left out (Dumoulin &
            # Visin 2016).
            of_inputs = _depthwise_gradients(_dilate(gradient, inputs, kernel), inputs, kernel, 1)[
                0
            ]
        if context.needs_input_grad[1]:
            of_kernel = _depthwise_gradients(gradient, inputs, kernel, 2)[1]
        return of_inputs, of_kernel


def _dilate(gradient: torch.Tensor, inputs: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """Put zeros between the pixels of a gradient: as many as a stride of 1 would give."""
    n, channels, height, width = inputs.shape
    shape = (n, channels, height - kernel.shape[2] + 1, width - kernel.shape[3] + 1)
    whole = gradient.new_zeros(shape).contiguous(memory_format=torch.channels_last)
    whole[:, :, ::2, ::2] = gradient
    return whole


def _depthwise_gradients(
    gradient: torch.Tensor, inputs: torch.Tensor, kernel: torch.Tensor, stride: int
) -> tuple[torch.Tensor | None, ...]:
    """Return the gradient of the inputs where the stride is 1, else that of the kernel."""
    wanted = [stride == 1, stride != 1, False]
    strides = [stride, stride]
    return torch.ops.aten.convolution_backward(
        gradient, inputs, kernel, None, strides, [0, 0], [1, 1], False, [0, 0],
        inputs.shape[1], wanted,
    )  # fmt: skip
