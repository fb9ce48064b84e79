"""Augmentation: random shifts, enlargements and lighting, as far as a recipe asks for them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pixonomy.arrays.image_shards import Images
from pixonomy.arrays.loader import ALONE, Share
from pixonomy.images.resize import enlarge
from pixonomy.training.recipe import Recipe


@dataclass(frozen=True)
class RandomDraws:
    """Random numbers for this host's part of a batch of `count` images.

    They are drawn for the whole batch, so that an image's do not depend on the number of hosts.
    """

    generator: np.random.Generator
    count: int
    share: Share = ALONE

    def draw(self, low: float, high: float, columns: int) -> npt.NDArray[np.float64]:
        """Return uniform numbers from `low` up to `high`, shape (n, columns)."""
        # Drawn for the whole batch, then cut to this host's part: hosts agree without talking.
        drawn = self.generator.uniform(low, high, (self.count, columns))
        return drawn[self.share.of(self.count)]


def augment(images: Images, draws: RandomDraws, recipe: Recipe) -> Images:
    """Shift, enlarge and light images at random, as far as the recipe says.

    Args:
        images: uint8, shape (n, 3, size, size); may be changed.

    Returns:
        uint8, same shape.
    """
    if recipe.shift:
        images = _shift(images, draws, recipe.shift)
    if recipe.zoom:
        images = _zoom(images, draws, recipe.zoom)
    if recipe.light:
        images = _light(images, draws, recipe.light)
    return images


def _shift(images: Images, draws: RandomDraws, share: float) -> Images:
    """Shift each image by up to `share` of its size; its edge is mirrored into the gap."""
    size = images.shape[-1]
    # Shifted with reflection, as in airbench (Jordan 2024): no black borders to learn from.
    reach = round(share * size)
    padded = np.pad(images, ((0, 0), (0, 0), (reach, reach), (reach, reach)), mode="reflect")
    shifted = np.empty_like(images)
    corners = draws.draw(0, 2 * reach + 1, 2).astype(int)
    for place, (top, left) in enumerate(corners.tolist()):
        shifted[place] = padded[place, :, top : top + size, left : left + size]
    return shifted


def _zoom(images: Images, draws: RandomDraws, share: float) -> Images:
    """Enlarge a random square of each image, of 1 - `share` to all of its size."""
    size = images.shape[-1]
    sides = np.rint(size * draws.draw(1 - share, 1, 1)).astype(int)
    corners = (draws.draw(0, 1, 2) * (size - sides + 1)).astype(int)
    for place, (side, (top, left)) in enumerate(zip(sides[:, 0], corners, strict=True)):
        images[place] = enlarge(images[place], int(top), int(left), int(side))
    return images


def _light(images: Images, draws: RandomDraws, share: float) -> Images:
    """Multiply each image, and each of its colours, by random factors around 1."""
    factors = draws.draw(1 - share, 1 + share, 1)
    factors = factors * draws.draw(1 - share / 3, 1 + share / 3, 3)
    levels = np.arange(256)
    # A lookup table of 256 levels for each channel is cheaper than arithmetic on every pixel.
    tables = np.clip(np.rint(levels * factors[:, :, None]), 0, 255).astype(np.uint8)
    for place, table in enumerate(tables):
        for channel in range(3):
            images[place, channel] = table[channel][images[place, channel]]
    return images
