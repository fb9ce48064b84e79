"""The interface of what turns resized images into vectors, a network or not."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from pixonomy.images.resize import ResizeSpec


class Embedder(Protocol):
    """Called with images, uint8 (n, 3, size, size), it returns float32 (n, d).

    It can be sent to a worker process, where it loads what it needs at its first call. The
    vector of an image does not depend on the images beside it.
    """

    @property
    def resize_spec(self) -> ResizeSpec:
        """How an image becomes what it takes."""

    @property
    def identity(self) -> str:
        """What names it in fingerprints: equal identities give equal vectors."""

    @property
    def dimensions(self) -> int:
        """The length d of its vectors."""

    def __call__(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return the vectors of images."""
