"""A model's name and settings go in; the Keras model comes out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
from keras import layers

from pixonomy.errors import SettingError
from pixonomy.models.backend import Precision, building
from pixonomy.models.compact import compact_features
from pixonomy.models.fused import Entrance, fuse
from pixonomy.models.pretrained import build_backbone
from pixonomy.models.vgg import initialise_he, vgg_features

_CAFFE_MEANS = (103.939, 116.779, 123.68)  # blue, green, red: what VGG's own weights expect


@dataclass(frozen=True)
class Architecture:
    """A kind of network.

    Attributes:
        application: its class in keras.applications, or None for one of our own.
        smallest: the least input size, in pixels, that leaves a map to pool.
    """

    family: Literal["vgg", "compact", "pooled"]
    application: str | None
    smallest: int


ZOO: dict[str, Architecture] = {
    "compact": Architecture("compact", None, 16),
    "mobilenet": Architecture("pooled", "MobileNetV2", 32),
    "vgg16": Architecture("vgg", "VGG16", 32),
    "vgg19": Architecture("vgg", "VGG19", 32),
}
"""Every model by its name."""


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


def architecture(model: str) -> Architecture:
    """Return the architecture of that name.

    Raises:
        SettingError: naming the known ones.
    """
    if model not in ZOO:
        raise SettingError(f"There is no model {model!r}; known are {', '.join(sorted(ZOO))}.")
    return ZOO[model]


def build_model(settings: ModelSettings, precision: Precision) -> Any:
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
    keras.utils.set_random_seed(settings.seed)
    with building(precision):
        images = keras.Input((3, settings.size, settings.size), dtype="uint8", name="images")
        inputs = Entrance(name="entrance")(_preprocess(images, settings, kind))
        features = _features(inputs, settings, kind)
        embedding = layers.Dropout(settings.dropout, name="embedding", seed=1)(features)
        logits = layers.Dense(settings.categories, dtype="float32", name="logits")(embedding)
        return keras.Model(images, logits, name=settings.model)


def _features(inputs: Any, settings: ModelSettings, kind: Architecture) -> Any:
    if kind.family == "compact":
        small = keras.Input(inputs.shape[1:], dtype=inputs.dtype)
        features = compact_features(small, settings.size)
        return fuse(keras.Model(small, features, name="compact_features"))(inputs)
    backbone = build_backbone(str(kind.application), settings.size, settings.weights)
    if kind.family == "vgg":
        if not settings.is_pretrained:
            initialise_he(backbone, settings.seed)
        return vgg_features(backbone, inputs, settings.dense, settings.dropout)
    # In float32: a mean over a map of bfloat16 loses half of its few digits.
    return layers.GlobalAveragePooling2D(name="pool", dtype="float32")(backbone(inputs))


def _preprocess(images: Any, settings: ModelSettings, kind: Architecture) -> Any:
    if kind.family == "vgg" and settings.is_pretrained:
        blue_first = images[:, ::-1]
        offset = [-mean for mean in _CAFFE_MEANS]
        shape = (3, 1, 1)
        return layers.Rescaling(1.0, keras.ops.reshape(offset, shape).tolist())(blue_first)
    return layers.Rescaling(1 / 127.5, -1.0, name="rescale")(images)
