"""Builds the network that a recipe trains in bare PyTorch, without Keras, as a yardstick."""

import torch
from torch import nn

from pixonomy.training.recipe import Recipe


def bare_network(recipe: Recipe, categories: int) -> nn.Module:
    """Build what `recipe` trains, from float images (n, 3, size, size) to logits.

    Raises:
        KeyError: for a model that has no bare counterpart here.
    """
    model = recipe.model
    depths = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
    if model in depths:
        return _vgg(depths[model], recipe, categories)
    bodies = {"airbench": _airbench, "mobilenet": _mobilenet}
    body, width = _compact(recipe.size) if model == "compact" else bodies[model]()
    return nn.Sequential(
        *body, nn.Flatten(), nn.Dropout(recipe.dropout), nn.Linear(width, categories)
    )


def _vgg(depths: tuple[int, ...], recipe: Recipe, categories: int) -> nn.Module:
    layers: list[nn.Module] = []
    channels = 3
    for convolutions, width in zip(depths, (64, 128, 256, 512, 512), strict=True):
        for _ in range(convolutions):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
            channels = width
        layers.append(nn.MaxPool2d(2))
    layers.append(nn.Flatten())
    features = 512 * (recipe.size // 32) ** 2
    for entering in (features, recipe.dense):
        layers += [nn.Linear(entering, recipe.dense), nn.ReLU(inplace=True)]
        layers.append(nn.Dropout(recipe.dropout))
    return nn.Sequential(*layers, nn.Linear(recipe.dense, categories))


def _compact(size: int) -> tuple[list[nn.Module], int]:
    is_large = size > 48
    stem = nn.Conv2d(3, 32, 4, 2, bias=False) if is_large else nn.Conv2d(3, 32, 3, 1, 1, bias=False)
    layers: list[nn.Module] = [stem, nn.BatchNorm2d(32), nn.ReLU(inplace=True)]
    channels, map_size = 32, size // 2 if is_large else size
    for block, width in enumerate((64, 128, 256, 256), 1):
        if map_size // 2 < 4 and block > 2:
            break
        layers += _two_convolutions(channels, width, nn.ReLU(inplace=True))
        channels, map_size = width, map_size // 2
    return [*layers, nn.AdaptiveAvgPool2d(1)], channels


def _airbench() -> tuple[list[nn.Module], int]:
    whitening = nn.Conv2d(3, 24, 2, bias=False).requires_grad_(False)
    layers: list[nn.Module] = [whitening, nn.GELU()]
    channels = 24
    for width in (64, 256, 256):
        layers += _two_convolutions(channels, width, nn.GELU())
        channels = width
    return [*layers, nn.AdaptiveMaxPool2d(1)], channels


def _two_convolutions(channels: int, width: int, activation: nn.Module) -> list[nn.Module]:
    return [
        nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.MaxPool2d(2),
        nn.BatchNorm2d(width), activation,
        nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), activation,
    ]  # fmt: skip


class _Inverted(nn.Module):
    """A block of MobileNetV2 (Sandler et al. 2018): wide in the middle, narrow at its ends."""

    def __init__(self, entering: int, leaving: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = entering * expansion
        expand = [] if expansion == 1 else _normed(nn.Conv2d(entering, wide, 1, bias=False), True)
        depthwise = nn.Conv2d(wide, wide, 3, stride, 1, groups=wide, bias=False)
        project = _normed(nn.Conv2d(wide, leaving, 1, bias=False), False)
        self.layers = nn.Sequential(*expand, *_normed(depthwise, True), *project)
        self.adds = stride == 1 and entering == leaving

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        given: torch.Tensor = self.layers(maps)
        return maps + given if self.adds else given


def _mobilenet() -> tuple[list[nn.Module], int]:
    layers = _normed(nn.Conv2d(3, 32, 3, 2, 1, bias=False), True)
    channels = 32
    for expansion, width, repeats, stride in (
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
        (6, 320, 1, 1),
    ):  # fmt: skip
        for place in range(repeats):
            layers.append(_Inverted(channels, width, stride if place == 0 else 1, expansion))
            channels = width
    layers += _normed(nn.Conv2d(channels, 1280, 1, bias=False), True)
    return [*layers, nn.AdaptiveAvgPool2d(1)], 1280


def _normed(convolution: nn.Conv2d, is_rectified: bool) -> list[nn.Module]:
    norm = nn.BatchNorm2d(convolution.out_channels)
    return [convolution, norm, nn.ReLU6(inplace=True)] if is_rectified else [convolution, norm]
