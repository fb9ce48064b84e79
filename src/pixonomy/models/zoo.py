"""Builds a network by name, from uint8 images to logits, its preprocessing inside."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from pixonomy.errors import SettingError
from pixonomy.models.airbench import airbench_features
from pixonomy.models.architectures import Architecture, architecture
from pixonomy.models.backend import Precision, building
from pixonomy.models.compact import compact_features
from pixonomy.models.fused import Entrance, fuse
from pixonomy.models.pretrained import build_backbone
from pixonomy.models.vgg import initialise_he, vgg_features

_CAFFE_MEANS = (103.939, 116.779, 123.68)  # blue, green, red: of ImageNet, 0 to 255
_TORCH_MEANS, _TORCH_DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # red first, 0 to 1


@dataclass(frozen=True)
class ModelSettings:
    """What a network is built from.

    Attributes:
        size: of the square input, in pixels.
        dense: the width of VGG's dense layers.
        dropout: the share of the embedding dropped in training, 0 to 1.
        seed: decides the random start.
        weights: a file, `IMAGENET` or None; see `build_backbone`.
        is_pretrained: whether the network started from ImageNet weights, which expect their own
            preprocessing; stays true when it is rebuilt to take trained weights.
    """

    model: str
    size: int
    categories: int
    dense: int
    dropout: float
    seed: int
    weights: str | Path | None = None
    is_pretrained: bool = False


def build_model(settings: ModelSettings, precision: Precision) -> keras.Model:
    """Build a network with its preprocessing inside.

    Returns:
        A Keras model from uint8 images (n, 3, size, size) to float32 logits (n, categories);
        the layer `embedding` holds what the last dense layer sees.
    """
    kind = architecture(settings.model)
    if settings.size < kind.smallest:
        raise SettingError(
            f"{settings.model} needs pictures of at least {kind.smallest} px, not {settings.size}."
        )
    # What has no seed of its own draws from Keras's global generator.
    keras.utils.set_random_seed(settings.seed)
    with building(precision):
        images = keras.Input((3, settings.size, settings.size), dtype="uint8", name="images")
        inputs = Entrance(name="entrance")(_preprocess(images, settings, kind))
        features = _features(inputs, settings, kind)
        # Without training a dropout passes its input on: under this name the features are found
        # again.
        embedding = layers.Dropout(settings.dropout, name="embedding", seed=1)(features)
        logits = layers.Dense(settings.categories, dtype="float32", name="logits")(embedding)
        return keras.Model(images, logits, name=settings.model)


def _features(
    inputs: keras.KerasTensor, settings: ModelSettings, kind: Architecture
) -> keras.KerasTensor:
    if kind.application is None:
        return _own_features(inputs, settings, kind)
    backbone = build_backbone(kind, settings.size, settings.weights)
    if kind.family == "vgg":
        if not settings.is_pretrained:
            initialise_he(backbone, settings.seed)
        return vgg_features(backbone, inputs, settings.dense, settings.dropout)
    if kind.channels_last:
        inputs = layers.Permute((2, 3, 1), name="channels_last")(inputs)
    data_format = "channels_last" if kind.channels_last else "channels_first"
    # In float32: a mean over a map of bfloat16 loses half of its few digits.
    pool = layers.GlobalAveragePooling2D(data_format, name="pool", dtype="float32")
    return pool(backbone(inputs))


def _own_features(
    inputs: keras.KerasTensor, settings: ModelSettings, kind: Architecture
) -> keras.KerasTensor:
    images = keras.Input(inputs.shape[1:], dtype=inputs.dtype)
    if kind.family == "compact":
        features = compact_features(images, settings.size)
    else:
        features = airbench_features(images)
    # A model inside the model: `fuse` rebuilds functional models, and others look for networks
    # there.
    return fuse(keras.Model(images, features, name=f"{kind.family}_features"))(inputs)


def _preprocess(
    images: keras.KerasTensor, settings: ModelSettings, kind: Architecture
) -> keras.KerasTensor:
    wanted = kind.preprocessing
    if wanted == "inside":
        # Turns uint8 into floats and nothing else: the network's own layers do the rest.
        return layers.Rescaling(1.0, name="rescale")(images)
    if wanted == "unit" or not settings.is_pretrained:
        return layers.Rescaling(1 / 127.5, -1.0, name="rescale")(images)
    if wanted == "caffe":
        # Caffe read images blue first, and took the means away without scaling.
        return _rescale(keras.ops.flip(images, 1), 1.0, [-mean for mean in _CAFFE_MEANS])
    # (x / 255 - mean) / deviation, as one product and one sum.
    scale = 1 / (255 * np.array(_TORCH_DEVIATIONS))
    return _rescale(images, scale, -np.array(_TORCH_MEANS) / _TORCH_DEVIATIONS)


def _rescale(
    images: keras.KerasTensor, scale: npt.ArrayLike, offset: npt.ArrayLike
) -> keras.KerasTensor:
    """Multiply and shift each channel by numbers of its own."""
    by_channel = [np.reshape(value, (-1, 1, 1)).tolist() for value in (scale, offset)]
    return layers.Rescaling(*by_channel, name="rescale")(images)
