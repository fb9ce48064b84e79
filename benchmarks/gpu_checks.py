"""A device goes in; whether everything that is done with a network is right there comes out.

A line each, as JSON: what was checked, how far the device's numbers lie from the processor's, and
whether that is near enough. `gpu.py` calls it first: a fast card that is wrong is not fast.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from pixonomy.errors import SettingError
from pixonomy.models.attention import activation_maps
from pixonomy.models.backend import Precision, best_precision
from pixonomy.models.device import device_of, lay_on, on_device
from pixonomy.models.learner import make_learner
from pixonomy.models.optimizer import averaged
from pixonomy.models.predictor import make_predictor
from pixonomy.models.targets import Objective, Targets
from pixonomy.models.zoo import ModelSettings, build_model
from pixonomy.training.checkpoint import Position, load_checkpoint, save_checkpoint
from pixonomy.training.epochs import answer, compile_model
from pixonomy.training.novelty import fit_novelty
from pixonomy.training.recipe import Recipe

WORKS = (
    ("compact", 64, "adamw"), ("airbench", 32, "muon"), ("vgg16", 50, "adamw"),
    ("mobilenet", 64, "adamw"), ("convnexttiny", 64, "adamw"),
)  # fmt: skip
NEAR = {"float32": 0.02, "mixed_bfloat16": 0.15}  # TF32 has 10 bits, bfloat16 7
BATCH, STEPS, EPOCHS = 16, 2, 3
HUGE = 20_000  # pictures of 224 px in one step: more than any card holds


def walk(model: str, size: int, optimizer: str, precision: Precision, device: str) -> list[Any]:
    """Learn, save, load, answer, look, measure novelty; return all numbers, as arrays."""
    recipe = Recipe(model=model, size=size, optimizer=optimizer, average=0.9, learning_rate=1e-4)
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (BATCH, 3, size, size), np.uint8)
    labels, shares = generator.integers(0, 3, BATCH), generator.random(BATCH).astype(np.float32)
    targets = Targets(labels, labels[::-1].copy(), shares)
    settings = ModelSettings(model, size, 3, 64, 0.0, 0)
    with on_device("cpu"):  # each device draws random numbers of its own
        start = build_model(settings, precision).get_weights()
    with tempfile.TemporaryDirectory() as name, on_device(device):
        network = build_model(settings, precision)
        network.set_weights(start)
        compile_model(network, recipe)
        learn = make_learner(network, Objective(0.1, np.array([1, 2, 1], np.float32), 2))
        losses = [learn(images, targets) for _ in range(STEPS)]
        save_checkpoint(Path(name) / "state.npz", network, Position(step=STEPS))
        load_checkpoint(Path(name) / "state.npz", network)
        with averaged(network):
            logits = answer(make_predictor(network), images, True)
        maps = activation_maps(network, images, labels)
        embeddings = generator.normal(size=(60, 32)).astype(np.float32)
        novelty = fit_novelty(embeddings, generator.integers(0, 3, 60))
        assert novelty is not None
        measured = novelty.measure(lay_on(device_of(network), embeddings)).cpu().numpy()
    return [np.array(losses), logits, maps, measured]


def check_walks(device: str) -> Iterator[dict[str, Any]]:
    names = ("losses", "logits", "attention", "novelty")
    for precision in dict.fromkeys(("float32", best_precision(device))):
        for model, size, optimizer in WORKS:
            there, here = (
                walk(model, size, optimizer, precision, where) for where in (device, "cpu")
            )
            apart = {
                name: float(np.abs(a - b).max() / (np.abs(b).max() + 1e-6))
                for name, a, b in zip(names, there, here, strict=True)
                if b is not None
            }
            is_near = max(apart.values()) <= NEAR[precision]
            yield {"check": f"{model}, {precision}", "apart": apart, "right": is_near}


def check_memory(device: str) -> dict[str, Any]:
    told = "nothing"
    try:
        with on_device(device):
            network = build_model(ModelSettings("vgg16", 224, 3, 64, 0.0, 0), "float32")
            make_predictor(network)(np.zeros((HUGE, 3, 224, 224), np.uint8))
    except SettingError as error:
        told = str(error)
    return {"check": "too little memory", "told": told, "right": "does not suffice" in told}


def draw(folder: Path, count: int = 40) -> None:
    for place, shape in enumerate(("ellipse", "rectangle", "line")):
        (folder / shape).mkdir(parents=True)
        for number in range(count):
            generator = np.random.default_rng([place, number])
            image = Image.new("RGB", (64, 64), tuple(generator.integers(0, 256, 3).tolist()))
            left, top = generator.integers(4, 24, 2).tolist()
            box = (left, top, left + 30, top + 30)
            getattr(ImageDraw.Draw(image), shape)(
                box, tuple(generator.integers(0, 256, 3).tolist())
            )
            image.save(folder / shape / f"{number}.png")


def call(*words: object, **environment: str) -> dict[str, Any]:
    """Call the command; return its JSON, or its error with what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "pixonomy", *map(str, words), "--json"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    return json.loads(lines[-1]) if lines else {"error": done.stderr[-500:]}


def check_road(device: str) -> Iterator[dict[str, Any]]:
    """The whole road by command: on the device, then the report on the processor, then refused."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw(folder / "pictures")
        for recipe in ("compact", "cifar10"):
            run = folder / recipe
            words = ("fit", folder / "pictures", "-o", run, "--recipe", recipe, "--size", 64)
            result = call(*words, "--weights", "none", "--device", device)
            told = json.loads((run / "training.json").read_text()) if "error" not in result else {}
            yield {"check": f"fit, {recipe}", **result, "right": told.get("device") == device}
        (run / "report.html").unlink(missing_ok=True)
        result = call("evaluate", run, "--device", "cpu")
        yield {"check": "report on the processor", **result, "right": "error" not in result}
        hidden = call(*words, "--device", device, "--overwrite", CUDA_VISIBLE_DEVICES="")
        yield {"check": "a hidden device", **hidden, "right": "error" in hidden}
        refused = call(*words, "--overwrite", KERAS_TORCH_DEVICE="cuda:99")
        yield {"check": "KERAS_TORCH_DEVICE", **refused, "right": "error" in refused}


def check_device(device: str) -> bool:
    """Print a line for each check; return whether all were right."""
    is_right = True
    for checks in (check_walks(device), iter([check_memory(device)]), check_road(device)):
        for told in checks:
            print(json.dumps(told), flush=True)
            is_right &= bool(told["right"])
    return is_right
