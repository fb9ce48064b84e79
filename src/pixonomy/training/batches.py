"""Batches to learn from, shuffled and augmented, each following from `(seed, step)` alone."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pixonomy.arrays.image_shards import Images, ImageShards, Rows
from pixonomy.arrays.loader import ALONE, Loader, Order, Share, Step
from pixonomy.models.targets import Targets
from pixonomy.training.augment import RandomDraws, augment
from pixonomy.training.mixing import blend, mix_permutation, paste
from pixonomy.training.recipe import Recipe


@dataclass(frozen=True)
class Batch:
    """Images, uint8 (n, 3, size, size), and what they show."""

    images: Images
    targets: Targets


@dataclass(frozen=True)
class TrainingSet:
    """The images to learn from.

    Attributes:
        rows: the row numbers of the training split, int64 (n,).
        labels: the label number of every row of the arrays, int64.
        share: this host's part of each batch.
        threads: that make batches ahead.
    """

    images: ImageShards
    rows: Rows
    labels: npt.NDArray[np.int64]
    recipe: Recipe
    share: Share = ALONE
    threads: int = 2

    @cached_property
    def order(self) -> Order:
        """Which images each step learns from.

        Raises:
            SettingError: if the hosts cannot have equally many images of each batch.
        """
        balanced = self.labels if self.recipe.balance == "batches" else None
        recipe = self.recipe
        return Order(self.images, self.rows, recipe.batch, recipe.seed, self.share, balanced)

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

        An image's error counts 1 on average; labels without training images count 1, too.
        """
        counts = np.bincount(self.labels[self.rows])
        known = counts > 0
        weights = np.ones(max(len(counts), int(self.labels.max()) + 1), np.float32)
        weights[: len(counts)][known] = len(self.rows) / (known.sum() * counts[known])
        return weights

    @cached_property
    def _mirrored_first(self) -> npt.NDArray[np.uint8]:
        """Which images are mirrored in the first epoch, and every other one after: 0 or 1.

        In two epochs an image is seen both ways (Jordan 2024), which chance grants only half.
        """
        generator = np.random.default_rng([self.recipe.seed, 2])
        return generator.integers(0, 2, len(self.labels), np.uint8)

    def batch(self, step: Step) -> Batch:
        """Make this host's part of one step's batch."""
        # Each step has a generator of its own: batches do not depend on which thread makes them, or
        # on where an interrupted training went on.
        generator = np.random.default_rng([self.recipe.seed, 1, step.number])
        draws = RandomDraws(generator, self.order.step_rows, self.share)
        images = self.images.gather(step.rows)
        if self.recipe.flip:
            epoch = step.number // self.steps_per_epoch
            mirrored = self._mirrored_first[step.rows] != epoch % 2
            images[mirrored] = images[mirrored][..., ::-1]
        images = augment(images, draws, self.recipe)
        return mix(images, self.labels[step.rows], draws, self.recipe)

    def batches(self, first_step: int) -> Loader[Batch]:
        """Return all batches from a global step on, made ahead in threads: close when done."""
        return Loader(self.batch, self.order.steps(first_step, self.total_steps), self.threads)


def mix(images: Images, labels: npt.NDArray[np.int64], draws: RandomDraws, recipe: Recipe) -> Batch:
    """Make each image of two, as far as the recipe says; each batch in one way."""
    ways = [name for name in ("mixup", "cutmix") if getattr(recipe, name) > 0]
    if not ways or (recipe.mix_share < 1 and draws.generator.random() >= recipe.mix_share):
        return Batch(images, Targets(labels))
    way = ways[int(draws.generator.integers(len(ways)))]
    alpha = getattr(recipe, way)
    # One lambda an image, drawn for the whole batch so that hosts agree.
    shares = draws.generator.beta(alpha, alpha, draws.count)[draws.share.of(draws.count)]
    lam = shares.astype(np.float32)
    if way == "mixup":
        images = blend(images, lam)
    else:
        images, lam = paste(images, lam, draws.draw(0, 1, 2))
    return Batch(images, Targets(labels, labels[mix_permutation(len(labels))], lam))
