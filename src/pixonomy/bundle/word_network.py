"""Gets what answers by words: a network with ImageNet's classes, or with an encoder's phrases."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pixonomy.bundle.embedder import export_embedder
from pixonomy.dataset.category import Category
from pixonomy.errors import SettingError
from pixonomy.heads.word_head import WordHead
from pixonomy.inference.embed import EmbeddingNetwork
from pixonomy.inference.form import LARGEST_MODEL
from pixonomy.inference.whole_file import read_whole
from pixonomy.inference.wrap_backbone import wrap_backbone
from pixonomy.models.on_torch import on_torch
from pixonomy.semantic_prior.encoder_folder import find_encoder
from pixonomy.semantic_prior.encoders import make_phrase_head
from pixonomy.semantic_prior.prior import class_weights, imagenet_classes

SIZE = 224
"""Pixels a side at which ImageNet's networks were trained, and know most."""


@dataclass(frozen=True)
class WordNetwork:
    """What a bundle that answers by words is made of.

    Attributes:
        network: an ONNX model from `images` to `embedding`.
        size: of its square images, in pixels.
    """

    network: bytes
    head: WordHead
    size: int


def open_encoder(folder: Path, categories: Sequence[Category]) -> WordNetwork:
    """Return the image network of an encoder, with the categories' phrases as its classes.

    Raises:
        SettingError: if a file of the encoder is missing or is not understood.
    """
    from pixonomy.semantic_prior.text_tower import TextTower

    files = find_encoder(folder)
    content = read_whole(files.image, LARGEST_MODEL)
    network = wrap_backbone(content, files.preprocessing)
    size = EmbeddingNetwork(network).size
    phrases = make_phrase_head(categories, TextTower(files.text, files.tokenizer))
    bias = np.zeros(len(phrases.phrases), np.float32)
    return WordNetwork(network, WordHead(phrases.kernel, bias, phrases.weights), size)


def open_imagenet(weights: str | Path, categories: Sequence[Category]) -> WordNetwork:
    """Return MobileNetV2 with ImageNet's classes, weighed by the categories' words.

    Raises:
        SettingError: if the weights cannot be had, or have no head of named classes.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "headless.onnx"
        on_torch(_export, weights, path)
        network = path.read_bytes()
    head = on_torch(_find_head, weights, EmbeddingNetwork(network).dimensions)
    if head is None:
        raise SettingError(
            f"The weights {str(weights)!r} have no head of ImageNet's classes beside them, and "
            "words need one: give --weights imagenet, NAME_notop.weights.h5 with NAME_head.npz "
            "beside it, or an encoder."
        )
    kernel, bias = head
    return WordNetwork(
        network, WordHead(kernel, bias, class_weights(categories, imagenet_classes())), SIZE
    )


def _export(weights: str | Path, path: Path) -> None:
    from pixonomy.models.pretrained import WeightsUnavailable

    try:
        export_embedder(weights, path, SIZE)
    except WeightsUnavailable as error:
        raise SettingError(
            "The ImageNet weights of MobileNetV2 could not be downloaded, and words need them: "
            "give a file with --weights FILE, or an encoder."
        ) from error


def _find_head(weights: str | Path, dimensions: int) -> "tuple[np.ndarray, np.ndarray] | None":
    from pixonomy.models.headless import MODEL
    from pixonomy.models.imagenet_head import find_head

    return find_head(MODEL, weights, dimensions)
