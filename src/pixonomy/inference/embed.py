"""Embeds images with an ONNX network, without Keras."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pixonomy.inference.form import EMBEDDING, LARGEST_MODEL, ask
from pixonomy.inference.session import open_session
from pixonomy.inference.whole_file import read_whole
from pixonomy.storage.files import storage_errors

_BATCH = 8  # images at once: larger batches fall out of the processor's cache, 15 % slower


class EmbeddingNetwork:
    """A loaded network of which only the output `embedding` is asked for.

    A bundle's network will do, and so will a headless one that has no logits.
    """

    def __init__(self, content: bytes, threads: int = 1) -> None:
        """Load the bytes of an ONNX model.

        Raises:
            BundleError: if they are no ONNX model of the expected form, or lean on other files.
        """
        self._opened = opened = open_session(content, threads, {EMBEDDING})
        self.size = opened.size
        """Of the square images it takes, in pixels."""
        (self.dimensions,) = opened.widths[EMBEDDING]
        """d: the length of an embedding."""

    def run(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return embeddings, float32 (n, d), of images, uint8 (n, 3, size, size).

        The embedding of an image does not depend on those beside it.

        Raises:
            BundleError: if the network cannot be run, or answers with numbers that are not finite.
        """
        embeddings = np.empty((len(images), self.dimensions), np.float32)
        batch, widths = min(_BATCH, self._opened.at_once), {EMBEDDING: (self.dimensions,)}
        for start in range(0, len(images), batch):
            some = images[start : start + batch]
            (embeddings[start : start + batch],) = ask(self._opened.session, widths, some)
        return embeddings


@lru_cache(1)  # a worker process embeds thousands of images, task by task, with one network
def load_embedding_network(path: Path) -> EmbeddingNetwork:
    """Load an ONNX file to run on one thread; once a process.

    Raises:
        BundleError: if it is no ONNX model of the expected form, or has over LARGEST_MODEL bytes.
        StorageError: if it cannot be read.
    """
    with storage_errors(path):
        content = read_whole(path, LARGEST_MODEL)
    return EmbeddingNetwork(content)
