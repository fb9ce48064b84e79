import numpy as np
import pytest

from pixonomy.models.attention import activation_maps
from pixonomy.models.backend import keras
from pixonomy.models.zoo import ModelSettings, build_model


def one_spot_model(channels_last: bool = False) -> keras.Model:
    """Says how bright a picture is: category 0 by its red, category 1 by its blue."""
    images = keras.Input((3, 32, 32), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(images)
    layout = "channels_first"
    if channels_last:
        x = keras.layers.Permute((2, 3, 1), name="channels_last")(x)
        layout = "channels_last"
    x = keras.layers.Conv2D(2, 4, strides=4, data_format=layout, name="look")(x)
    x = keras.layers.GlobalAveragePooling2D(layout)(x)
    model = keras.Model(images, keras.layers.Dense(2, name="say")(x))
    kernel = np.zeros((4, 4, 3, 2), np.float32)
    kernel[:, :, 0, 0] = kernel[:, :, 2, 1] = 1 / 16
    model.get_layer("look").set_weights([kernel, np.zeros(2, np.float32)])
    model.get_layer("say").set_weights([np.eye(2, dtype=np.float32), np.zeros(2, np.float32)])
    return model


@pytest.mark.parametrize("channels_last", [False, True])
def test_the_part_that_speaks_for_a_category_is_found(channels_last: bool) -> None:
    images = np.zeros((2, 3, 32, 32), np.uint8)
    images[:, 0, :8, :8] = 255  # red above left,
    images[:, 2, -8:, -8:] = 255  # blue below right
    maps = activation_maps(one_spot_model(channels_last), images, np.array([0, 1]))
    assert maps is not None
    assert maps.shape == (2, 8, 8)
    assert (maps[0].argmax(), maps[1].argmax()) == (0, 54)
    assert maps[0, :2, :2].min() == maps[1, -2:, -2:].min() == 1
    assert maps[0, 2:].max() == maps[1, :6].max() == 0


@pytest.mark.parametrize("name", ["compact", "vgg16", "mobilenet"])
def test_our_networks_have_maps_between_zero_and_one(name: str) -> None:
    model = build_model(ModelSettings(name, 64, 3, 32, 0.0, 0), "float32")
    images = np.random.default_rng(0).integers(0, 256, (3, 3, 64, 64), np.uint8)
    maps = activation_maps(model, images, np.array([0, 1, 2]))
    assert maps is not None
    assert len(maps) == 3
    assert min(maps.shape[1:]) >= 4
    assert maps.min() >= 0
    assert maps.max() <= 1


def test_a_network_without_a_map_has_none() -> None:
    images = keras.Input((3, 8, 8), dtype="uint8")
    flat = keras.layers.Flatten()(keras.layers.Rescaling(1.0)(images))
    model = keras.Model(images, keras.layers.Dense(2)(flat))
    assert activation_maps(model, np.zeros((1, 3, 8, 8), np.uint8), np.array([0])) is None
