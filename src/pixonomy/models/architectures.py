"""The networks that can be chosen, by name, and what each needs; loads no Keras."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pixonomy.errors import SettingError
from pixonomy.nearest_names import suggest

Preprocessing = Literal["unit", "caffe", "torch", "inside"]
"""What pretrained weights expect of pixels: -1 to 1; blue first, less the means; less the means, by
the deviations; 0 to 255, because the network brings its own preprocessing."""


@dataclass(frozen=True)
class Architecture:
    """A kind of network.

    Attributes:
        application: its class in keras.applications, or None for one of our own.
        smallest: the least input size, in pixels, that leaves a map to pool.
        recipe: the shipped recipe that suits it.
        channels_last: whether Keras can build it in that order only.
    """

    family: Literal["vgg", "compact", "airbench", "pooled"]
    application: str | None
    smallest: int
    recipe: str
    preprocessing: Preprocessing = "unit"
    channels_last: bool = False


def _pooled(
    application: str, preprocessing: Preprocessing, smallest: int = 32, channels_last: bool = False
) -> Architecture:
    return Architecture("pooled", application, smallest, "transfer", preprocessing, channels_last)


ARCHITECTURES: dict[str, Architecture] = {
    "airbench": Architecture("airbench", None, 16, "cifar10"),
    "compact": Architecture("compact", None, 16, "compact"),
    "convnextbase": _pooled("ConvNeXtBase", "inside", channels_last=True),
    "convnextsmall": _pooled("ConvNeXtSmall", "inside", channels_last=True),
    "convnexttiny": _pooled("ConvNeXtTiny", "inside", channels_last=True),
    "densenet121": _pooled("DenseNet121", "torch", channels_last=True),
    "densenet169": _pooled("DenseNet169", "torch", channels_last=True),
    "densenet201": _pooled("DenseNet201", "torch", channels_last=True),
    "efficientnetb0": _pooled("EfficientNetB0", "inside"),
    "efficientnetv2b0": _pooled("EfficientNetV2B0", "inside"),
    "efficientnetv2b1": _pooled("EfficientNetV2B1", "inside"),
    "efficientnetv2b2": _pooled("EfficientNetV2B2", "inside"),
    "efficientnetv2b3": _pooled("EfficientNetV2B3", "inside"),
    "efficientnetv2s": _pooled("EfficientNetV2S", "inside"),
    # Without padding each convolution eats a rim: smaller images leave no map (Keras says so, too).
    "inceptionv3": _pooled("InceptionV3", "unit", smallest=75),
    "mobilenet": _pooled("MobileNetV2", "unit"),
    "mobilenetv3large": _pooled("MobileNetV3Large", "inside"),
    "mobilenetv3small": _pooled("MobileNetV3Small", "inside"),
    "resnet101": _pooled("ResNet101", "caffe"),
    "resnet50": _pooled("ResNet50", "caffe"),
    "resnet50v2": _pooled("ResNet50V2", "unit"),
    # Published weights of both expect the pixels as Caffe fed them: blue first, means taken off.
    "vgg16": Architecture("vgg", "VGG16", 32, "vgg16-50", "caffe"),
    "vgg19": Architecture("vgg", "VGG19", 32, "vgg19-50", "caffe"),
    "xception": _pooled("Xception", "unit", smallest=71),
}
"""Every model by its name."""


def architecture(model: str, also: Sequence[str] = ()) -> Architecture:
    """Return the architecture of that name.

    Args:
        also: names of recipes that would have been understood there, too.

    Raises:
        SettingError: naming the known ones.
    """
    if model not in ARCHITECTURES:
        known = ", ".join(sorted(ARCHITECTURES))
        near = suggest(model, (*ARCHITECTURES, *also))
        recipes = f", and the recipes {', '.join(also)}" if also else ""
        raise SettingError(f"There is no model {model!r}; known are {known}{recipes}.{near}")
    return ARCHITECTURES[model]
