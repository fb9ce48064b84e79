"""Grad-CAM: which part of an image speaks for a category."""

import keras
import numpy as np
import numpy.typing as npt
import torch

from pixonomy.models.device import device_of, lay_on
from pixonomy.models.program import NotFlat, Program

_FEWEST_CELLS = 4  # a side: a coarser map would not separate the parts of an image


def activation_maps(
    model: keras.Model, images: npt.NDArray[np.uint8], categories: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32] | None:
    """Return how much each part of an image speaks for a category.

    This is Grad-CAM (Selvaraju et al. 2017): the channels of the last feature map that has four
    cells a side or more are weighed by the mean gradient of the category's logit with respect to
    them; what speaks against it is cut off.

    Args:
        model: on PyTorch, from uint8 images to logits (n, k).
        images: shape (n, 3, size, size).
        categories: one of the k an image, (n,).

    Returns:
        float32 (n, height, width) of that feature map, 0 to 1, the strongest part of each image
        being 1; None where the model has no such map, or is no plain list of layers.
    """
    try:
        program = Program(model)
    except NotFlat:
        return None
    # Networks that Keras builds channels-last only (ConvNeXt, DenseNet) give (n, height, width, c).
    axes = (1, 2) if any(one.name == "channels_last" for one in model.layers) else (2, 3)
    device = device_of(model)
    features, output = None, None
    for output in program.outputs(lay_on(device, images)):
        is_map = output.ndim == 4 and output.requires_grad
        if is_map and min(output.shape[axis] for axis in axes) >= _FEWEST_CELLS:
            features = output
    if features is None or output is None:
        return None
    # No image's logit depends on another image when predicting, so the gradient of the sum holds
    # that of each image's own logit.
    chosen = output.gather(1, lay_on(device, categories)[:, None]).sum()
    (slopes,) = torch.autograd.grad(chosen, features)
    (channels,) = {1, 2, 3} - set(axes)
    # Equations 1 and 2 of the paper: a weight for each channel, then the positive part of the sum.
    weights = slopes.float().mean(dim=axes, keepdim=True)
    maps = (weights * features.float()).sum(dim=channels).clamp_min(0)
    # Where nothing speaks for the category, the map stays zero instead of dividing by zero.
    highest = maps.amax(dim=(1, 2), keepdim=True).clamp_min(1e-12)
    return (maps / highest).detach().cpu().numpy().astype(np.float32)
