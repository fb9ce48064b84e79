"""Nearest neighbours among many vectors, by faiss."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import faiss
import numpy as np
import numpy.typing as npt

from pixonomy.near_duplicates.windows import Floats

_EXACT = 20_000  # up to so many vectors all are compared
_PROBES = 12  # cells looked into
_TRAINING = 64  # vectors a cell to place the cells by
_COMPRESSED = 500_000  # from here on a number takes one byte instead of four
_SEED = 1234


@dataclass(frozen=True)
class Near:
    """Pairs of near vectors.

    Attributes:
        query, found: int64 (m,): row numbers of what was asked for and of what was found.
        cosine: float32 (m,).
    """

    query: npt.NDArray[np.int64]
    found: npt.NDArray[np.int64]
    cosine: Floats


class Neighbours:
    """An index of vectors of unit length.

    Few are compared one by one; many lie in cells (Jégou, Douze & Schmid 2011), of which only the
    nearest are looked into, and very many are kept with a byte a number.
    """

    def __init__(
        self, rows: int, read: Callable[[int, int], Floats], block: int, threads: int
    ) -> None:
        """Index `rows` vectors, float32 (d,), of which `read(start, end)` returns some."""
        faiss.omp_set_num_threads(threads)
        size = read(0, 1).shape[1]
        if rows <= _EXACT:
            self._index: faiss.Index = faiss.IndexFlatIP(size)
        else:
            # About four times the root of the number of vectors, a power of two, as faiss advises.
            cells = int(2 ** np.round(np.log2(4 * np.sqrt(rows))))
            middle = faiss.IndexFlatIP(size)
            inner = faiss.METRIC_INNER_PRODUCT
            if rows <= _COMPRESSED:
                self._index = faiss.IndexIVFFlat(middle, size, cells, inner)
            else:
                byte = faiss.ScalarQuantizer.QT_8bit
                self._index = faiss.IndexIVFScalarQuantizer(middle, size, cells, byte, inner)
            self._index.cp.seed = _SEED
            self._index.cp.max_points_per_centroid = _TRAINING
            self._index.nprobe = min(_PROBES, cells)
            self._index.train(_spread(rows, read, cells * _TRAINING))
            self._middle = middle
        for start in range(0, rows, block):
            self._index.add(read(start, min(rows, start + block)))

    def search(self, vectors: Floats, queries: npt.NDArray[np.int64], most: int) -> Near:
        """Return up to `most` near vectors for each query but itself.

        Args:
            vectors: float32 (n, d), of unit length; zero vectors find nothing.
            queries: int64 (n,), the row each belongs to, which it does not find.
        """
        cosine, found = self._index.search(np.ascontiguousarray(vectors), most + 1)
        query = np.broadcast_to(queries[:, None], found.shape)
        # -1 stands for nothing found; one more was asked for, since each row also finds itself.
        is_meant = (found >= 0) & (found != query) & np.isfinite(cosine)
        return Near(query[is_meant], found[is_meant].astype(np.int64), cosine[is_meant])


def _spread(rows: int, read: Callable[[int, int], Floats], wanted: int) -> Floats:
    """Return about `wanted` vectors from all over, in short runs of rows."""
    runs = list(_chunks_of(rows, wanted))
    return np.concatenate([read(start, end) for start, end in runs])


def _chunks_of(rows: int, wanted: int) -> Iterator[tuple[int, int]]:
    length = 256
    count = max(1, min(rows // length, wanted // length))
    for start in np.linspace(0, rows - length, count).astype(int):
        yield int(start), int(start) + length
