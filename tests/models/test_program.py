from typing import Any

import numpy as np
import pytest
import torch

from pixonomy.models.backend import Precision, keras, use_threads
from pixonomy.models.program import NotFlat, Program, forward_of
from pixonomy.models.zoo import ModelSettings, build_model

IMAGES = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (4, 3, 32, 32), np.uint8))


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    before = torch.get_num_threads()
    use_threads(1)
    yield
    use_threads(before)


def make(model: str, precision: Precision, dropout: float = 0.3) -> Any:
    return build_model(ModelSettings(model, 32, 3, 16, dropout, seed=0), precision)


def restart(model: Any, values: list[Any]) -> None:
    """Take a model back to where it was, the state of its dropout included."""
    for variable, value in zip(model.variables, values, strict=True):
        with torch.no_grad():
            variable._value.copy_(value)
    for variable in model.trainable_variables:
        variable._value.grad = None


def gradients_of(model: Any, outputs: torch.Tensor) -> list[torch.Tensor]:
    torch.nn.functional.cross_entropy(outputs.float(), torch.tensor([0, 1, 2, 0])).backward()  # type: ignore[no-untyped-call]
    return [variable._value.grad for variable in model.trainable_variables]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", ["compact", "airbench", "vgg16", "mobilenet", "resnet50v2"])
def test_it_computes_what_the_model_does_bit_by_bit(name: str, precision: Precision) -> None:
    model = make(name, precision)
    program = Program(model)
    with torch.no_grad():
        assert torch.equal(program(IMAGES, False), model(IMAGES, training=False))
    start = [variable._value.detach().clone() for variable in model.variables]
    sides = []
    forwards: list[Any] = [lambda: model(IMAGES, training=True), lambda: program(IMAGES, True)]
    for forward in forwards:
        restart(model, start)
        outputs = forward()
        sides.append((outputs, gradients_of(model, outputs), [v.numpy() for v in model.variables]))
    (wanted, wanted_gradients, left), (given, given_gradients, right) = sides
    assert torch.equal(given, wanted)
    for one, other in zip(wanted_gradients, given_gradients, strict=True):
        assert torch.equal(one, other)
    for one, other in zip(left, right, strict=True):  # moving statistics, dropout's state
        np.testing.assert_array_equal(one, other)


def test_kept_normalisations_are_folded_into_the_convolutions_before() -> None:
    model = make("mobilenet", "float32", dropout=0.0)
    calls = len(list(Program(model).outputs(IMAGES)))
    norms = [
        layer
        for layer in model.get_layer("mobilenetv2_1.00_32").layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    for norm in norms:
        norm.trainable = False
    program = Program(model)
    assert len(list(program.outputs(IMAGES))) < calls - len(norms)  # and rectifiers
    sides = []
    forwards: list[Any] = [lambda: model(IMAGES, training=True), lambda: program(IMAGES, True)]
    for forward in forwards:
        for variable in model.trainable_variables:
            variable._value.grad = None
        outputs = forward()
        sides.append((outputs, gradients_of(model, outputs)))
    (wanted, wanted_gradients), (given, given_gradients) = sides
    torch.testing.assert_close(given, wanted, rtol=1e-3, atol=1e-4)
    for one, other in zip(wanted_gradients, given_gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-2, atol=1e-4)


def test_it_follows_the_weights_as_they_change() -> None:
    model = make("compact", "float32")
    program = Program(model)
    before = program(IMAGES, False)
    model.set_weights([weights * 1.5 for weights in model.get_weights()])
    with torch.no_grad():
        assert not torch.equal(program(IMAGES, False), before)
        assert torch.equal(program(IMAGES, False), model(IMAGES, training=False))


def test_a_model_that_is_no_plain_list_is_called_as_it_is() -> None:
    images = keras.Input((3, 32, 32), dtype="uint8")
    flat = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(images))
    scores = keras.layers.Dense(2)(flat)
    model = keras.Model(images, scores * 2)
    with pytest.raises(NotFlat):
        Program(model)
    with torch.no_grad():
        assert torch.equal(forward_of(model)(IMAGES, False), model(IMAGES, training=False))
