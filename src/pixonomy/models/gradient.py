"""The gradient of a convolution's output goes in; the kernel's comes out, fast on small maps too.

oneDNN's bfloat16 gradient of a kernel works along the rows of the maps. Where those are a few
pixels long, as in the last blocks of every network for small pictures, it takes three to five times
as long as the multiplications need; nine plain matrix products do not.
"""

from typing import Any

import torch
from torch.nn import functional

_LARGEST_MAP = 64  # pixels; measured: beyond it oneDNN's own is as fast or faster
_FEWEST_CHANNELS = 128  # fewer make matrices too thin to be worth it
_TAPS = 3  # a side of the kernel


def suits(inputs: torch.Tensor, kernel: torch.Tensor) -> bool:
    """Tell whether `SmallConvolution` is the faster way (kernel 3 x 3, stride 1, padded by 1)."""
    return (
        inputs.dtype is torch.bfloat16
        and inputs.device.type == "cpu"
        and kernel.requires_grad
        and tuple(kernel.shape[2:]) == (_TAPS, _TAPS)
        and min(kernel.shape[:2]) >= _FEWEST_CHANNELS
        and inputs.shape[2] * inputs.shape[3] <= _LARGEST_MAP
    )


class SmallConvolution(torch.autograd.Function):
    """`conv2d` of 3 x 3, stride 1, padding 1, whose kernel's gradient suits small maps."""

    @staticmethod
    def forward(context: Any, inputs: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
        """Convolve (n, c_in, height, width) with (c_out, c_in, 3, 3)."""
        context.save_for_backward(inputs, kernel)
        return functional.conv2d(inputs, kernel, padding=1)

    @staticmethod
    def backward(
        context: Any, *gradients: torch.Tensor
    ) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """Return the gradients of the inputs and of the kernel, as far as they are wanted."""
        (gradient,) = gradients
        inputs, kernel = context.saved_tensors
        of_inputs = of_kernel = None
        if context.needs_input_grad[0]:
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
    pixels, margin = n * (height + 1) * line, line + 1
    maps = inputs.new_zeros(margin + pixels + margin, entering)
    padded = maps[margin : margin + pixels].view(n, height + 1, line, entering)
    padded[:, :height, :width] = inputs.permute(0, 2, 3, 1)
    spread = gradient.new_zeros(n, height + 1, line, leaving)
    spread[:, :height, :width] = gradient.permute(0, 2, 3, 1)
    turned = spread.view(pixels, leaving).t().contiguous()
    taps = inputs.new_empty(_TAPS, _TAPS, leaving, entering)
    for down in range(_TAPS):
        for across in range(_TAPS):
            start = down * line + across
            torch.mm(turned, maps[start : start + pixels], out=taps[down, across])
    return taps.permute(2, 3, 0, 1)
