"""What does a GPU reach, and is it right? All that is computed, speed, and CIFAR-10 in seconds.

    python benchmarks/gpu.py --peak-tflops 790 [--cifar CIFAR10.zip]

IT HAS NOT BEEN RUN ON A GPU: none was at hand. Only the steps that `gpu_checks.py` walks through
were, on a pretended card (tests/fake_device.py), whose numbers are the processor's.

First those checks: training steps, checkpoints, answers, attention and novelty of every kind of
network beside the processor's numbers, in float32 and in the card's precision; too little memory;
`pixonomy fit` and `evaluate` by command; a hidden card. If one is wrong, the exit code is 1.

Then speed. For VGG16 at 50 and 100 px and `compact`, in bfloat16: ours on PyTorch, ours on JAX (a
process of its own with KERAS_BACKEND=jax; needs `pixonomy[jax]` and JAX's own extra for the card),
and a bare PyTorch loop under `torch.compile`, in turn. Then how fast the loader feeds it, and how
long `pixonomy train --recipe cifar10` takes to which accuracy. A line each, as JSON.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gpu_checks import check_device
from torch.utils.flop_counter import FlopCounterMode

import pixonomy
from pixonomy.bench.bare import bare_network
from pixonomy.models.backend import best_precision
from pixonomy.models.device import choose_device, describe_device, on_device
from pixonomy.models.learner import make_learner
from pixonomy.models.targets import Objective, Targets
from pixonomy.models.zoo import ModelSettings, build_model
from pixonomy.training.epochs import compile_model
from pixonomy.training.recipe import Recipe

WORKS = (("vgg16", 50, 1024), ("vgg16", 100, 512), ("compact", 64, 2048))
CATEGORIES, SECONDS = 5, 10.0
JAX_WORK = "--one"


def recipe_of(model: str, size: int, batch: int) -> Recipe:
    return Recipe(model=model, size=size, batch=batch)


def draw(recipe: Recipe) -> tuple[np.ndarray, Targets]:
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (recipe.batch, 3, recipe.size, recipe.size), np.uint8)
    return images, Targets(generator.integers(0, CATEGORIES, recipe.batch))


def rate(step: Callable[[], Any], batch: int) -> float:
    """Return images a second, once compilation and warming up are over."""
    for _ in range(5):
        step()
    began, steps = time.perf_counter(), 0
    while time.perf_counter() - began < SECONDS:
        step()
        steps += 1
    return steps * batch / (time.perf_counter() - began)


def run_ours(recipe: Recipe) -> float:
    settings = ModelSettings(recipe.model, recipe.size, CATEGORIES, recipe.dense, recipe.dropout, 0)
    device = choose_device()
    with on_device(device):
        model = build_model(settings, best_precision(device))
        compile_model(model, recipe)
        learn = make_learner(model, Objective(recipe.label_smoothing))
        images, targets = draw(recipe)
        return rate(lambda: learn(images, targets), recipe.batch)


def run_jax(recipe: Recipe) -> float | None:
    words = [recipe.model, str(recipe.size), str(recipe.batch)]
    done = subprocess.run(
        [sys.executable, __file__, JAX_WORK, *words],
        env=os.environ | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )
    return float(done.stdout.splitlines()[-1]) if done.returncode == 0 else None


def run_bare(recipe: Recipe) -> float:
    network = bare_network(recipe, CATEGORIES).cuda().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(network.parameters(), recipe.learning_rate, fused=True)
    measure = torch.nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    compiled = torch.compile(network)
    images, targets = draw(recipe)

    def step() -> float:
        given = torch.from_numpy(images).cuda(non_blocking=True).float().div(127.5).sub(1)
        with torch.autocast("cuda", torch.bfloat16):
            logits = compiled(given.contiguous(memory_format=torch.channels_last))  # type: ignore[no-untyped-call]
        loss = measure(logits.float(), torch.from_numpy(targets.labels).cuda())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return rate(step, recipe.batch)


def operations(recipe: Recipe) -> float:
    """Return the floating-point operations of a training step for one picture."""
    network = bare_network(recipe, CATEGORIES)
    with FlopCounterMode(display=False) as counter:
        network(torch.zeros(2, 3, recipe.size, recipe.size)).sum().backward()
    return float(counter.get_total_flops()) / 2


def run_cifar(source: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pixonomy.index([source], folder / "all.parquet")
        shares = pixonomy.SplitShares(0.95, 0.05, 0.0)
        pixonomy.split(folder / "all.parquet", folder / "split.parquet", shares)
        settings = pixonomy.ArraySettings((32,), "stretch")
        pixonomy.prepare(folder / "split.parquet", folder / "arrays", settings)
        plan = pixonomy.plan_training(pixonomy.TrainChoices(recipe="cifar10"))
        trained = pixonomy.train(folder / "arrays", folder / "run", plan)
        test = pixonomy.evaluate(folder / "run")["test"]
        about = json.loads((folder / "run" / "training.json").read_text())
        return {
            "work": "cifar10",
            "seconds": trained["seconds"],
            "seconds_waited_for_batches": about["seconds_waited"],
            "accuracy": test["accuracy"],
        }


def main() -> None:
    if sys.argv[1:2] == [JAX_WORK]:
        model, size, batch = sys.argv[2:]
        print(run_ours(recipe_of(model, int(size), int(batch))))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peak-tflops", type=float, required=True, help="of the card, in bf16")
    parser.add_argument("--cifar", type=Path)
    asked = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("PyTorch sees no GPU here (the CPU build of torch never does).")
    device = choose_device("cuda")
    print(json.dumps({"device": describe_device(device), "precision": best_precision(device)}))
    is_right = check_device(device)
    for work in WORKS:
        recipe = recipe_of(*work)
        peak = asked.peak_tflops * 1e12 / operations(recipe)
        for name, run in (("ours, PyTorch", run_ours), ("ours, JAX", run_jax), ("bare", run_bare)):
            speed = run(recipe)
            share = None if speed is None else round(speed / peak, 3)
            told = {"work": work, "who": name, "images_per_second": speed, "share_of_peak": share}
            print(json.dumps(told), flush=True)
    if asked.cifar:
        print(json.dumps(run_cifar(asked.cifar)))
    if not is_right:
        sys.exit("The device computes something else than the processor: see the checks.")


if __name__ == "__main__":
    main()
