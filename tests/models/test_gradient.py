import pytest
import torch
from torch.nn import functional

from pixonomy.models.gradient import SmallConvolution, kernel_gradient, suits


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
