import numpy as np
import pytest

from pixonomy.bench.memory import watch_memory
from pixonomy.models.backend import BACKEND, keras
from pixonomy.models.predictor import make_predictor
from pixonomy.models.zoo import ModelSettings, build_model


def _network(model: str, size: int) -> keras.Model:
    settings = ModelSettings(model, size, 3, 16, 0.2, 0, None, False)
    return build_model(settings, "float32")


def _images(count: int, size: int) -> np.ndarray:
    random = np.random.default_rng(0)
    return random.integers(0, 256, (count, 3, size, size), dtype=np.uint8)


@pytest.mark.parametrize(("model", "size"), [("compact", 32), ("mobilenet", 32), ("vgg16", 32)])
def test_a_model_is_predicted_with_as_keras_does_it(model: str, size: int) -> None:
    network, images = _network(model, size), _images(5, size)
    wanted = np.asarray(network.predict_on_batch(images))
    given = make_predictor(network)(images)
    assert given.dtype == np.float32
    np.testing.assert_allclose(given, wanted, rtol=1e-4, atol=1e-5)


def test_weights_that_change_are_followed() -> None:
    network, images = _network("compact", 32), _images(2, 32)
    predict = make_predictor(network)
    before = predict(images)
    network.set_weights([weight * 0.5 for weight in network.get_weights()])
    assert not np.allclose(predict(images), before)
    np.testing.assert_allclose(predict(images), network.predict_on_batch(images), rtol=1e-4)


@pytest.mark.skipif(BACKEND != "torch", reason="JAX's compiler frees by itself")
def test_what_no_layer_reads_any_more_is_freed() -> None:
    network, images = _network("mobilenet", 96), _images(32, 96)
    network = keras.Model(network.input, network.get_layer("embedding").output)
    predict = make_predictor(network)
    predict(images[:1])
    with watch_memory() as before:
        predict(images[:1])
    with watch_memory() as ours:
        predict(images)
    # 32 pictures of 96 px: all layers together give 240 MB, the two largest neighbours 60.
    assert ours.anonymous_bytes - before.anonymous_bytes < 120 * 2**20
