"""Measures training throughput, beside a bare PyTorch loop and plain Keras."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from pixonomy.bench.bare import bare_network
from pixonomy.bench.result import Measurement, Yardstick, measure_in_turn
from pixonomy.models.backend import best_precision, keras, use_threads
from pixonomy.models.device import CPU, on_device
from pixonomy.models.fused import FUSED, Entrance
from pixonomy.models.step import torch_step
from pixonomy.models.targets import Objective, Targets
from pixonomy.models.zoo import ModelSettings, build_model
from pixonomy.progress import Context
from pixonomy.training.batches import Batch
from pixonomy.training.epochs import compile_model
from pixonomy.training.recipe import Recipe


def plain_network(model: keras.Model) -> keras.Model:
    """Rebuild a float32 model of Keras's own layers in Keras's own order, channels last.

    Args:
        model: from uint8 images (n, 3, size, size) to logits; its layers channels first.

    Returns:
        A Keras model from uint8 images (n, size, size, 3) to logits, drawn anew, not compiled.
    """
    _, channels, height, width = model.input_shape
    return _rebuild(model, keras.Input((height, width, channels), dtype="uint8"))


def _rebuild(model: keras.Model, images: keras.KerasTensor) -> keras.Model:
    def replace(layer: keras.Layer) -> keras.Layer:
        if isinstance(layer, Entrance):
            return keras.layers.Identity(name=layer.name)
        if isinstance(layer, keras.Model):
            _, channels, height, width = layer.input_shape
            return _rebuild(layer, keras.Input((height, width, channels)))
        kind = next((kind for kind, ours in FUSED.items() if type(layer) is ours), type(layer))
        config = layer.get_config() | {"dtype": "float32"}
        if "data_format" in config:
            config["data_format"] = "channels_last"
        if config.get("axis") in (1, [1]) and kind is keras.layers.BatchNormalization:
            config["axis"] = -1
        return kind.from_config(config)

    return keras.models.clone_model(model, input_tensors=images, clone_function=replace)


_CATEGORIES = 5
_ROUNDS = 9
_LEAST_SECONDS = 0.7  # of a measured run of steps
_BARE = "bare PyTorch: channels-last, same precision, fused AdamW"
_PLAIN = "plain Keras on PyTorch: float32, channels last, train_on_batch"

Step = Callable[[], object]


@dataclass(frozen=True)
class Work:
    """A configuration to measure."""

    model: str
    size: int
    batch: int

    @property
    def recipe(self) -> Recipe:
        """The default recipe with these settings: for each way the same."""
        return Recipe(model=self.model, size=self.size, batch=self.batch)


WORKS = (
    Work("vgg16", 50, 64),
    Work("vgg16", 100, 32),
    Work("vgg19", 50, 64),
    Work("vgg19", 100, 32),
    Work("compact", 32, 128),
    Work("compact", 50, 64),
    Work("compact", 100, 64),
    Work("airbench", 32, 512),
    Work("airbench", 50, 128),
    Work("airbench", 100, 32),
    Work("mobilenet", 50, 64),
    Work("mobilenet", 100, 32),
)

QUICK = {"works": (Work("compact", 32, 4),), "rounds": 1, "least_seconds": 0.0}


@on_device(CPU)  # the bare network is there
def bench_train(
    context: Context,
    works: tuple[Work, ...] = WORKS,
    rounds: int = _ROUNDS,
    least_seconds: float = _LEAST_SECONDS,
) -> list[Measurement]:
    """Measure training steps per second, ours, bare and plain, in turn in this process.

    All take uint8 batches from memory, with the same loss and AdamW; ours is the step that `train`
    takes, the bare one has no Keras in it, the plain one nothing but Keras.
    """
    use_threads(context.cores)
    results = []
    for place, work in enumerate(works):
        batch = _random_batch(work)
        steps = {
            "ours": _our_step(work, batch),
            _BARE: _bare_step(work, batch),
            _PLAIN: _plain_step(work, batch),
        }
        timed = {name: _time(work, step, least_seconds) for name, step in steps.items()}
        figures = measure_in_turn(timed, rounds)
        results.append(
            Measurement(
                f"train {work.model}, {work.size} px, batch {work.batch}, {best_precision()}",
                figures["ours"],
                "images/s",
                tuple(Yardstick(name, figures[name]) for name in (_BARE, _PLAIN)),
            )
        )
        context.progress("bench train", place + 1, len(works))
    return results


def _random_batch(work: Work) -> Batch:
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (work.batch, 3, work.size, work.size), np.uint8)
    return Batch(images, Targets(generator.integers(0, _CATEGORIES, work.batch)))


def _time(work: Work, step: Step, least_seconds: float) -> Callable[[], float]:
    step()  # what is built at the first step is not timed
    began = time.perf_counter()
    step()
    steps = max(1, round(least_seconds / (time.perf_counter() - began)))

    def run() -> float:
        began = time.perf_counter()
        for _ in range(steps):
            step()
        return steps * work.batch / (time.perf_counter() - began)

    return run


def _our_step(work: Work, batch: Batch) -> Step:
    recipe = work.recipe
    model = build_model(_settings(recipe), best_precision())
    compile_model(model, recipe)
    learn = torch_step(model, Objective(recipe.label_smoothing))
    return lambda: learn(batch.images, batch.targets)


def _plain_step(work: Work, batch: Batch) -> Step:
    recipe = work.recipe
    network = plain_network(build_model(_settings(recipe), "float32"))
    network.compile(
        keras.optimizers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay),
        keras.losses.CategoricalCrossentropy(True, recipe.label_smoothing),
    )
    images = np.ascontiguousarray(batch.images.transpose(0, 2, 3, 1))
    labels = np.eye(_CATEGORIES, dtype=np.float32)[batch.targets.labels]
    return lambda: network.train_on_batch(images, labels)


def _settings(recipe: Recipe) -> ModelSettings:
    return ModelSettings(recipe.model, recipe.size, _CATEGORIES, recipe.dense, recipe.dropout, 0)


def _bare_step(work: Work, batch: Batch) -> Step:
    recipe = work.recipe
    network = bare_network(recipe, _CATEGORIES)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(
        [weight for weight in network.parameters() if weight.requires_grad],
        recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        fused=True,
    )
    measure_loss = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    is_mixed = best_precision() == "mixed_bfloat16"

    def step() -> float:
        images = torch.from_numpy(batch.images).float().div(127.5).sub(1.0)
        labels = torch.from_numpy(batch.targets.labels)
        with torch.autocast("cpu", torch.bfloat16, enabled=is_mixed):
            logits = network(images.contiguous(memory_format=torch.channels_last))
        loss = measure_loss(logits.float(), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return step
