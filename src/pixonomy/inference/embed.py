"""Framed pictures go in; what a network sees in them comes out as vectors, without Keras."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pixonomy.files import storage_errors
from pixonomy.inference.session import EMBEDDING, INPUT, check_shapes, open_session

_BATCH = 8  # pictures at once: larger batches fall out of the processor's cache, 15 % slower


class EmbeddingNetwork:
    """A loaded network of which only the output `embedding` is asked for.

    A bundle's network will do, and so will a headless one that has no logits.
    """

    def __init__(self, content: bytes, threads: int = 1) -> None:
        """Load the bytes of an ONNX model.

        Raises:
            BundleError: if they are no ONNX model of the expected form, or lean on other files.
        """
        self._session: Any = open_session(content, threads)
        inputs, outputs = check_shapes(self._session, {EMBEDDING})
        self.size = int(inputs[INPUT][-1])
        """Of the square pictures it takes, in pixels."""
        self.dimensions = int(outputs[EMBEDDING][-1])
        """d: how many numbers it says of a picture."""

    def run(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return embeddings, float32 (n, d), of images, uint8 (n, 3, size, size).

        The embedding of a picture does not depend on those beside it.
        """
        embeddings = np.empty((len(images), self.dimensions), np.float32)
        for start in range(0, len(images), _BATCH):
            batch = images[start : start + _BATCH]
            (embeddings[start : start + _BATCH],) = self._session.run([EMBEDDING], {INPUT: batch})
        return embeddings


@lru_cache(1)  # a worker process embeds thousands of pictures, task by task, with one network
def load_embedding_network(path: Path) -> EmbeddingNetwork:
    """Load an ONNX file to run on one thread; once a process.

    Raises:
        BundleError: if it is no ONNX model of the expected form.
        StorageError: if it cannot be read.
    """
    with storage_errors(path):
        content = path.read_bytes()
    return EmbeddingNetwork(content)
