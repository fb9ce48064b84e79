"""How accurate within so many minutes? A line a contender and seed, as JSON.

    python benchmarks/time_to_accuracy.py CIFAR10.zip --minutes 5 --seeds 3
    python benchmarks/time_to_accuracy.py CIFAR10.zip --minutes 15 --recipe cifar10-long
    python benchmarks/time_to_accuracy.py CIFAR10.zip --minutes 5 --contender airbench
    python benchmarks/time_to_accuracy.py CIFAR10.zip --minutes 15 --contender vgg16
    python benchmarks/time_to_accuracy.py CIFAR10.zip --minutes 15 --recipe cifar10-transfer \
        --weights mobilenet_v2_imagenet_notop.weights.h5
    python benchmarks/time_to_accuracy.py CIFAR10.zip --minutes 15 --contender mobilenet \
        --weights mobilenet_v2_imagenet_notop.weights.h5

The contender `ours` is `pixonomy train` by a recipe, a process of its own, from prepared
arrays to a finished bundle; `seconds` is its wall time, which has to stay below the limit. Any
other is that network in plain Keras on PyTorch: float32, channels last, AdamW, `train_on_batch`; it
gets the same augmentation and schedule, batches of 128, the validation pictures to learn from as
well, and as many steps as fit into the time. All are tested once, at the end, on the test split.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import pixonomy
from pixonomy.arrays.image_shards import read_arrays
from pixonomy.bench.bench_train import plain_network
from pixonomy.executors.local import count_cores
from pixonomy.models.airbench import fit_whitening
from pixonomy.models.backend import keras, use_threads
from pixonomy.models.zoo import ModelSettings, build_model
from pixonomy.training.batches import TrainingSet
from pixonomy.training.recipe import Recipe, load_recipe
from pixonomy.training.schedule import learning_rate
from pixonomy.training.train_run import freeze, number_labels

VALIDATION = 0.05
FIRST, TIMED = 3, 20  # steps
PLAIN_RECIPES: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "airbench": ("cifar10", {"learning_rate": 2e-3}),  # AdamW's own rate, not Muon's
    "vgg16": ("vgg16-50", {"size": 32}),
    "mobilenet": ("cifar10-transfer", {}),  # with the weights given
}


def prepare(source: Path, folder: Path, size: int) -> Path:
    pixonomy.index([source], folder / "all.parquet")
    shares = pixonomy.SplitShares(1 - VALIDATION, VALIDATION, 0.0)
    pixonomy.split(folder / "all.parquet", folder / "split.parquet", shares)
    pixonomy.prepare(
        folder / "split.parquet", folder / "arrays", pixonomy.ArraySettings((size,), "stretch")
    )
    return folder / "arrays"


def run_ours(
    arrays: Path, folder: Path, recipe: str, weights: Path | None, seed: int
) -> dict[str, Any]:
    run = folder / f"run {seed}"
    words = ["train", str(arrays), "--recipe", recipe]
    words += [] if weights is None else ["--weights", str(weights)]
    command = [sys.executable, "-m", "pixonomy", *words, "--seed", str(seed), "-o", str(run)]
    began = time.monotonic()
    subprocess.run([*command, "--json"], stdout=subprocess.DEVNULL, check=True)
    seconds = time.monotonic() - began
    test = pixonomy.evaluate(run)["test"]
    certainty = json.loads((run / "evaluation.json").read_text())["certainty"]
    told = {when: certainty[when] for when in ("before", "after")}
    return {"seconds": round(seconds, 1), "accuracy": test["accuracy"], "certainty": told}


def run_plain(
    arrays: Path, model: str, weights: Path | None, seconds: float, seed: int
) -> dict[str, Any]:
    began = time.monotonic()
    name, changes = PLAIN_RECIPES[model]
    recipe = load_recipe(name, {**changes, "seed": seed, "batch": 128, "epochs": 1000})
    prepared = read_arrays(arrays)
    labels = tuple(sorted(prepared.rows["label"].drop_nulls().unique()))
    numbers = number_labels(prepared.rows, labels)
    rows = np.concatenate([prepared.of_split("train"), prepared.of_split("validation")])
    data = TrainingSet(prepared.images(recipe.size), np.sort(rows), numbers, recipe)
    network = plain_start(recipe, len(labels), weights, data)
    one_hot = np.eye(len(labels), dtype=np.float32)
    network.compile(
        keras.optimizers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay),
        keras.losses.CategoricalCrossentropy(True, recipe.label_smoothing),
    )
    step, total, timed_from = 0, 10**6, 0.0
    with data.batches(0) as batches:
        for batch in batches:
            now = time.monotonic() - began
            if step == FIRST:  # the first steps are slow
                timed_from = now
            if step == FIRST + TIMED:
                total = step + int((seconds - now) / ((now - timed_from) / TIMED))
            if step >= total or now > seconds:
                break
            network.optimizer.learning_rate = learning_rate(recipe, step, total)
            images = np.ascontiguousarray(batch.images.transpose(0, 2, 3, 1))
            network.train_on_batch(images, one_hot[batch.targets.labels])
            step += 1
    spent = time.monotonic() - began
    passes = step * recipe.batch / len(rows)
    accuracy = measure_plain(network, data, prepared.of_split("test"))
    return {"seconds": round(spent, 1), "accuracy": accuracy, "passes": round(passes, 2)}


def plain_start(recipe: Recipe, labels: int, weights: Path | None, data: TrainingSet) -> Any:
    """Return the network in plain Keras, started as ours is, but without a linear probe.

    The story's vgg16 is drawn as Keras draws it.
    """
    shape = (recipe.model, recipe.size, labels, recipe.dense, recipe.dropout, recipe.seed)
    ours = build_model(ModelSettings(*shape, weights, weights is not None), "float32")
    fit_whitening(ours, data.images.gather(data.rows[:5000]))
    network = plain_network(ours)
    if recipe.model != "vgg16":
        network.set_weights(ours.get_weights())
    freeze(network, recipe)
    return network


def measure_plain(network: Any, data: TrainingSet, rows: np.ndarray) -> float:
    """Return the accuracy of the answers to pictures and their mirror images."""
    right = 0
    for start in range(0, len(rows), 250):
        some = rows[start : start + 250]
        images = data.images.gather(some).transpose(0, 2, 3, 1)
        both = network.predict_on_batch(images) + network.predict_on_batch(images[:, :, ::-1])
        right += int((np.asarray(both).argmax(axis=1) == data.labels[some]).sum())
    return right / len(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--recipe", default="cifar10", help="of ours; its epochs fit the time")
    parser.add_argument("--weights", type=Path, help="a file that networks start from")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--contender", choices=["ours", *PLAIN_RECIPES], default="ours")
    parser.add_argument("--keep", type=Path, help="a folder that arrays and our runs stay in")
    asked = parser.parse_args()
    use_threads(count_cores())
    with tempfile.TemporaryDirectory() as name:
        folder = asked.keep or Path(name)
        plain = PLAIN_RECIPES.get(asked.contender)
        recipe = load_recipe(*plain) if plain else load_recipe(asked.recipe, {})
        arrays = prepare(asked.source, folder, recipe.size)
        for seed in range(asked.seeds):
            if asked.contender == "ours":
                row = run_ours(arrays, folder, asked.recipe, asked.weights, seed)
            else:
                limit = 60 * asked.minutes
                row = run_plain(arrays, asked.contender, asked.weights, limit, seed)
            print(json.dumps({"contender": asked.contender, "seed": seed, **row}), flush=True)


if __name__ == "__main__":
    main()
