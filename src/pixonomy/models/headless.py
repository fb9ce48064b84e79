"""MobileNetV2 without its head: what embeds images where there is no bundle yet."""

from pathlib import Path

import keras
from keras import layers

from pixonomy.models.architectures import architecture
from pixonomy.models.backend import building
from pixonomy.models.fused import Entrance
from pixonomy.models.pretrained import build_backbone

MODEL = "mobilenet"


def build_headless(size: int, weights: str | Path | None) -> keras.Model:
    """Build MobileNetV2 without its head, its preprocessing inside, in float32.

    Args:
        size: of the square input, in pixels; at least 32.
        weights: a `.weights.h5` file, `IMAGENET` or None (random); see `build_backbone`.

    Returns:
        A Keras model from uint8 images (n, 3, size, size) to `embedding`, float32 (n, 1280): the
        mean over the last map (Sandler et al. 2018).

    Raises:
        SettingError: if the file does not hold these weights.
        WeightsUnavailable: if they should come from Keras and cannot.
    """
    with building("float32"):
        images = keras.Input((3, size, size), dtype="uint8", name="images")
        inputs = layers.Rescaling(1 / 127.5, -1.0, name="rescale")(images)
        # Rescaled to -1 … 1, which is what these weights were trained on.
        features = build_backbone(architecture(MODEL), size, weights)(
            Entrance(name="entrance")(inputs)
        )
        embedding = layers.GlobalAveragePooling2D(name="embedding")(features)
        return keras.Model(images, embedding, name="headless")
