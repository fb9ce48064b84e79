from dataclasses import replace

import numpy as np
import pytest
from torch import nn

from pixonomy.bench.bare import bare_network
from pixonomy.bench.bench_train import WORKS, Work, bench_train, plain_network
from pixonomy.models.zoo import ModelSettings, build_model
from pixonomy.progress import Context


def settings(work: Work) -> ModelSettings:
    return ModelSettings(work.model, work.size, 5, 512, 0.2, 0)


@pytest.mark.parametrize("work", [work for work in WORKS if work.size == 50], ids=str)
def test_the_bare_network_has_as_many_weights_as_ours(work: Work) -> None:
    ours = build_model(settings(work), "float32")
    bare = bare_network(work.recipe, 5)
    statistics = 2 * sum(
        one.num_features for one in bare.modules() if isinstance(one, nn.BatchNorm2d)
    )
    scales = 0 if work.model != "airbench" else statistics // 2  # which ours leaves out there
    weights = sum(one.numel() for one in bare.parameters())
    assert ours.count_params() == weights + statistics - scales


def test_plain_keras_gives_what_ours_gives() -> None:
    ours = build_model(settings(Work("compact", 32, 8)), "float32")
    plain = plain_network(ours)
    plain.set_weights(ours.get_weights())
    images = np.random.default_rng(0).integers(0, 256, (3, 3, 32, 32), np.uint8)
    wanted = np.asarray(ours.predict_on_batch(images))
    given = np.asarray(plain.predict_on_batch(images.transpose(0, 2, 3, 1)))
    np.testing.assert_allclose(given, wanted, atol=1e-4)
    assert {type(layer).__module__.partition(".")[0] for layer in plain.layers} == {"keras"}


@pytest.mark.slow
@pytest.mark.parametrize("work", WORKS, ids=str)
def test_every_work_is_run_to_its_end(work: Work) -> None:
    small = (replace(work, batch=4),)
    (measured,) = bench_train(Context(1), small, rounds=1, least_seconds=0)
    assert measured.figure > 0


@pytest.mark.slow
def test_ours_is_measured_beside_both() -> None:
    (measured,) = bench_train(Context(cores=1), (Work("compact", 32, 8),), rounds=1)
    assert measured.figure > 0
    assert [one.name[:5] for one in measured.yardsticks] == ["bare ", "plain"]
    assert all(one.figure > 0 for one in measured.yardsticks)
