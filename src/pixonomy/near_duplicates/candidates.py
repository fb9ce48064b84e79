"""Finds candidate pairs: images whose thumbnails or embeddings lie close together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from pixonomy.near_duplicates.dct_vectors import third_vectors, whole_vectors, window_vectors
from pixonomy.near_duplicates.nearest import Neighbours
from pixonomy.near_duplicates.thumbnail_index import ThumbnailIndex
from pixonomy.near_duplicates.windows import Floats, coarse_windows
from pixonomy.progress import Context

_BLOCK = 2048  # images whose windows are looked for at once


@dataclass(frozen=True)
class Reach:
    """How far one kind of candidate is looked for.

    Attributes:
        most: how many near vectors each vector finds.
        cosine: how near they must be, 0 to 1.
    """

    most: int
    cosine: float


@dataclass(frozen=True)
class Reaches:
    """How far each kind is looked for: see `find_candidates`."""

    windows: Reach = Reach(3, 0.72)
    thirds: Reach = Reach(3, 0.97)
    embeddings: Reach = Reach(5, 0.35)


@dataclass(frozen=True)
class _Kind:
    """One kind of vector: what lies in the index, and what is asked for each image.

    Attributes:
        indexed: float32 (n, d) from a block (start, end).
        asked: float32 (n, questions, d) from a block.
    """

    name: str
    indexed: Callable[[int, int], Floats]
    asked: Callable[[int, int], Floats]
    reach: Reach


def find_candidates(
    thumbnail_index: ThumbnailIndex, reaches: Reaches, context: Context
) -> Iterator[pl.DataFrame]:
    """Yield pairs (asking, found: UInt32, numbers in the thumbnail index), block by block.

    A pair may be found several times. Three kinds: a window of one image looks like the other;
    the upper or the lower third of both looks the same (a caption covers one at most); a network
    sees both alike.
    """
    rows = len(thumbnail_index.rows)
    threads = max(1, context.cores // 2)  # the other cores place what is found meanwhile
    for kind in _kinds(thumbnail_index, reaches):
        index = Neighbours(rows, kind.indexed, _BLOCK, threads)
        for start in range(0, rows, _BLOCK):
            end = min(rows, start + _BLOCK)
            yield _ask(index, kind, start, end)
            context.progress(f"looking for near pictures: {kind.name}", end, rows)


def _ask(index: Neighbours, kind: _Kind, start: int, end: int) -> pl.DataFrame:
    questions = kind.asked(start, end)
    # (images, windows, d): every window asks for itself.
    rows, each, size = questions.shape
    queries = np.repeat(np.arange(start, end), each)
    near = index.search(questions.reshape(rows * each, size), queries, kind.reach.most)
    is_near = near.cosine >= kind.reach.cosine
    found = {
        "asking": near.query[is_near].astype(np.uint32),
        "found": near.found[is_near].astype(np.uint32),
    }
    return pl.DataFrame(found).unique().sort("asking", "found")


def _kinds(thumbnail_index: ThumbnailIndex, reaches: Reaches) -> Iterator[_Kind]:
    thumbnails = thumbnail_index.thumbnails
    yield _Kind(
        "windows",
        lambda start, end: whole_vectors(thumbnails[start:end]),
        lambda start, end: window_vectors(thumbnails[start:end], coarse_windows()),
        reaches.windows,
    )
    for part in (0, 1):

        def third(start: int, end: int, part: int = part) -> Floats:
            return third_vectors(thumbnails[start:end])[:, part]

        def ask(start: int, end: int, third: Callable[[int, int], Floats] = third) -> Floats:
            return third(start, end)[:, None]

        yield _Kind("thirds", third, ask, reaches.thirds)
    embeddings = thumbnail_index.embeddings
    if embeddings is not None:
        yield _Kind(
            "embeddings",
            embeddings,
            lambda start, end: embeddings(start, end)[:, None],
            reaches.embeddings,
        )
