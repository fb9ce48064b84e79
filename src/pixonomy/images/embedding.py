"""What turns framed pictures into vectors is described here, whatever it is made of."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from pixonomy.images.resize import ResizeSpec


class Embedder(Protocol):
    """Called with pictures, uint8 (n, 3, size, size), it returns float32 (n, d).

    It can be sent to a worker process, where it loads what it needs at its first call. The
    vector of a picture does not depend on the pictures beside it.
    """

    @property
    def resize_spec(self) -> ResizeSpec:
        """How a picture becomes what it takes."""

    @property
    def identity(self) -> str:
        """What tells it from others, for fingerprints: equal identities give equal vectors."""

    @property
    def dimensions(self) -> int:
        """The length d of its vectors."""

    def __call__(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return the vectors of pictures."""
