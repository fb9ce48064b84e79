"""Measures how fast batches are read from arrays, beside PyTorch's DataLoader."""

import tempfile
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler

from pixonomy.arrays.image_shards import ImageShards, shard_path
from pixonomy.bench.result import Measurement, Yardstick, measure_in_turn
from pixonomy.images.resize import ResizeSpec
from pixonomy.models.backend import best_precision, use_threads
from pixonomy.models.device import CPU, on_device
from pixonomy.models.step import torch_step
from pixonomy.models.targets import Objective
from pixonomy.models.zoo import ModelSettings, build_model
from pixonomy.progress import Context
from pixonomy.storage.files import storage_errors
from pixonomy.training.batches import Batch, TrainingSet
from pixonomy.training.epochs import compile_model
from pixonomy.training.recipe import Recipe, load_recipe

_BATCH = 256
_WORKERS = 2  # processes of a DataLoader, threads of ours
_CATEGORIES = 5
_SHARD_ROWS = 64 * 1024**2 // (3 * 50**2 + 3 * 100**2)  # as `prepare` cuts shards of both sizes

_Pairs = tuple[torch.Tensor, torch.Tensor | int]
"""An image and its label, or a batch of both."""


@dataclass(frozen=True)
class Scale:
    """How much is measured: images of each size; steps a round of each recipe; rounds."""

    images: int = 60_000
    sizes: tuple[int, ...] = (50, 100)
    steps: tuple[tuple[str, int], ...] = (("compact", 100), ("vgg16-50", 20))
    rounds: int = 3


_FULL = Scale()
QUICK = {"scale": Scale(1024, (32,), tuple((recipe, 1) for recipe, _ in _FULL.steps), 1)}


@on_device(CPU)  # as its batches are
def bench_loader(context: Context, scale: Scale = _FULL) -> list[Measurement]:
    """Measure batches of 256 in MB/s, and how much of its time training does not wait for them.

    Random images are written to a temporary folder (at most 2 GB at a time) in the layout of
    `prepare`; ours and PyTorch's loaders read the same files, in turn.
    """
    use_threads(context.cores)
    total = len(scale.sizes) + len(scale.steps)
    results: list[Measurement] = []
    for size in scale.sizes:
        with _random_images(scale.images, size) as data:
            results.append(_measure_rate(data, scale.rounds))
        context.progress("bench loader", len(results), total)
    with _random_images(scale.images, scale.sizes[0]) as data:
        for recipe, steps in scale.steps:
            results.append(_TrainingWork(recipe, steps, scale.rounds).measure(data))
            context.progress("bench loader", len(results), total)
    return results


@contextmanager
def _random_images(count: int, size: int) -> Iterator[TrainingSet]:
    """Write random images to a folder that is gone afterwards; all are learnt from, plain."""
    generator = np.random.default_rng(0)
    starts = range(0, count, _SHARD_ROWS)
    shard_rows = tuple(min(_SHARD_ROWS, count - start) for start in starts)
    with tempfile.TemporaryDirectory(prefix="pixonomy-bench-") as name:
        folder = Path(name)
        with storage_errors(folder):
            (folder / str(size)).mkdir()
            for shard, rows in enumerate(shard_rows):
                noise = generator.integers(0, 256, (rows, 3, size, size), np.uint8)
                np.save(shard_path(folder, size, shard), noise)
        labels = generator.integers(0, _CATEGORIES, count)
        recipe = Recipe(size=size, batch=_BATCH, epochs=1, flip=False, shift=0.0)
        images = ImageShards(folder, ResizeSpec(size), shard_rows)
        yield TrainingSet(images, np.arange(count), labels, recipe, threads=_WORKERS)


def _measure_rate(data: TrainingSet, rounds: int) -> Measurement:
    def ours() -> float:
        with data.batches(0) as batches:
            return _rate(batch.images.nbytes for batch in batches)

    def theirs(loader: DataLoader[_Pairs]) -> float:
        return _rate(images.nbytes for images, _ in loader)

    yardsticks = {name: partial(theirs, loader) for name, loader in _data_loaders(data).items()}
    figures = measure_in_turn({"ours": ours} | yardsticks, rounds)
    return Measurement(
        f"batches of {_BATCH}, {data.recipe.size} px, shuffled",
        figures["ours"],
        "MB/s",
        tuple(Yardstick(name, figures[name]) for name in yardsticks),
    )


def _rate(sizes: Iterator[int]) -> float:
    """Return the MB/s of batches, given as bytes; the wait for the first does not count."""
    next(sizes)
    began = time.perf_counter()
    return sum(sizes) / 1e6 / (time.perf_counter() - began)


def _data_loaders(data: TrainingSet) -> dict[str, DataLoader[_Pairs]]:
    plain, at_once = _OneByOne(data), _BatchAtOnce(data)
    batches = BatchSampler(RandomSampler(at_once), _BATCH, drop_last=True)
    name = f"torch DataLoader, {_WORKERS} workers"
    return {
        name: DataLoader(
            plain,
            _BATCH,
            shuffle=True,
            drop_last=True,
            num_workers=_WORKERS,
            persistent_workers=True,
        ),
        f"{name}, whole batches by our gather": DataLoader(
            at_once, batch_size=None, sampler=batches, num_workers=_WORKERS, persistent_workers=True
        ),
    }


class _OneByOne(Dataset[tuple[torch.Tensor, int]]):
    """What is commonly written: one image an index, copied out of its memory-mapped shard."""

    def __init__(self, data: TrainingSet) -> None:
        images, size = data.images, data.recipe.size
        paths = [shard_path(images.folder, size, i) for i in range(len(images.shard_rows))]
        self._shards = [np.asarray(np.load(path, mmap_mode="r")) for path in paths]
        self._starts: list[int] = images.starts.tolist()
        self._labels: list[int] = data.labels.tolist()

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        shard = bisect_right(self._starts, index) - 1
        image = self._shards[shard][index - self._starts[shard]]
        return torch.from_numpy(image.copy()), self._labels[index]


class _BatchAtOnce(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """The most a DataLoader can do: a whole batch at once, gathered as ours are."""

    def __init__(self, data: TrainingSet) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data.rows)

    def __getitem__(self, indices: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        rows = np.sort(indices)
        images = self._data.images.gather(rows)
        return torch.from_numpy(images), torch.from_numpy(self._data.labels[rows])


@dataclass(frozen=True)
class _TrainingWork:
    """A real training, as a shipped recipe has it: augmentation, batch and all."""

    recipe: str
    steps: int
    rounds: int

    def measure(self, data: TrainingSet) -> Measurement:
        """Return the share of the time that training does not wait for batches, in per cent."""
        size = data.recipe.size
        recipe = load_recipe(self.recipe, {"size": size, "epochs": self.steps})
        data = replace(data, recipe=recipe)
        step = _training_step(recipe)
        between = "batches made between the steps"
        figures = measure_in_turn(
            {"ours": lambda: self._ahead(data, step), between: lambda: self._between(data, step)},
            self.rounds,
        )
        return Measurement(
            f"training {recipe.model}, {size} px, batch {recipe.batch}: not waiting for batches",
            figures["ours"],
            "% of the time",
            (Yardstick(between, figures[between]),),
        )

    def _ahead(self, data: TrainingSet, step: Callable[[Batch], None]) -> float:
        began = time.perf_counter()
        with data.batches(0) as batches:
            for _ in range(self.steps):
                step(next(batches))
            waited = batches.seconds_waited
            return 100 * (1 - waited / (time.perf_counter() - began))

    def _between(self, data: TrainingSet, step: Callable[[Batch], None]) -> float:
        began, waited = time.perf_counter(), 0.0
        for one in data.order.steps(0, self.steps):
            asked = time.perf_counter()
            batch = data.batch(one)
            waited += time.perf_counter() - asked
            step(batch)
        return 100 * (1 - waited / (time.perf_counter() - began))


def _training_step(recipe: Recipe) -> Callable[[Batch], None]:
    settings = ModelSettings(
        recipe.model, recipe.size, _CATEGORIES, recipe.dense, recipe.dropout, recipe.seed
    )
    model = build_model(settings, best_precision())
    compile_model(model, recipe)
    learn = torch_step(model, Objective(recipe.label_smoothing))

    def step(batch: Batch) -> None:
        learn(batch.images, batch.targets)

    return step
