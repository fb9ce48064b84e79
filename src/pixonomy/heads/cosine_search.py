"""Finds the nearest of up to 50,000 embeddings in less than a millisecond.

A product with all of them would read 128 MB for each image. So they are compared in two steps by
their coordinates along the main directions of the training images (an uncentred PCA), and only
those that come nearest are compared exactly, in float16 as they are stored. How often the exact
nearest is missed is measured by benchmarks/correction_memory.py.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pixonomy.heads.references import Floats, Integers, to_length_one

Halves = npt.NDArray[np.float16]

COARSE, FINE = 32, 128
"""Directions that all are compared along, and those that some are."""
_SOME = 2000  # that are compared along all directions
_FEW = 64  # that are compared exactly
_SAMPLED = 16  # of so many one is looked at for where the best begin


@dataclass(frozen=True)
class Found:
    """The nearest vectors: their places, int64 (m,), and cosines, float32 (m,), best first."""

    places: Integers
    cosines: Floats


def main_directions(embeddings: Floats) -> Floats:
    """Return the directions, (d, 128 or less), along which embeddings, (n, d), differ most.

    They are the first right singular vectors of the embeddings brought to length one.
    """
    vectors = to_length_one(embeddings)
    _, _, directions = np.linalg.svd(vectors, full_matrices=False)
    return np.ascontiguousarray(directions[:FINE].T, np.float32)


class CosineSearch:
    """Vectors of length one that can be added, replaced and removed at once.

    Attributes:
        directions: see `main_directions`.
        count: how many vectors there are, at places 0 to count - 1.
    """

    def __init__(self, directions: Floats) -> None:
        self.directions = np.asarray(directions, np.float32)
        self.count = 0
        self._vectors: Halves = np.zeros((0, len(directions)), np.float16)
        self._coarse: Floats = np.zeros((0, COARSE), np.float32)
        self._fine: Floats = np.zeros((0, max(0, directions.shape[1] - COARSE)), np.float32)

    @property
    def vectors(self) -> Halves:
        """All of them, float16 (count, d)."""
        return self._vectors[: self.count]

    def put(self, place: int, embedding: Floats) -> None:
        """Put an embedding, (d,), to a place: that of another one, or `count`."""
        if place == len(self._vectors):
            self._grow()
        vector = to_length_one(embedding[None].astype(np.float32)).astype(np.float16)
        self._vectors[place] = vector[0]
        along = vector[0].astype(np.float32) @ self.directions
        self._coarse[place, : len(along)] = along[:COARSE]
        self._fine[place] = along[COARSE:]
        self.count = max(self.count, place + 1)

    def remove(self, place: int) -> None:
        """Remove a vector; the last one takes its place."""
        self.count -= 1
        for table in (self._vectors, self._coarse, self._fine):
            table[place] = table[self.count]
            table[self.count] = 0  # nothing of it stays in memory

    def find(self, embedding: Floats, most: int) -> Found:
        """Return the nearest vectors, `most` of them or all, to an embedding, (d,)."""
        query = to_length_one(embedding[None].astype(np.float32))[0]
        places = self._candidates(query, most)
        cosines = to_float32(self._vectors[places]) @ query
        order = np.argsort(-cosines, kind="stable")[:most]
        return Found(places[order], cosines[order])

    def _candidates(self, query: Floats, most: int) -> Integers:
        few = max(_FEW, 4 * most)
        if self.count <= few:
            return np.arange(self.count)
        along = query @ self.directions
        near = np.zeros(COARSE, np.float32)
        near[: len(along[:COARSE])] = along[:COARSE]
        scores = self._coarse[: self.count] @ near
        some = np.arange(self.count)
        if self.count > 2 * _SOME:
            # The 2,000 best, or about: sampling says where they begin, which sorting would take.
            sample = scores[::_SAMPLED]
            rank = max(1, _SOME * len(sample) // self.count)
            some = np.flatnonzero(scores >= np.partition(sample, -rank)[-rank])
        finer = scores[some] + self._fine[some] @ along[COARSE:]
        if len(some) <= few:
            return some
        return np.asarray(some[np.argpartition(finer, -few)[-few:]], np.int64)

    def _grow(self) -> None:
        more = max(64, len(self._vectors))
        self._vectors, self._coarse, self._fine = (
            np.concatenate([one, np.zeros((more, one.shape[1]), one.dtype)])
            for one in (self._vectors, self._coarse, self._fine)
        )


def to_float32(halves: Halves) -> Floats:
    """Return finite float16 as float32, three times as fast as NumPy does.

    The bits of float16 are moved to where float32 has them; what is left is a power of two.
    """
    bits = np.ascontiguousarray(halves).view(np.uint16).astype(np.uint32)
    moved = ((bits & 0x8000) << 16) | ((bits & 0x7FFF) << 13)
    return np.asarray(moved.view(np.float32) * np.float32(2.0**112))
