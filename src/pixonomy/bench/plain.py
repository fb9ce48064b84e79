"""Rebuilds one of our models as plain Keras has it, to be measured beside it."""

from typing import Any

from pixonomy.models.backend import keras
from pixonomy.models.fused import FUSED, Entrance


def plain_network(model: Any) -> Any:
    """Rebuild a float32 model of Keras's own layers in Keras's own order, channels last.

    Args:
        model: from uint8 images (n, 3, size, size) to logits; its layers channels first.

    Returns:
        A Keras model from uint8 images (n, size, size, 3) to logits, drawn anew, not compiled.
    """
    _, channels, height, width = model.input_shape
    return _rebuild(model, keras.Input((height, width, channels), dtype="uint8"))


def _rebuild(model: Any, images: Any) -> Any:
    def replace(layer: Any) -> Any:
        if isinstance(layer, Entrance):
            return keras.layers.Identity(name=layer.name)
        if isinstance(layer, keras.Model):
            _, channels, height, width = layer.input_shape
            return _rebuild(layer, keras.Input((height, width, channels)))
        kind = next((kind for kind, ours in FUSED.items() if type(layer) is ours), type(layer))
        config = layer.get_config() | {"dtype": "float32"}
        if "data_format" in config:
            config["data_format"] = "channels_last"
        if config.get("axis") in (1, [1]) and kind is keras.layers.BatchNormalization:
            config["axis"] = -1
        return kind.from_config(config)

    return keras.models.clone_model(model, input_tensors=images, clone_function=replace)
