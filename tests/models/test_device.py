"""Which device is taken, refused or told; and that nothing is left behind where another one is."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

import pixonomy
from conftest import SHAPES, draw_shape
from fake_device import CARD, machine_with_card
from pixonomy.arrays.image_shards import read_arrays
from pixonomy.errors import SettingError
from pixonomy.models.attention import activation_maps
from pixonomy.models.backend import Precision, best_precision, keras
from pixonomy.models.device import choose_device, device_of, lay_on, on_device, require_device
from pixonomy.models.learner import make_learner
from pixonomy.models.optimizer import averaged
from pixonomy.models.predictor import make_predictor
from pixonomy.models.targets import Objective, Targets
from pixonomy.models.zoo import ModelSettings, build_model
from pixonomy.training.checkpoint import Position, load_checkpoint, save_checkpoint
from pixonomy.training.class_activation import attention_of
from pixonomy.training.epochs import answer, compile_model
from pixonomy.training.novelty import fit_novelty
from pixonomy.training.recipe import Recipe
from pixonomy.training.run import read_run

HAS_ACCELERATOR = torch.accelerator.is_available()
on_a_plain_machine = pytest.mark.skipif(HAS_ACCELERATOR, reason="this machine has a GPU")
AS_APPLE = (torch.float64, torch.bfloat16)


def in_a_process_of_its_own(call: str, **environment: str) -> Any:
    """Call a function of this file there and return what it returns."""
    folders = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    script = f"import sys, json; sys.path[:0] = {folders!r}\nimport test_device as t\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{script}print(json.dumps(t.{call}))"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@on_a_plain_machine
@pytest.mark.parametrize("asked", ["cuda", "cuda:1", "mps", "xpu"])
def test_a_device_that_is_not_there_is_refused_in_a_sentence(asked: str) -> None:
    with pytest.raises(SettingError, match=rf"^device is {asked}, but .*; choose another, or auto"):
        require_device(asked)


@pytest.mark.parametrize("name", ["gpu", "CUDA", "meta", "cuda:x", "cpu:0", "", "cuda:", "auto:1"])
def test_a_name_that_no_device_has_is_refused(name: str) -> None:
    with pytest.raises(SettingError, match=rf"must be auto, cpu, .* not '{name}'"):
        require_device(name)
    with pytest.raises(SettingError, match=r"must be auto, cpu, "):
        Recipe(device=name)


@on_a_plain_machine
def test_the_environment_decides_where_the_call_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_device() == "cpu"
    monkeypatch.setenv("KERAS_TORCH_DEVICE", "mps")
    with pytest.raises(SettingError, match="KERAS_TORCH_DEVICE is mps, but PyTorch sees cpu here"):
        require_device("auto")
    assert choose_device("cpu") == "cpu"
    monkeypatch.setenv("KERAS_TORCH_DEVICE", "gpu")
    with pytest.raises(SettingError, match="KERAS_TORCH_DEVICE must be auto, cpu"):
        require_device("auto")
    monkeypatch.setenv("KERAS_TORCH_DEVICE", "cpu")
    assert choose_device() == "cpu"


def build_where_keras_would_take_cuda() -> list[str]:
    found = []
    for model in ("compact", "mobilenet"):
        with on_device(choose_device("cpu")):
            built = build_model(ModelSettings(model, 32, 3, 16, 0.0, 0), "float32")
            make_predictor(built)(np.zeros((2, 3, 32, 32), np.uint8))
        found.append(str(device_of(built)))
    return found


@pytest.mark.slow
@on_a_plain_machine
def test_the_processor_is_used_where_keras_would_take_a_device() -> None:
    found = in_a_process_of_its_own(
        "build_where_keras_would_take_cuda()", KERAS_TORCH_DEVICE="cuda:0"
    )
    assert found == ["cpu"] * 2


def test_too_little_memory_of_a_device_is_told_in_a_sentence() -> None:
    with (
        pytest.raises(SettingError, match=r"memory of cuda:0 does not suffice: .*--device cpu"),
        on_device("cuda:0"),
    ):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")


def test_another_failure_is_left_as_it_is() -> None:
    with pytest.raises(RuntimeError, match="of weights"), on_device("cuda:0"):
        raise RuntimeError("a shape of weights")


def test_keras_computes_on_what_it_did_before_once_the_work_is_done() -> None:
    with on_device("meta"):
        assert keras.ops.ones(2).device.type == "meta"
    assert keras.ops.ones(2).device.type != "meta"


def test_precision_is_float32_where_bfloat16_is_not_known_to_be_at_home() -> None:
    assert best_precision("mps:0") == "float32"
    assert best_precision("xpu:0") == "float32"


def test_numbers_are_laid_on_a_device_without_float64() -> None:
    laid = lay_on(torch.device("meta"), np.zeros((2, 3)))
    assert laid.device.type == "meta"
    assert laid.dtype == torch.float32


def choose_on_jax() -> list[str]:
    with pytest.raises(SettingError) as refused:
        choose_device("cuda")
    return [choose_device(), str(refused.value)]


def test_on_jax_the_device_is_its_own_choice() -> None:
    pytest.importorskip("jax")
    told = in_a_process_of_its_own(
        "choose_on_jax()",
        KERAS_BACKEND="jax",
        JAX_PLATFORMS="cpu",
        KERAS_TORCH_DEVICE="cuda",
    )
    assert told[0] == "cpu"
    assert "On JAX the device is JAX's own choice, not 'cuda'" in told[1]


def walk(model: str, size: int, precision: Precision, optimizer: str, device: str) -> Any:
    """Learn, answer, save, load, look and measure: everything that is done with a network."""
    recipe = Recipe(model=model, size=size, optimizer=optimizer, average=0.9, depth_decay=0.5)
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (8, 3, size, size), np.uint8)
    labels = generator.integers(0, 3, 8)
    shares = generator.random(8).astype(np.float32)
    file = Path(os.environ["WALK"]) / f"{device[:3]}.npz"
    with on_device(device):
        network = build_model(ModelSettings(model, size, 3, 16, 0.1, 0), precision)
        compile_model(network, recipe)
        learn = make_learner(network, Objective(0.1, np.array([1, 2, 1], np.float32), 2))
        losses = [learn(images, Targets(labels, labels[::-1].copy(), shares)) for _ in range(2)]
        save_checkpoint(file, network, Position(step=2))
        network.set_weights([0 * value for value in network.get_weights()])
        assert load_checkpoint(file, network) == Position(step=2)
        with averaged(network):
            logits = answer(make_predictor(network), images, True)
        maps = activation_maps(network, images, labels)
        embeddings = generator.normal(size=(60, 32)).astype(np.float32)
        novelty = fit_novelty(embeddings, generator.integers(0, 3, 60))
        assert novelty is not None
        measured = novelty.measure(lay_on(device_of(network), embeddings)).cpu().numpy()
        values = [np.asarray(variable) for variable in network.variables]
        assert str(device_of(network)) == device
    return losses, logits, maps, measured, np.concatenate([value.ravel() for value in values])


def walk_twice(
    model: str, size: int, precision: Precision, optimizer: str, lacks: tuple[torch.dtype, ...]
) -> dict[str, Any]:
    """Return how far what a card computes lies from what the processor does, at most."""
    with machine_with_card(lacks) as machine:
        device = choose_device()
        there = walk(model, size, precision, optimizer, device)
    here = walk(model, size, precision, optimizer, "cpu")
    # No map: ConvNeXt is no plain list of layers.
    pairs = [(a, b) for a, b in zip(there, here, strict=True) if a is not None or b is not None]
    apart = [float(np.abs(np.subtract(a, b)).max()) for a, b in pairs]
    return {"device": device, "apart": apart, "operations": len(machine.operations)}


def test_every_step_of_a_network_stays_on_the_device_and_gives_the_processors_numbers(
    tmp_path: Path,
) -> None:
    call = "walk_twice('airbench', 16, 'float32', 'muon', t.AS_APPLE)"
    told = in_a_process_of_its_own(call, WALK=str(tmp_path))
    assert told["device"] == f"{CARD}:0"
    assert told["operations"] > 40
    # Muon's matrices are float32 there, not bfloat16.
    assert max(told["apart"]) < 0.02, told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "precision", "apart"),
    [
        # The processor has a way of its own through small convolutions (models.gradient).
        ("compact", "mixed_bfloat16", 1e-4),
        ("mobilenet", "float32", 0.02),
        ("vgg16", "float32", 0),
        ("convnexttiny", "float32", 0),
    ],
)
def test_every_kind_of_network_stays_on_the_device(
    tmp_path: Path, model: str, precision: str, apart: float
) -> None:
    call = f"walk_twice({model!r}, 32, {precision!r}, 'adamw', (t.torch.float64,))"
    told = in_a_process_of_its_own(call, WALK=str(tmp_path))
    assert told["device"] == f"{CARD}:0"
    assert max(told["apart"]) <= apart, told


class Killed(Exception):
    """Raised in the middle of a training."""


def fit_on_a_card(folder: Path) -> dict[str, Any]:
    """Begin on a card, be killed in the second epoch, go on without it; and all of it on a card."""
    for label in SHAPES:
        (folder / "pictures" / label).mkdir(parents=True)
        for number in range(24):
            draw_shape(label, number).save(folder / "pictures" / label / f"{number}.png")
    recipe = folder / "recipe.toml"
    recipe.write_text('model = "compact"\nsize = 32\nepochs = 3\nbatch = 16\ntest_flip = true\n')
    training = pixonomy.TrainChoices(recipe=str(recipe), weights="none")
    said: list[str] = []

    def fit(run: str, device: str | None, report: Any) -> Any:
        around = pixonomy.Context(1, report=report, device=device)
        choices = pixonomy.FitChoices(training=training)
        return pixonomy.fit([folder / "pictures"], folder / run, choices, context=around)

    def die(sentence: str) -> None:
        if sentence.startswith("Epoch 2"):
            raise Killed

    with machine_with_card([torch.float64]):
        fit("whole", None, said.append)
        with pytest.raises(Killed):
            fit("killed", None, die)
        run = read_run(folder / "whole")
        images = read_arrays(folder / "whole" / "data" / "arrays").images(32).gather(np.arange(3))
        maps = attention_of(run[1], run[0], images, np.arange(3))
        assert maps is not None
    fit("killed", "cpu", said.append)
    about = {
        run: json.loads((folder / run / "training.json").read_text()) for run in ("whole", "killed")
    }
    return {"said": said, "about": about, "maps": maps.shape}


@pytest.mark.slow
def test_fit_runs_on_a_device_to_its_report_and_goes_on_without_it(tmp_path: Path) -> None:
    told = in_a_process_of_its_own(f"fit_on_a_card(t.Path({str(tmp_path)!r}))")
    about = told["about"]
    assert (about["whole"]["device"], about["killed"]["device"]) == (f"{CARD}:0", "cpu")
    assert about["whole"]["validation"]["n"] > 0
    assert any(f"Computing on {CARD}:0 in float32." in sentence for sentence in told["said"])
    assert told["maps"][0] == 3
    whole, killed = (pl.read_csv(tmp_path / run / "history.csv") for run in about)
    assert whole.height == killed.height == 3
    assert whole.drop("seconds").row(0) == killed.drop("seconds").row(0)
    # The processor may go on in another precision than the card began in.
    assert np.allclose(whole["train_loss"], killed["train_loss"], atol=0.05)
