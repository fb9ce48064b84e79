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
_SHARE = 25  # one of so many is compared along all directions
_FEW = 32  # that are compared exactly
_BITS = np.uint32(0x8FFFE000).view(np.int32)  # sign, exponent and fraction of a moved float16
_POWER = np.float32(2.0**112)  # between the exponents of float32 and float16
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
        cosines = exact_products(self._vectors[places], query)
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
        some = _find_best(scores, max(4 * few, self.count // _SHARE))
        if len(some) <= few:
            return some
        finer = scores[some] + self._fine[some] @ along[COARSE:]
        return np.asarray(some[np.argpartition(finer, -few)[-few:]], np.int64)

    def _grow(self) -> None:
        more = max(64, len(self._vectors))
        self._vectors, self._coarse, self._fine = (
            np.concatenate([one, np.zeros((more, one.shape[1]), one.dtype)])
            for one in (self._vectors, self._coarse, self._fine)
        )


def _find_best(scores: Floats, count: int) -> Integers:
    """Return the places of the best scores, about `count` of them.

    Where the best begin is read from a sample, for sorting all would take as long as the rest.
    """
    if len(scores) <= count:
        return np.arange(len(scores))
    sample = scores[::_SAMPLED]
    rank = max(1, count * len(sample) // len(scores))
    return np.flatnonzero(scores >= np.partition(sample, -rank)[-rank])


def exact_products(halves: Halves, query: Floats) -> Floats:
    """Return the products of finite float16 vectors, (n, d), with a float32 one, (d,).

    The bits of float16 are moved to where float32 has them, which is three times as fast as NumPy's
    conversion; the power of two that is lacking then goes into the query.
    """
    bits = np.ascontiguousarray(halves).view(np.int16).astype(np.int32)
    np.left_shift(bits, 13, out=bits)
    np.bitwise_and(bits, _BITS, out=bits)
    return np.asarray(bits.view(np.float32) @ (query * _POWER), np.float32)
