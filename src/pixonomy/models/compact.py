"""A small, fast network with BatchNorm, trained from scratch at 32 to 128 px.

A residual-free net in the spirit of airbench (Jordan 2024): convolutions of 3 x 3 only, pooling
before normalisation, few channels where maps are large and many where they are small.
"""

import keras
from keras import layers

_WIDTHS = (64, 128, 256, 256)
_SMALLEST_MAP = 4  # pixels: blocks are added until the map is about this small


def compact_features(images: keras.KerasTensor, size: int) -> keras.KerasTensor:
    """Return features, shape (n, 256).

    Args:
        images: the preprocessed input tensor, shape (n, 3, size, size).
        size: pixels; inputs of more than 48 px are halved by the first convolution.
    """
    # Large images lose half of each side at once: the first maps cost most, and show edges only.
    is_large = size > 48
    x = _convolve(images, 32, "stem", kernel=4 if is_large else 3, stride=2 if is_large else 1)
    map_size = size // 2 if is_large else size
    # Three blocks at 32 and 64 px, four at 128.
    for block, width in enumerate(_WIDTHS, 1):
        if map_size // 2 < _SMALLEST_MAP and block > 2:
            break
        x = _convolve(x, width, f"block{block}_conv1", pool=True)
        x = _convolve(x, width, f"block{block}_conv2")
        map_size //= 2
    return layers.GlobalAveragePooling2D(name="pool", dtype="float32")(x)


def _convolve(
    x: keras.KerasTensor,
    width: int,
    name: str,
    kernel: int = 3,
    stride: int = 1,
    pool: bool = False,
) -> keras.KerasTensor:
    # Without a bias: the normalisation behind would subtract it again.
    padding = "same" if stride == 1 else "valid"
    x = layers.Conv2D(
        width, kernel, stride, padding, use_bias=False, name=name, kernel_initializer="he_normal"
    )(x)
    if pool:  # before the normalisation and the activation: a quarter of their work
        x = layers.MaxPooling2D(name=f"{name}_pool")(x)
    x = layers.BatchNormalization(axis=1, momentum=0.9, epsilon=1e-5, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)
