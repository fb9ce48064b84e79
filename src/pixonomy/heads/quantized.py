"""Products of embeddings with large matrices in eight bits.

A single image's embedding is multiplied with a matrix that is read once for it: how many bytes that
are is what its time depends on. Rows and columns are quantised by themselves (Jacob et al. 2018),
so that an image's answer does not depend on those beside it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

LARGEST = 127
"""Steps from 0 to the largest number, either way."""

SMALLEST = 1e-12
"""The least largest number: zeros have no steps."""


@dataclass(frozen=True)
class Quantized:
    """A matrix, (d, m), as about values * scale.

    Attributes:
        values: int8 (d, m), -127 to 127.
        scale: float32 (m,).
    """

    values: npt.NDArray[np.int8]
    scale: Floats

    def multiply(self, embeddings: Floats) -> Floats:
        """Return the product of embeddings, (n, d), in eight bits with the matrix, (n, m)."""
        largest = np.maximum(np.abs(embeddings).max(axis=1, keepdims=True), np.float32(SMALLEST))
        rows = np.rint(embeddings / largest * np.float32(LARGEST))
        # Whole numbers are exact in float64, whose product is a library's; integers have none.
        product = rows.astype(np.float64) @ self.values.astype(np.float64)
        return np.asarray(product * largest * (self.scale / LARGEST), np.float32)


def quantize_columns(matrix: npt.NDArray[np.floating]) -> Quantized:
    """Divide what lies between plus and minus the largest number of each column into 254 steps."""
    floats = matrix.astype(np.float32)
    scale = np.maximum(np.abs(floats).max(axis=0), np.float32(SMALLEST)) / np.float32(LARGEST)
    return Quantized(np.rint(floats / scale).astype(np.int8), scale.astype(np.float32))
