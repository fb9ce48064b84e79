from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.nn import functional

from pixonomy.models.backend import building, keras
from pixonomy.models.fold import can_end_with, can_fold, fold
from pixonomy.models.fused import fuse

layers = keras.layers
IMAGES = torch.randn(4, 6, 9, 9, generator=torch.Generator().manual_seed(0))


def make(is_depthwise: bool = False, highest: float | None = 6.0, bias: bool = False) -> list[Any]:
    """Return a convolution, a normalisation that is kept and has seen something, a rectifier."""
    with building("float32"):
        images = keras.Input((6, 9, 9))
        if is_depthwise:
            x = layers.DepthwiseConv2D(3, strides=2, use_bias=bias)(images)
        else:
            x = layers.Conv2D(6, 3, padding="same", use_bias=bias)(images)
        x = layers.BatchNormalization(axis=1)(x)
        model = fuse(keras.Model(images, layers.ReLU(highest)(x)))
    convolution, norm, rectifier = model.layers[1:]
    generator = torch.Generator().manual_seed(1)
    for variable in norm.variables:
        with torch.no_grad():
            variable._value.copy_(torch.rand(6, generator=generator) + 0.5)
    norm.trainable = False
    return [convolution, norm, rectifier]


def in_a_row(chain: list[Any], images: torch.Tensor) -> torch.Tensor:
    for layer in chain:
        images = layer(images, training=True)
    return images


@pytest.mark.parametrize("is_depthwise", [False, True])
@pytest.mark.parametrize("highest", [6.0, None])
def test_folded_layers_compute_and_learn_what_they_do_in_a_row(
    is_depthwise: bool, highest: float | None
) -> None:
    chain = make(is_depthwise, highest)
    folded = fold(*chain)
    kernel = chain[0].trainable_variables[0]._value
    sides = []
    forwards: list[Callable[[torch.Tensor], torch.Tensor]] = [
        lambda images: in_a_row(chain, images),
        lambda images: folded(images, True),
    ]
    for forward in forwards:
        kernel.grad, images = None, IMAGES.clone().requires_grad_()
        outputs = forward(images)
        functional.mse_loss(outputs, torch.ones_like(outputs)).backward()  # type: ignore[no-untyped-call]
        sides.append((outputs.detach(), images.grad, kernel.grad))
    for wanted, given in zip(*sides, strict=True):
        torch.testing.assert_close(given, wanted, rtol=1e-4, atol=1e-5)


def test_without_a_rectifier_nothing_is_cut_off() -> None:
    convolution, norm, _ = make()
    given = fold(convolution, norm, None)(IMAGES, True)
    assert given.min() < 0
    torch.testing.assert_close(given, in_a_row([convolution, norm], IMAGES), rtol=1e-4, atol=1e-5)


def test_folded_layers_follow_their_weights() -> None:
    chain = make()
    folded = fold(*chain)
    before = folded(IMAGES, True)
    chain[0].set_weights([2 * weights for weights in chain[0].get_weights()])
    assert not torch.equal(folded(IMAGES, True), before)
    torch.testing.assert_close(folded(IMAGES, True), in_a_row(chain, IMAGES), rtol=1e-4, atol=1e-5)


def test_a_normalisation_that_learns_is_not_folded() -> None:
    convolution, norm, rectifier = make()
    assert can_fold(convolution, norm)
    assert can_end_with(rectifier)
    norm.trainable = True
    assert not can_fold(convolution, norm)
    assert not can_fold(make(bias=True)[0], norm)
    assert not can_fold(norm, norm)
    assert not can_end_with(convolution)
