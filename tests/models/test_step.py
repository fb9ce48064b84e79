from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from pixonomy.models.backend import use_threads
from pixonomy.models.optimizer import FusedAdamW, averaged
from pixonomy.models.step import torch_step
from pixonomy.models.targets import Objective, Targets
from pixonomy.models.zoo import ModelSettings, build_model

GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.integers(0, 256, (12, 3, 32, 32), np.uint8)
LABELS = np.arange(12) % 3


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    use_threads(1)
    yield
    use_threads(before)


def make(model: str = "vgg16", **options: Any) -> Any:
    made = build_model(ModelSettings(model, 32, 3, dense=16, dropout=0.0, seed=0), "float32")
    optimizer = FusedAdamW(1e-3, weight_decay=0.1, **options)
    made.compile(optimizer)
    optimizer.build(made.trainable_variables)
    return made


def loss_of(targets: Targets, objective: Objective) -> float:
    return torch_step(make(), objective)(IMAGES, targets)


def test_a_batch_taken_in_parts_gives_the_step_of_the_whole() -> None:
    whole, parted = make(), make()
    losses = [
        torch_step(model, Objective(0.1, micro_batches=micro_batches))(IMAGES, Targets(LABELS))
        for model, micro_batches in ((whole, 1), (parted, 5))
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    # Adam's first step is as long for a tiny gradient as for a large one: compare the gradients.
    for one, other in zip(whole.trainable_variables, parted.trainable_variables, strict=True):
        scale = float(one.value.grad.abs().max()) + 1e-9
        assert float((one.value.grad - other.value.grad).abs().max()) < 1e-3 * scale


def test_a_mixed_picture_costs_the_mean_of_both_its_labels() -> None:
    others, plain = LABELS[::-1].copy(), Objective(0.1)
    first, second = (loss_of(Targets(labels), plain) for labels in (LABELS, others))
    shares = np.full(12, 0.3, np.float32)
    mixed = loss_of(Targets(LABELS, others, shares), plain)
    assert mixed == pytest.approx(0.3 * first + 0.7 * second, rel=1e-5)


def test_an_error_counts_as_much_as_its_label() -> None:
    only = np.flatnonzero(LABELS == 1)
    alone = torch_step(make(), Objective())(IMAGES[only], Targets(LABELS[only]))
    weights = np.array([0, 3, 0], np.float32)
    assert loss_of(Targets(LABELS), Objective(weights=weights)) == pytest.approx(alone, rel=1e-4)


def test_averages_follow_the_weights_and_stand_in_for_them_inside_the_block() -> None:
    model = make("compact", use_ema=True, ema_momentum=0.5)
    wanted = [variable.numpy() for variable in model.trainable_variables]
    for step in range(4):
        torch_step(model, Objective())(IMAGES, Targets(LABELS))
        kept = min(0.5, (1 + step) / (10 + step))
        wanted = [
            kept * average + (1 - kept) * variable.numpy()
            for average, variable in zip(wanted, model.trainable_variables, strict=True)
        ]
    latest = [variable.numpy() for variable in model.trainable_variables]
    with averaged(model):
        for variable, average in zip(model.trainable_variables, wanted, strict=True):
            np.testing.assert_allclose(variable.numpy(), average, rtol=1e-4, atol=1e-6)
    for variable, value in zip(model.trainable_variables, latest, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_without_averages_the_block_changes_nothing() -> None:
    model = make("compact")
    before = [variable.numpy() for variable in model.trainable_variables]
    with averaged(model):
        for variable, value in zip(model.trainable_variables, before, strict=True):
            np.testing.assert_array_equal(variable.numpy(), value)
