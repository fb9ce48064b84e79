"""Tells which parts of an image a bundle's answer rests on, where that is known exactly.

Where logits are linear in the mean of a map of features, a category's logit is the sum over the
cells of (weights of the category) x (features of the cell), plus a bias. No gradient is needed and
nothing is approximated; where the sum is not the logit, there is no map.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from pixonomy.bundle.answer import Square
from pixonomy.bundle.load import MODEL_FILE, Bundle, find_bundle
from pixonomy.errors import BundleError, SettingError
from pixonomy.inference.form import LARGEST_MODEL, LINEAR_BIAS, LINEAR_KERNEL
from pixonomy.inference.whole_file import read_whole
from pixonomy.storage.files import printable, storage_errors

Floats = npt.NDArray[np.float32]

_ROUNDING = 1e-3  # of the largest logit, or of 1: what float32 may lose on the way


@dataclass(frozen=True)
class Explanation:
    """What the parts of an image contribute to a category's logit.

    Attributes:
        map: float32 (h, w), a cell for each part of the image as the network sees it, see
            `images.resize`. What is above 0 speaks for the category, what is below against it.
        bias: what no part of the image contributes: `map.sum() + bias` is the category's logit.
    """

    label: str
    map: Floats
    bias: float


class Explainer:
    """Explains the answers of a loaded bundle."""

    def __init__(self, bundle: Bundle, kernel: Floats, bias: Floats) -> None:
        """Take the weights of its linear head, (d, k) and (k,); see `open_explainer`."""
        self._bundle, self._kernel, self._bias = bundle, kernel, bias

    def explain(self, square: Square, label: str | None = None) -> Explanation | None:
        """Return what a category's logit of one image is made of.

        Args:
            square: uint8 (3, size, size), as `images.resize.frame` gives it.
            label: the category; None: the likeliest one.

        Returns:
            None where the linear head alone did not make this answer.

        Raises:
            SettingError: if the label is unknown.
            BundleError: if the network cannot be run.
        """
        (logits,), (features,) = self._bundle.network.run_with_features(square[None])
        place = int(logits.argmax()) if label is None else self._place(label)
        linear = features.mean(axis=(0, 1)) @ self._kernel + self._bias
        for exponent in self._bundle.linear_exponents:
            # A gated head gives log-probabilities: the same is taken off every category's score.
            gated = self._bundle.network.is_gated
            less = float(np.logaddexp.reduce(exponent * linear)) if gated else 0.0
            apart = np.abs(exponent * linear - less - logits).max()
            if apart <= _ROUNDING * max(1, np.abs(logits).max()):
                cells = exponent * (features @ self._kernel[:, place]) / features[..., 0].size
                bias = float(exponent * self._bias[place] - less)
                return Explanation(self._bundle.labels[place], cells.astype(np.float32), bias)
        return None

    def _place(self, label: str) -> int:
        if label not in self._bundle.labels:
            raise SettingError(f"The bundle knows no category {label[:80]!r}.")
        return self._bundle.labels.index(label)


def open_explainer(bundle: Bundle, path: Path) -> Explainer | None:
    """Return what explains the answers of a loaded bundle.

    Args:
        path: that it was loaded from.

    Returns:
        None where its head is not linear in the mean of a map, or never answers alone.

    Raises:
        BundleError: if its model has been changed since.
    """
    if not bundle.linear_exponents:
        return None
    folder = find_bundle(path)
    with storage_errors(folder / MODEL_FILE):
        content = read_whole(folder / MODEL_FILE, LARGEST_MODEL)
    if sha256(content).hexdigest() != bundle.about["hashes"][MODEL_FILE]:
        raise BundleError(f"{MODEL_FILE} in {printable(folder)} was changed after it was loaded.")
    weights = {
        one.name: numpy_helper.to_array(one)
        for one in onnx.load_model_from_string(content).graph.initializer
        if one.name in (LINEAR_KERNEL, LINEAR_BIAS)
    }
    if not _fit(bundle, weights):
        raise BundleError(
            f"{MODEL_FILE} in {printable(folder)} gives features, but not the weights of a linear "
            "head that sees them. Get the bundle anew."
        )
    return Explainer(bundle, weights[LINEAR_KERNEL], weights[LINEAR_BIAS])


def _fit(bundle: Bundle, weights: Mapping[str, npt.NDArray[np.generic]]) -> bool:
    """Return whether weights are there and of the shapes that the network's features ask for."""
    network, kernel, bias = bundle.network, weights.get(LINEAR_KERNEL), weights.get(LINEAR_BIAS)
    if kernel is None or bias is None or {kernel.dtype, bias.dtype} != {np.dtype(np.float32)}:
        return False
    shape = (network.dimensions, network.categories)
    return kernel.shape == shape and bias.shape == shape[1:]
