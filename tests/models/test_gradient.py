import pytest
import torch
from torch.nn import functional

from pixonomy.models.gradient import (
    SmallConvolution,
    StridedDepthwise,
    kernel_gradient,
    suits,
    suits_strided,
)


def random(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(sum(shape))
    values = torch.randn(shape, generator=generator)
    return values.contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (7, 4), (8, 8)])
def test_the_kernels_gradient_is_pytorchs(size: tuple[int, int]) -> None:
    inputs, outputs = random(5, 6, *size), random(5, 9, *size)
    kernel = torch.zeros(9, 6, 3, 3, requires_grad=True)
    torch.autograd.backward([functional.conv2d(inputs, kernel, padding=1)], [outputs])
    assert kernel.grad is not None
    torch.testing.assert_close(kernel_gradient(inputs, outputs), kernel.grad, rtol=1e-4, atol=1e-4)


def test_a_small_convolution_is_a_convolution() -> None:
    results = []
    for convolve in (SmallConvolution.apply, lambda x, w: functional.conv2d(x, w, padding=1)):
        inputs, kernel = random(4, 8, 3, 3).requires_grad_(), random(8, 8, 3, 3).requires_grad_()
        outputs = convolve(inputs, kernel)
        outputs.square().sum().backward()
        results.append((outputs, inputs.grad, kernel.grad))
    for given, wanted in zip(*results, strict=True):
        torch.testing.assert_close(given, wanted)


def test_it_is_taken_where_it_is_faster_and_nowhere_else() -> None:
    kernel = random(128, 128, 3, 3).bfloat16().requires_grad_()
    assert suits(random(2, 128, 8, 8).bfloat16(), kernel)
    assert not suits(random(2, 128, 9, 9).bfloat16(), kernel)
    assert not suits(random(2, 128, 8, 8), kernel)
    assert not suits(random(2, 128, 8, 8).bfloat16(), kernel.detach())
    thin = random(128, 64, 3, 3).bfloat16().requires_grad_()
    assert not suits(random(2, 64, 8, 8).bfloat16(), thin)


@pytest.mark.parametrize("size", [(3, 3), (7, 7), (8, 5), (25, 25)])
def test_a_halving_depthwise_convolution_has_the_gradients_of_pytorchs(
    size: tuple[int, int],
) -> None:
    results = []
    convolve = lambda x, w: functional.conv2d(x, w, stride=2, groups=6)  # noqa: E731
    for halve in (StridedDepthwise.apply, convolve):
        inputs, kernel = random(4, 6, *size).requires_grad_(), random(6, 1, 3, 3).requires_grad_()
        outputs = halve(inputs, kernel)
        (outputs * random(*outputs.shape)).sum().backward()
        results.append((outputs, inputs.grad, kernel.grad))
    for given, wanted in zip(*results, strict=True):
        torch.testing.assert_close(given, wanted, rtol=1e-4, atol=1e-4)


def test_a_halving_of_inputs_without_a_gradient_is_left_to_pytorch() -> None:
    kernel = random(6, 1, 3, 3).bfloat16().requires_grad_()
    inputs = random(2, 6, 7, 7).bfloat16()
    assert not suits_strided(inputs, kernel)
    assert not suits_strided(random(2, 6, 7, 7).requires_grad_(), kernel)
    assert not suits_strided(random(2, 3, 7, 7).bfloat16().requires_grad_(), kernel)
    assert suits_strided(inputs.requires_grad_(), kernel)
