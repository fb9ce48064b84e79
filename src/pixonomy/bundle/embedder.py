"""Chooses what turns images into vectors: a bundle, ImageNet weights, or hand-made features."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pixonomy.bundle.load import MODEL_FILE, load_bundle
from pixonomy.errors import SettingError
from pixonomy.images.embedding import Embedder
from pixonomy.images.handmade_features import HandMadeEmbedder
from pixonomy.images.resize import RESIZE_VERSION, ResizeSpec
from pixonomy.inference.embed import load_embedding_network
from pixonomy.models.on_torch import on_torch
from pixonomy.progress import Context
from pixonomy.storage.files import hash_file, hash_json, printable, storage_errors, write_aside
from pixonomy.storage.locks import lock_file

_DEFAULT = Context()
_IMAGENET, _NONE = "imagenet", "none"

# Measured by the cross-validated accuracy of a linear classifier: at 96, 128, 160 px it is right
# on 67, 76, 77 % of garments and 96, 97, 98 % of savings goals, at 1.1, 2.0, 3.3 ms an image.
_SIZE = 128
_EXPORT_VERSION = 1  # raised when the same weights would give another network


@dataclass(frozen=True)
class NetworkEmbedder:
    """The output `embedding` of an ONNX network, on one thread; see `images.embedding`.

    Attributes:
        path: of the ONNX file; it is loaded once a process, at the first call.
    """

    path: Path
    resize_spec: ResizeSpec
    identity: str
    dimensions: int

    def __call__(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return embeddings, float32 (n, d), of images, uint8 (n, 3, size, size)."""
        return load_embedding_network(self.path).run(images)


def choose_embedder(
    network: str | Path | None, folder: Path, context: Context = _DEFAULT
) -> Embedder:
    """Return what turns images into vectors.

    Args:
        network: a bundle or a run (folders); a `.weights.h5` file of a headless MobileNetV2;
            `imagenet` (those weights by Keras's own loader); `none` (no network: a hand-made
            description); or None: `imagenet` where it can be had. Where it cannot, a sentence
            says so and the hand-made description is returned.
        folder: where the network made of weights is kept, for the next time.

    Raises:
        SettingError: if there is nothing at `network`, or it holds other weights.
        BundleError: if the bundle is damaged.
    """
    if network == _NONE:
        return HandMadeEmbedder()
    if network is None or network == _IMAGENET:
        return _from_imagenet(folder, context)
    path = Path(network)
    with storage_errors(path):
        is_folder, is_file = path.is_dir(), path.is_file()
    if is_folder:
        return _from_bundle(path)
    if not is_file:
        raise SettingError(
            f"There is no bundle and no weights file at {printable(path)}; a network is given by "
            f"one of them, or as {_IMAGENET!r} or {_NONE!r}."
        )
    return _from_weights(path, hash_file(path), folder)


def _from_bundle(path: Path) -> NetworkEmbedder:
    bundle = load_bundle(path)
    folder = path if (path / MODEL_FILE).exists() else path / "bundle"
    model = (folder / MODEL_FILE).absolute()
    dimensions = load_embedding_network(model).dimensions
    identity = str(bundle.about["hashes"][MODEL_FILE])
    return NetworkEmbedder(model, bundle.resize_spec, identity, dimensions)


def _from_imagenet(folder: Path, context: Context) -> Embedder:
    from pixonomy.models.pretrained import WeightsUnavailable

    try:
        return _from_weights(_IMAGENET, _IMAGENET, folder)
    except WeightsUnavailable:
        context.report(
            "No pretrained weights are at hand and none could be downloaded: pictures are "
            "compared by a hand-made description, which tells less (give a bundle or a weights "
            "file with --network)."
        )
        return HandMadeEmbedder()


def _from_weights(weights: str | Path, weights_id: str, folder: Path) -> NetworkEmbedder:
    """Return the network with these weights, exported unless it was before."""
    from pixonomy.models.headless import MODEL

    resize_spec = ResizeSpec(_SIZE)
    identity = hash_json([MODEL, weights_id, _SIZE, RESIZE_VERSION, _EXPORT_VERSION])
    path = (folder / f"embedder-{identity[:16]}.onnx").absolute()
    if not path.exists():
        # Another process may write the same network: wait for it, then look again.
        with lock_file(path, waits=True):  # by which several artefacts may be looked at
            if not path.exists():
                on_torch(export_embedder, weights, path)
    return NetworkEmbedder(path, resize_spec, identity, load_embedding_network(path).dimensions)


def export_embedder(weights: str | Path, path: Path, size: int = _SIZE) -> None:
    """Write the network with these weights, for images of `size`; Keras has to run on PyTorch."""
    from pixonomy.bundle.export_onnx import export_headless
    from pixonomy.models.device import CPU, on_device
    from pixonomy.models.headless import build_headless

    with on_device(CPU), write_aside(path) as partial:
        model = build_headless(size, weights)
        export_headless(model, partial)
