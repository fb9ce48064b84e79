"""Nothing goes in; training throughput comes out, beside a bare PyTorch loop of the same net."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from pixonomy.bench.result import Measurement, Yardstick, measure_in_turn
from pixonomy.models.backend import best_precision, use_threads
from pixonomy.models.step import Objective, Targets, train_step
from pixonomy.models.zoo import ModelSettings, build_model
from pixonomy.progress import Surroundings
from pixonomy.training.batches import Batch
from pixonomy.training.fit import compile_model
from pixonomy.training.recipe import Recipe

_CATEGORIES = 5
_ROUNDS = 15


@dataclass(frozen=True)
class Work:
    """One configuration to measure: `steps` steps of `batch` pictures a round."""

    model: str
    size: int
    batch: int
    steps: int


WORKS = (Work("vgg16", 50, 64, 3), Work("compact", 32, 128, 12), Work("compact", 64, 64, 16))


def bench_train(surroundings: Surroundings) -> list[Measurement]:
    """Measure training steps per second, ours and bare, in turn in this process.

    Both take uint8 batches from memory, in the same precision, with the same loss and AdamW;
    ours is the step that `train` takes, the bare one has no Keras in it.
    """
    use_threads(surroundings.cores)
    results = []
    for place, work in enumerate(WORKS):
        batch = _random_batch(work)
        bare = "bare PyTorch: channels-last, same precision, fused AdamW"
        figures = measure_in_turn(
            {
                "ours": _time(work, _our_step(work), batch),
                bare: _time(work, _bare_step(work), batch),
            },
            _ROUNDS,
        )
        results.append(
            Measurement(
                f"train {work.model}, {work.size} px, batch {work.batch}, {best_precision()}",
                figures["ours"],
                "images/s",
                (Yardstick(bare, figures[bare]),),
            )
        )
        surroundings.progress("bench train", place + 1, len(WORKS))
    return results


def _random_batch(work: Work) -> Batch:
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (work.batch, 3, work.size, work.size), np.uint8)
    return Batch(images, Targets(generator.integers(0, _CATEGORIES, work.batch)))


def _time(work: Work, step: Callable[[Batch], float], batch: Batch) -> Callable[[], float]:
    def run() -> float:
        began = time.perf_counter()
        for _ in range(work.steps):
            step(batch)
        return work.steps * work.batch / (time.perf_counter() - began)

    return run


def _our_step(work: Work) -> Callable[[Batch], float]:
    recipe = Recipe(model=work.model, size=work.size, batch=work.batch)
    settings = ModelSettings(work.model, work.size, _CATEGORIES, recipe.dense, recipe.dropout, 0)
    model = build_model(settings, best_precision())
    compile_model(model, recipe)
    objective = Objective(recipe.label_smoothing)
    return lambda batch: train_step(model, batch.images, batch.targets, objective)


def _bare_step(work: Work) -> Callable[[Batch], float]:
    recipe = Recipe(model=work.model, size=work.size, batch=work.batch)
    network = _bare_vgg16(work.size, recipe) if work.model == "vgg16" else _bare_compact(work.size)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(
        network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    measure_loss = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    is_mixed = best_precision() == "mixed_bfloat16"

    def step(batch: Batch) -> float:
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


def _bare_vgg16(size: int, recipe: Recipe) -> nn.Module:
    layers: list[nn.Module] = []
    channels = 3
    for convolutions, width in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
        for _ in range(convolutions):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
            channels = width
        layers.append(nn.MaxPool2d(2))
    features = 512 * (size // 32) ** 2
    for entering in (features, recipe.dense):
        layers += [nn.Linear(entering, recipe.dense), nn.ReLU(inplace=True)]
        layers.append(nn.Dropout(recipe.dropout))
    head = nn.Linear(recipe.dense, _CATEGORIES)
    flatten_at = len(layers) - 6
    return nn.Sequential(*layers[:flatten_at], nn.Flatten(), *layers[flatten_at:], head)


def _bare_compact(size: int) -> nn.Module:
    is_large = size > 48
    stem = nn.Conv2d(3, 32, 4, 2, bias=False) if is_large else nn.Conv2d(3, 32, 3, 1, 1, bias=False)
    layers: list[nn.Module] = [stem, nn.BatchNorm2d(32), nn.ReLU(inplace=True)]
    channels, map_size = 32, size // 2 if is_large else size
    for block, width in enumerate((64, 128, 256, 256), 1):
        if map_size // 2 < 4 and block > 2:
            break
        for entering, pool in ((channels, [nn.MaxPool2d(2)]), (width, [])):
            layers.append(nn.Conv2d(entering, width, 3, padding=1, bias=False))
            layers += [*pool, nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
        channels, map_size = width, map_size // 2
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2)]
    return nn.Sequential(*layers, nn.Linear(channels, _CATEGORIES))
