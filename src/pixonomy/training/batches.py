"""Arrays go in; shuffled, augmented batches come out, each decided by `(seed, step)` alone."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pixonomy.arrays.load import ALONE, Loader, Order, Share, Step
from pixonomy.arrays.read import Images, Pictures, Rows
from pixonomy.images.resize import enlarge
from pixonomy.models.step import Targets
from pixonomy.training.mix import blend, partners, paste
from pixonomy.training.recipe import Recipe


@dataclass(frozen=True)
class Batch:
    """Pictures, uint8 (n, 3, size, size), and what they show."""

    images: Images
    targets: Targets


@dataclass(frozen=True)
class TrainingSet:
    """The pictures to learn from.

    Attributes:
        rows: the row numbers of the training split, int64 (n,).
        labels: the label number of every row of the arrays, int64.
        share: this host's part of each batch.
        threads: that make batches ahead.
    """

    pictures: Pictures
    rows: Rows
    labels: npt.NDArray[np.int64]
    recipe: Recipe
    share: Share = ALONE
    threads: int = 2

    @cached_property
    def order(self) -> Order:
        """Which pictures each step learns from.

        Raises:
            SettingError: if the hosts cannot have equally many pictures of each batch.
        """
        return Order(self.pictures, self.rows, self.recipe.batch, self.recipe.seed, self.share)

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in a pass; a set smaller than one batch is one step."""
        return self.order.steps_per_epoch

    @property
    def total_steps(self) -> int:
        """All steps of the recipe's epochs."""
        return self.steps_per_epoch * self.recipe.epochs

    def label_weights(self) -> npt.NDArray[np.float32]:
        """Return what an error on each label counts for all labels to count alike, float32 (k,).

        A picture's error counts 1 on average; labels without training pictures count 1, too.
        """
        counts = np.bincount(self.labels[self.rows])
        known = counts > 0
        weights = np.ones(max(len(counts), int(self.labels.max()) + 1), np.float32)
        weights[: len(counts)][known] = len(self.rows) / (known.sum() * counts[known])
        return weights

    def batch(self, step: Step) -> Batch:
        """Make this host's part of one step's batch."""
        generator = np.random.default_rng([self.recipe.seed, 1, step.number])
        dice = Dice(generator, self.order.step_rows, self.share)
        images = augment(self.pictures.gather(step.rows), dice, self.recipe)
        return mix(images, self.labels[step.rows], dice, self.recipe)

    def batches(self, first_step: int) -> Loader[Batch]:
        """Return all batches from a global step on, made ahead in threads: close when done."""
        return Loader(self.batch, self.order.steps(first_step, self.total_steps), self.threads)


@dataclass(frozen=True)
class Dice:
    """Random numbers for this host's part of a batch of `count` pictures.

    They are drawn for the whole batch, so that a picture's do not depend on the number of hosts.
    """

    generator: np.random.Generator
    count: int
    share: Share = ALONE

    def throw(self, low: float, high: float, columns: int) -> npt.NDArray[np.float64]:
        """Return uniform numbers from `low` up to `high`, shape (n, columns)."""
        drawn = self.generator.uniform(low, high, (self.count, columns))
        return drawn[self.share.of(self.count)]


def mix(images: Images, labels: npt.NDArray[np.int64], dice: Dice, recipe: Recipe) -> Batch:
    """Make each picture of two, as far as the recipe says; each batch in one way."""
    ways = [name for name in ("mixup", "cutmix") if getattr(recipe, name) > 0]
    if not ways:
        return Batch(images, Targets(labels))
    way = ways[int(dice.generator.integers(len(ways)))]
    alpha = getattr(recipe, way)
    shares = dice.generator.beta(alpha, alpha, dice.count)[dice.share.of(dice.count)]
    kept = shares.astype(np.float32)
    if way == "mixup":
        images = blend(images, kept)
    else:
        images, kept = paste(images, kept, dice.throw(0, 1, 2))
    return Batch(images, Targets(labels, labels[partners(len(labels))], kept))


def augment(images: Images, dice: Dice, recipe: Recipe) -> Images:
    """Mirror, shift, enlarge and light pictures at random, as far as the recipe says.

    Args:
        images: uint8, shape (n, 3, size, size); may be changed.

    Returns:
        uint8, same shape.
    """
    if recipe.flip:
        mirrored = dice.throw(0, 1, 1)[:, 0] < 0.5
        images[mirrored] = images[mirrored][..., ::-1]
    if recipe.shift:
        images = _shift(images, dice, recipe.shift)
    if recipe.zoom:
        images = _zoom(images, dice, recipe.zoom)
    if recipe.light:
        images = _light(images, dice, recipe.light)
    return images


def _shift(images: Images, dice: Dice, share: float) -> Images:
    """Shift each picture by up to `share` of its size; edges repeat into what is laid bare."""
    size = images.shape[-1]
    reach = round(share * size)
    room = np.pad(images, ((0, 0), (0, 0), (reach, reach), (reach, reach)), mode="edge")
    shifted = np.empty_like(images)
    corners = dice.throw(0, 2 * reach + 1, 2).astype(int)
    for place, (top, left) in enumerate(corners.tolist()):
        shifted[place] = room[place, :, top : top + size, left : left + size]
    return shifted


def _zoom(images: Images, dice: Dice, share: float) -> Images:
    """Enlarge a random square of each picture, of 1 - `share` to all of its size."""
    size = images.shape[-1]
    sides = np.rint(size * dice.throw(1 - share, 1, 1)).astype(int)
    corners = (dice.throw(0, 1, 2) * (size - sides + 1)).astype(int)
    for place, (side, (top, left)) in enumerate(zip(sides[:, 0], corners, strict=True)):
        images[place] = enlarge(images[place], int(top), int(left), int(side))
    return images


def _light(images: Images, dice: Dice, share: float) -> Images:
    """Multiply each picture, and each of its colours, by random factors around 1."""
    factors = dice.throw(1 - share, 1 + share, 1)
    factors = factors * dice.throw(1 - share / 3, 1 + share / 3, 3)
    levels = np.arange(256)
    tables = np.clip(np.rint(levels * factors[:, :, None]), 0, 255).astype(np.uint8)
    for place, table in enumerate(tables):
        for channel in range(3):
            images[place, channel] = table[channel][images[place, channel]]
    return images
