from pathlib import Path

import numpy as np
import pytest

from pixonomy.errors import SettingError
from pixonomy.models.backend import keras
from pixonomy.models.zoo import ModelSettings, build_model

layers = keras.layers


def settings(model: str, size: int = 32, **changes: object) -> ModelSettings:
    content = {"categories": 4, "dense": 32, "dropout": 0.2, "seed": 0} | changes
    return ModelSettings(model=model, size=size, **content)  # type: ignore[arg-type]


def all_layers(model: keras.Model) -> list[keras.layers.Layer]:
    found = []
    for layer in model.layers:
        found += all_layers(layer) if isinstance(layer, keras.Model) else [layer]
    return found


def count(model: keras.Model, kind: type) -> int:
    return sum(isinstance(layer, kind) for layer in all_layers(model))


@pytest.mark.parametrize(("name", "convolutions"), [("vgg16", 13), ("vgg19", 16)])
def test_vgg_has_its_convolutions_five_pools_and_three_dense_layers(
    name: str, convolutions: int
) -> None:
    model = build_model(settings(name, dense=64), "float32")
    assert count(model, layers.Conv2D) == convolutions
    assert count(model, layers.MaxPooling2D) == 5
    dense = [layer for layer in all_layers(model) if isinstance(layer, layers.Dense)]
    assert [layer.units for layer in dense] == [64, 64, 4]


@pytest.mark.parametrize("size", [50, 100])
def test_vgg_takes_the_sizes_of_the_story(size: int) -> None:
    model = build_model(settings("vgg16", size), "float32")
    images = np.zeros((1, 3, size, size), np.uint8)
    assert model.predict_on_batch(images).shape == (1, 4)


def test_the_signal_of_a_fresh_vgg_neither_dies_nor_explodes() -> None:
    model = build_model(settings("vgg19", 50, dense=512), "float32")
    images = np.random.default_rng(0).integers(0, 256, (4, 3, 50, 50), np.uint8)
    embed = keras.Model(model.input, model.get_layer("embedding").output)
    assert 0.05 < np.asarray(embed.predict_on_batch(images)).std() < 20


@pytest.mark.parametrize("name", ["airbench", "compact", "convnexttiny", "mobilenet", "vgg16"])
def test_every_model_gives_float32_logits_and_has_an_embedding(name: str) -> None:
    model = build_model(settings(name), "mixed_bfloat16")
    logits = np.asarray(model.predict_on_batch(np.zeros((2, 3, 32, 32), np.uint8)))
    assert logits.shape == (2, 4)
    assert logits.dtype == np.float32
    assert model.get_layer("embedding") is not None


@pytest.mark.parametrize("size", [32, 48, 64, 96, 128])
def test_compact_takes_pictures_from_32_to_128_pixels(size: int) -> None:
    model = build_model(settings("compact", size), "float32")
    assert model.predict_on_batch(np.zeros((2, 3, size, size), np.uint8)).shape == (2, 4)


def test_the_same_seed_builds_the_same_network() -> None:
    first, second = (build_model(settings("compact"), "float32") for _ in range(2))
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_building_leaves_keras_settings_as_they_were() -> None:
    before = keras.config.image_data_format(), keras.config.dtype_policy().name
    build_model(settings("compact"), "mixed_bfloat16")
    assert (keras.config.image_data_format(), keras.config.dtype_policy().name) == before


def test_an_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(SettingError, match="airbench, compact, convnextbase"):
        build_model(settings("alexnet"), "float32")


def test_a_picture_too_small_for_the_network_is_refused() -> None:
    with pytest.raises(SettingError, match="at least 32 px, not 16"):
        build_model(settings("vgg16", 16), "float32")


def test_a_weights_file_of_another_network_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.weights.h5"
    keras.Sequential([keras.Input((2,)), layers.Dense(1)]).save_weights(wrong)
    with pytest.raises(SettingError, match="does not hold the weights of a headless MobileNetV2"):
        build_model(settings("mobilenet", weights=wrong, is_pretrained=True), "float32")


def test_weights_of_the_same_headless_network_are_taken(tmp_path: Path) -> None:
    saved = tmp_path / "own.weights.h5"
    donor = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(32, 32, 3))
    donor.save_weights(saved)
    model = build_model(settings("mobilenet", weights=saved, is_pretrained=True), "float32")
    kernel = next(one for one in all_layers(model) if one.name == "Conv1").get_weights()[0]
    np.testing.assert_array_equal(kernel, donor.get_layer("Conv1").get_weights()[0])
