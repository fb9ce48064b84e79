"""A network that learns to classify 32 px images in minutes, from scratch.

After airbench (Jordan 2024, arXiv:2404.00498): a first layer that decorrelates small patches of
the training images and is never trained, three blocks of two convolutions without residuals,
pooling before normalisation, kernels that start as the identity as far as they can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

if TYPE_CHECKING:
    import jax
    import torch

_WHITENING = "whitening"
_WIDTHS = (64, 256, 256)
_PATCH = 2  # pixels a side
_LEAST_VARIANCE = 5e-4  # of a direction, in inputs of -1 to 1; less is noise, not to be enlarged
_LOGIT_SCALE = 1 / 9  # small logits at first; the rate suits them (airbench's figure)


def airbench_features(images: keras.KerasTensor) -> keras.KerasTensor:
    """Return features, shape (n, 256).

    Args:
        images: the preprocessed input tensor, shape (n, 3, size, size), -1 to 1.
    """
    # Twelve values make a patch, so twelve directions, each with its negative: GELU lets only one
    # sign of a direction through.
    filters = 2 * 3 * _PATCH**2
    x = layers.Conv2D(filters, _PATCH, use_bias=False, name=_WHITENING, trainable=False)(images)
    x = layers.Activation("gelu", name="whitening_gelu")(x)
    for block, width in enumerate(_WIDTHS, 1):
        x = _convolve(x, width, f"block{block}_conv1", pool=True)
        x = _convolve(x, width, f"block{block}_conv2")
    # The maximum over the last map, not the mean, as in airbench; in float32, as the logits are.
    x = layers.GlobalMaxPooling2D(name="pool", dtype="float32")(x)
    return layers.Rescaling(_LOGIT_SCALE, name="scale", dtype="float32")(x)


def fit_whitening(model: keras.Model, images: npt.NDArray[np.uint8]) -> None:
    """Set the first layer of a model made of `airbench_features` by some training images."""
    for network in model.layers:
        for layer in getattr(network, "layers", []):
            if layer.name == _WHITENING:
                layer.set_weights([whitening_kernel(images)])


def whitening_kernel(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the kernel that decorrelates the small patches of images, and its negative.

    Args:
        images: uint8, shape (n, 3, size, size).

    Returns:
        float32, shape (2, 2, 3, 24): as Keras holds it.
    """
    values = images.astype(np.float32) / 127.5 - 1
    # (n, 3, h', w', 2, 2), then one row a patch with the channel last: the order of Keras's
    # kernels.
    patches = np.lib.stride_tricks.sliding_window_view(values, (_PATCH, _PATCH), axis=(2, 3))
    flat = patches.transpose(0, 2, 3, 4, 5, 1).reshape(-1, 3 * _PATCH**2)
    # Second moments about zero, not about the mean: brightness is a direction like any other. eigh
    # orders by rising variance, hence the reversal below.
    variances, directions = np.linalg.eigh(flat.T @ flat / len(flat))
    kernel = directions[:, ::-1] / np.sqrt(variances[::-1] + _LEAST_VARIANCE)
    both = np.concatenate([kernel, -kernel], axis=1)
    return np.asarray(both.reshape(_PATCH, _PATCH, 3, -1), np.float32)


@keras.saving.register_keras_serializable("pixonomy")
class IdentityFirst(keras.initializers.Initializer):
    """As many filters as there are channels let those through; the others are drawn at random.

    (Zagoruyko & Komodakis 2017 call such kernels Dirac's.)
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed

    def __call__(
        self, shape: tuple[int, int, int, int], dtype: str | None = None, **_other: object
    ) -> torch.Tensor | jax.Array:
        """Return a kernel of shape (height, width, in, out)."""
        height, width, entering, leaving = shape
        # Uniform within 1 / sqrt(fan in): PyTorch's start of a convolution, which airbench leaves
        # in the filters that are not the identity.
        draw = keras.initializers.VarianceScaling(1 / 3, seed=self.seed, distribution="uniform")
        kernel = np.array(keras.ops.convert_to_numpy(draw(shape, dtype="float32")))
        through = min(entering, leaving)
        kernel[..., :through] = 0
        kernel[height // 2, width // 2, range(through), range(through)] = 1
        return keras.ops.convert_to_tensor(kernel, dtype=dtype)

    def get_config(self) -> dict[str, int | None]:
        """Return the constructor's arguments."""
        return {"seed": self.seed}


def _convolve(x: keras.KerasTensor, width: int, name: str, pool: bool = False) -> keras.KerasTensor:
    x = layers.Conv2D(
        width, 3, padding="same", use_bias=False, name=name, kernel_initializer=IdentityFirst()
    )(x)
    if pool:
        x = layers.MaxPooling2D(name=f"{name}_pool")(x)
    # A short memory: the weights change fast, and a scale the next kernel has anyway is left out.
    x = layers.BatchNormalization(
        axis=1, momentum=0.6, epsilon=1e-5, scale=False, name=f"{name}_norm"
    )(x)
    return layers.Activation("gelu", name=f"{name}_gelu")(x)
