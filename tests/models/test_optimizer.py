from typing import Any

import numpy as np
import pytest
import torch

from pixonomy.models.depth import rate_factors
from pixonomy.models.optimizer import FusedAdamW, Muon, orthogonalise
from pixonomy.models.step import torch_step
from pixonomy.models.targets import Objective, Targets
from pixonomy.models.zoo import ModelSettings, build_model

IMAGES = np.random.default_rng(0).integers(0, 256, (24, 3, 32, 32), np.uint8)
TARGETS = Targets(np.arange(24) % 3)


def make(optimizer: Any, model: str = "compact") -> Any:
    made = build_model(ModelSettings(model, 32, 3, 16, 0.0, 0), "float32")
    made.compile(optimizer)
    optimizer.build(made.trainable_variables)
    return made


@pytest.mark.parametrize("shape", [(3, 3, 16, 64), (3, 3, 256, 32), (1, 1, 8, 8)])
def test_an_orthogonal_kernel_has_singular_values_near_one(shape: tuple[int, ...]) -> None:
    kernel = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    given = orthogonalise(kernel)
    assert given.shape == kernel.shape
    matrix = given.permute(3, 0, 1, 2).flatten(1)
    values = torch.linalg.svdvals(matrix)
    assert 0.2 < float(values.min()) <= float(values.max()) < 1.4
    # It turns no direction round: the kernel and its orthogonal one agree.
    assert float((given * kernel).sum()) > 0


def test_muon_learns() -> None:
    model = make(Muon(0.02, weight_decay=0.0), "airbench")
    losses = [torch_step(model, Objective())(IMAGES, TARGETS) for _ in range(12)]
    assert losses[-1] < 0.2 * losses[0]


def test_muon_decays_kernels_and_no_vector() -> None:
    model = make(Muon(0.5, weight_decay=1.0))
    gradients = [torch.zeros_like(one.value) for one in model.trainable_variables]
    before = [one.numpy() for one in model.trainable_variables]
    with torch.no_grad():
        model.optimizer.apply(gradients, model.trainable_variables)
    for variable, value in zip(model.trainable_variables, before, strict=True):
        share = {1: 1.0, 2: 0.95, 4: 0.5}[value.ndim]  # all but kernels learn at a tenth
        np.testing.assert_allclose(variable.numpy(), share * value, rtol=1e-5, atol=1e-6)


def test_deeper_stages_learn_slower() -> None:
    model = make(FusedAdamW(1e-3, weight_decay=0.0))
    factors = rate_factors(model, 0.5)
    by_name = {path.rpartition("/")[0].rpartition("/")[2]: one for path, one in factors.items()}
    assert by_name["stem"] == 0.0625  # 32 px; then 16, 8 and 4
    assert by_name["block1_conv1"] == 0.0625  # pooled only after it
    assert by_name["block1_conv2"] == 0.125
    assert by_name["block3_conv2"] == 0.5
    assert "logits" not in by_name

    model.optimizer.slow_down(factors)
    before = {one.path: one.numpy() for one in model.trainable_variables}
    torch_step(model, Objective())(IMAGES, TARGETS)
    for variable in model.trainable_variables:
        # Adam's first step is as long as the rate, wherever there is a gradient.
        moved = np.abs(variable.numpy() - before[variable.path]).max()
        assert moved == pytest.approx(1e-3 * factors.get(variable.path, 1.0), rel=0.05)


def test_without_decay_by_depth_all_learn_alike() -> None:
    assert rate_factors(make(FusedAdamW(1e-3)), 1.0) == {}
