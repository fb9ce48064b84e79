"""Arrays go in; shuffled, augmented batches come out, each decided by `(seed, step)` alone."""

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pixonomy.arrays.read import Images, Pictures
from pixonomy.images.resize import enlarge
from pixonomy.training.recipe import Recipe

_AHEAD = 4  # batches that wait ready: enough to hide a slow read, little memory


@dataclass(frozen=True)
class Batch:
    """Pictures, uint8 (n, 3, size, size), and the numbers of their labels, int64 (n,)."""

    images: Images
    labels: npt.NDArray[np.int64]


@dataclass(frozen=True)
class TrainingSet:
    """The pictures to learn from.

    Attributes:
        rows: the row numbers of the training split, int64 (n,).
        labels: the label number of every row of the arrays, int64.
    """

    pictures: Pictures
    rows: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    recipe: Recipe

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in a pass; a set smaller than one batch is one step."""
        return max(1, len(self.rows) // self.recipe.batch)

    @property
    def total_steps(self) -> int:
        """All steps of the recipe's epochs."""
        return self.steps_per_epoch * self.recipe.epochs

    def batch(self, order: npt.NDArray[np.int64], step: int) -> Batch:
        """Make the batch of global step number `step` from its epoch's `order` of rows."""
        start = step % self.steps_per_epoch * self.recipe.batch
        rows = order[start : start + self.recipe.batch]
        generator = np.random.default_rng([self.recipe.seed, 1, step])
        images = augment(self.pictures.gather(rows), generator, self.recipe)
        return Batch(images, self.labels[rows])

    def batches(self, first_step: int) -> Iterator[Batch]:
        """Yield all batches from a global step on; a thread prepares a few ahead."""
        return _ahead(self._batches(first_step))

    def _batches(self, first_step: int) -> Iterator[Batch]:
        order, epoch_of_order = self.rows, -1
        for step in range(first_step, self.total_steps):
            epoch = step // self.steps_per_epoch
            if epoch != epoch_of_order:
                order = self.pictures.shuffle(self.rows, self.recipe.seed, epoch)
                epoch_of_order = epoch
            yield self.batch(order, step)


def augment(images: Images, generator: np.random.Generator, recipe: Recipe) -> Images:
    """Mirror, shift, enlarge and light pictures at random, as far as the recipe says.

    Args:
        images: uint8, shape (n, 3, size, size); may be changed.

    Returns:
        uint8, same shape.
    """
    if recipe.flip:
        mirrored = generator.random(len(images)) < 0.5
        images[mirrored] = images[mirrored][..., ::-1]
    if recipe.shift:
        images = _shift(images, generator, recipe.shift)
    if recipe.zoom:
        images = _zoom(images, generator, recipe.zoom)
    if recipe.light:
        images = _light(images, generator, recipe.light)
    return images


def _shift(images: Images, generator: np.random.Generator, share: float) -> Images:
    """Shift each picture by up to `share` of its size; edges repeat into what is laid bare."""
    count, _, size, _ = images.shape
    reach = round(share * size)
    room = np.pad(images, ((0, 0), (0, 0), (reach, reach), (reach, reach)), mode="edge")
    shifted = np.empty_like(images)
    corners = generator.integers(0, 2 * reach + 1, (count, 2))
    for place, (top, left) in enumerate(corners):
        shifted[place] = room[place, :, top : top + size, left : left + size]
    return shifted


def _zoom(images: Images, generator: np.random.Generator, share: float) -> Images:
    """Enlarge a random square of each picture, of 1 - `share` to all of its size."""
    count, _, size, _ = images.shape
    sides = np.rint(size * generator.uniform(1 - share, 1, count)).astype(int)
    corners = generator.random((count, 2))
    for place, (side, corner) in enumerate(zip(sides, corners, strict=True)):
        top, left = (int(value) for value in corner * (size - side + 1))
        images[place] = enlarge(images[place], top, left, int(side))
    return images


def _light(images: Images, generator: np.random.Generator, share: float) -> Images:
    """Multiply each picture, and each of its colours, by random factors around 1."""
    count = len(images)
    factors = generator.uniform(1 - share, 1 + share, (count, 1))
    factors = factors * generator.uniform(1 - share / 3, 1 + share / 3, (count, 3))
    levels = np.arange(256)
    tables = np.clip(np.rint(levels * factors[:, :, None]), 0, 255).astype(np.uint8)
    for place, table in enumerate(tables):
        for channel in range(3):
            images[place, channel] = table[channel][images[place, channel]]
    return images


def _ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Draw from `batches` in a thread, a few ahead; errors come out where they are awaited."""
    ready: queue.Queue[Batch | Exception | None] = queue.Queue(_AHEAD)
    is_over = threading.Event()

    def put(item: Batch | Exception | None) -> None:
        while not is_over.is_set():
            try:
                ready.put(item, timeout=0.2)
                return
            except queue.Full:
                continue

    def draw() -> None:
        try:
            for batch in batches:
                put(batch)
                if is_over.is_set():
                    return
            put(None)
        except Exception as error:  # handed over to the thread that waits for the batch
            put(error)

    threading.Thread(target=draw, daemon=True).start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        is_over.set()
