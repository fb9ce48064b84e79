"""Products of embeddings with large matrices in eight bits.

A single image's embedding is multiplied with a matrix that is read once for it: how many bytes that
are is what its time depends on. Rows and columns are quantised by themselves (Jacob et al. 2018),
so that an image's answer does not depend on those beside it.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

LEVELS = 255
"""Of an embedding, from its lowest to its highest number."""

SMALLEST = 1e-12
"""The least step: an embedding of equal numbers has none."""

_LARGEST = 127


class Rows(NamedTuple):
    """Embeddings, (n, d), as about values * step + low; uint8 (n, d), float32 (n, 1) twice."""

    values: npt.NDArray[np.uint8]
    step: Floats
    low: Floats


@dataclass(frozen=True)
class Quantized:
    """A matrix, (d, m), as about values * scale.

    Attributes:
        values: int8 (d, m), -127 to 127.
        scale: float32 (m,).
    """

    values: npt.NDArray[np.int8]
    scale: Floats

    def multiply(self, rows: Rows) -> Floats:
        """Return the product of embeddings with the matrix, float32 (n, m)."""
        # Whole numbers: exact in float64, whose product is a library's, as that of integers is not.
        product = rows.values.astype(np.float64) @ self.values.astype(np.float64)
        return np.asarray((rows.step * product + rows.low * self.sums) * self.scale, np.float32)

    @property
    def sums(self) -> Floats:
        """The sum of each column's values, float32 (m,)."""
        return self.values.sum(axis=0, dtype=np.int64).astype(np.float32)


def quantize_rows(embeddings: Floats) -> Rows:
    """Divide what lies between the lowest and the highest number of each embedding into steps."""
    low = embeddings.min(axis=1, keepdims=True)
    step = np.maximum((embeddings.max(axis=1, keepdims=True) - low) / np.float32(LEVELS), SMALLEST)
    values = np.rint((embeddings - low) / step).astype(np.uint8)
    return Rows(values, step.astype(np.float32), low)


def quantize_columns(matrix: npt.NDArray[np.floating]) -> Quantized:
    """Divide what lies between plus and minus the largest number of each column into 254 steps."""
    floats = matrix.astype(np.float32)
    scale = np.maximum(np.abs(floats).max(axis=0), np.float32(SMALLEST)) / np.float32(_LARGEST)
    return Quantized(np.rint(floats / scale).astype(np.int8), scale.astype(np.float32))
