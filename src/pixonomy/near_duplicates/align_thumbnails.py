"""Registers the thumbnails of candidate pairs and rules out those that then differ.

Thumbnails are at hand for all images: once one lies exactly over the other, they rule out most
look-alikes in a fraction of the time that reading both images takes.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pixonomy.images.descriptor import THUMBNAIL_SIDE
from pixonomy.near_duplicates.block_correlation import (
    Greys,
    beside_caption,
    correlate,
    worst_quarter,
)
from pixonomy.near_duplicates.dct_vectors import Thumbnails
from pixonomy.near_duplicates.ecc import Effort, align
from pixonomy.near_duplicates.transform import placements
from pixonomy.near_duplicates.windows import Floats

_EFFORT = Effort(steps=8, blur=3, margin=2, precision=1e-3)
_BLOCK = 4  # pixels
_HOPELESS, _GOOD = 0.1, 0.42  # correlations outside which no other guess is tried

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Guesses:
    """Pairs of rows of thumbnails, and how one may lie in the other.

    Attributes:
        first, second: int64 (m,).
        places: int64 (m, 2), numbers of likely `placements`.
        is_in_place: bool (m,), whether they may lie edge on edge.
    """

    first: Integers
    second: Integers
    places: Integers
    is_in_place: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class BlockCorrelation:
    """How alike thumbnails are.

    Attributes:
        worst: float32 (m,), the mean correlation of their worst quarter of blocks, where one lies
            over the other; 0 where it lies nowhere.
        beside: float32 (m,), edge on edge, the mean beside the band in which they differ most; 0
            for pairs that are not in place.
        placement: float64 (m, 2, 3), from the second to the first.
    """

    worst: Floats
    beside: Floats
    placement: npt.NDArray[np.float64]


def register_thumbnails(thumbnails: Thumbnails, guesses: Guesses) -> BlockCorrelation:
    """Lay one image of each pair over the other, and correlate their blocks there.

    Args:
        thumbnails: uint8 (n, 1024).
    """
    images = thumbnails.reshape(-1, THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    first, second = images[guesses.first], images[guesses.second]
    beside = np.zeros(len(first), np.float32)
    where = np.flatnonzero(guesses.is_in_place)
    everywhere = np.ones((len(where), *first.shape[1:]), np.bool_)
    beside[where] = beside_caption(correlate(first[where], second[where], everywhere, _BLOCK))
    worst, placement = _try(first, second, guesses.places[:, 0])
    # A second start only in between: below nothing helps, above the pair goes on anyway.
    again = np.flatnonzero((worst > _HOPELESS) & (worst < _GOOD))
    other_worst, other = _try(first[again], second[again], guesses.places[again, 1])
    better = other_worst > worst[again]
    worst[again[better]], placement[again[better]] = other_worst[better], other[better]
    return BlockCorrelation(worst, beside, placement)


def _try(first: Greys, second: Greys, places: Integers) -> tuple[Floats, npt.NDArray[np.float64]]:
    seen, still = np.zeros_like(first), np.zeros_like(first)
    is_seen = np.zeros(first.shape, np.bool_)
    placement = np.tile(np.eye(2, 3), (len(first), 1, 1))
    for number, place in enumerate(places.tolist()):
        aligned = align(first[number], second[number], placements()[place], _EFFORT)
        if aligned is not None:
            seen[number], still[number] = aligned.seen, aligned.still
            is_seen[number], placement[number] = aligned.is_seen, aligned.placement
    return worst_quarter(correlate(seen, still, is_seen, _BLOCK)), placement
