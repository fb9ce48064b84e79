"""The same step on JAX, in a process of its own: a process has one backend."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pixonomy
from pixonomy.models.depth import rate_factors
from pixonomy.models.learner import make_learner, make_optimizer
from pixonomy.models.optimizer import averaged
from pixonomy.models.targets import Objective, Targets
from pixonomy.models.zoo import ModelSettings, build_model
from pixonomy.training.checkpoint import load_weights
from pixonomy.training.run import RunFolder

pytest.importorskip("jax")
STEPS = 3
PLAIN: dict[str, Any] = {"optimizer": "adamw", "average": 0.0, "decay": 1.0, "parts": 1}


def learn(weights: Path, about: dict[str, Any]) -> list[float]:
    """Take some steps from given weights and save what they became."""
    model = build_model(ModelSettings(about["model"], 32, 3, 16, 0.0, 0), "float32")
    held = np.load(weights)
    model.set_weights([held[f"arr_{i}"] for i in range(len(held.files))])
    average = about["average"]
    optimizer = make_optimizer(
        about["optimizer"], learning_rate=1e-3, weight_decay=0.1, use_ema=average > 0,
        ema_momentum=average,
    )  # fmt: skip
    optimizer.slow_down(rate_factors(model, about["decay"]))
    model.compile(optimizer)
    optimizer.build(model.trainable_variables)
    take = make_learner(model, Objective(0.1, np.array([1, 2, 1], np.float32), about["parts"]))
    generator = np.random.default_rng(0)
    losses = []
    for _ in range(STEPS):
        images = generator.integers(0, 256, (12, 3, 32, 32), np.uint8)
        labels = generator.integers(0, 3, 12)
        shares = generator.random(12).astype(np.float32)
        losses.append(take(images, Targets(labels, labels[::-1].copy(), shares)))
    with averaged(model):
        np.savez(weights.with_name(f"{about['backend']}.npz"), *model.get_weights())
    return losses


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {"average": 0.9, "decay": 0.5},
        {"optimizer": "muon"},
        {"parts": 3, "model": "airbench"},
    ],
)
def test_a_step_on_jax_is_the_step_on_pytorch(tmp_path: Path, change: dict[str, Any]) -> None:
    about = {"model": "compact"} | PLAIN | change
    first = build_model(ModelSettings(about["model"], 32, 3, 16, 0.0, 0), "float32")
    np.savez(tmp_path / "start.npz", *first.get_weights())
    script = (
        f"import sys, json; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from pathlib import Path; from test_jax import learn\n"
        f"print(json.dumps(learn(Path({str(tmp_path / 'start.npz')!r}), json.loads(sys.argv[1]))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, json.dumps(about | {"backend": "jax"})],
        env=os.environ | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    on_torch = learn(tmp_path / "start.npz", about | {"backend": "torch"})
    assert json.loads(done.stdout.splitlines()[-1]) == pytest.approx(on_torch, rel=2e-3)
    start, ours, theirs = (np.load(tmp_path / f"{name}.npz") for name in ("start", "torch", "jax"))
    for name in ours.files:
        moved = np.abs(ours[name] - start[name]).max()
        assert np.abs(ours[name] - theirs[name]).mean() <= 0.05 * moved + 1e-6


@pytest.mark.slow
def test_a_run_trained_on_jax_is_killed_goes_on_and_leaves_the_bundle_of_one_never_stopped(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    source = write_images(tmp_path / "pictures", 24)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('model = "compact"\nsize = 32\nepochs = 2\nbatch = 16\n')

    def fit(run: Path) -> subprocess.Popen[bytes]:
        words = ["fit", str(source), "-o", str(run), "--recipe", str(recipe), "--weights", "none"]
        return subprocess.Popen(
            [sys.executable, "-m", "pixonomy", *words],
            env=os.environ | {"KERAS_BACKEND": "jax"},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    first = fit(whole)
    _, told = first.communicate(timeout=240)
    assert first.returncode == 0, told.decode()[-2000:]
    process = fit(killed)
    while process.poll() is None and not (killed / "history.csv").exists():
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert fit(killed).wait(timeout=240) == 0
    for one, other in zip(
        *(load_weights(RunFolder(run).best) for run in (whole, killed)), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    (answer,) = pixonomy.classify(killed, [next(source.rglob("*.jpg"))])["images"]
    assert answer["problem"] is None
