"""Guesses how one image of a pair lies in the other, from their thumbnails."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from pixonomy.near_duplicates.dct_vectors import (
    Thumbnails,
    coarse_window_vectors,
    third_vectors,
    whole_vectors,
    window_vectors,
)
from pixonomy.near_duplicates.windows import (
    AffineTransform,
    Floats,
    centred_windows,
    fine_windows,
    invert,
)

_LIKE_THIRDS = 0.98  # cosine
_PHOTOMETRIC = 14.0  # grey levels: thumbnails that differ by less show the same there


@dataclass(frozen=True)
class Placed:
    """The likeliest placements of pairs.

    Attributes:
        cosine: float32 (m,), how alike the images are at the best placement.
        places: int64 (m, 2), numbers of the best two in `placements`: they lead from the image
            of the greater row to that of the lesser.
        in_place: float32 (m,), 0 to 1: share of what either thumbnail shows that is the same in
            both, edge on edge; 0 where no third is alike.
        third: float32 (m,), how alike they are in the more alike of their upper and lower third.
    """

    cosine: Floats
    places: npt.NDArray[np.int64]
    in_place: Floats
    third: Floats


@cache
def placements() -> tuple[AffineTransform, ...]:
    """Return all placements that are tried, as windows of the first image, then of the second.

    All lead from the second image of a pair to the first.
    """
    there = [one.placement for one in fine_windows()]
    return *there, *(invert(one) for one in there)


def place(
    thumbnails: Thumbnails, asking: npt.NDArray[np.int64], found: npt.NDArray[np.int64]
) -> Placed:
    """Try all placements of images that were found in others that asked for them.

    Args:
        thumbnails: uint8 (n, 1024).
        asking, found: (m,), rows of `thumbnails`; those asking ascend.
    """
    cosine = _match(thumbnails, asking, found)
    best, highest = _best_two(cosine)
    thirds = third_vectors(thumbnails)
    third = (thirds[asking] * thirds[found]).sum(2).max(1)
    in_place = np.zeros(len(third), np.float32)
    like = np.flatnonzero(third >= _LIKE_THIRDS)  # few, and worth the work
    in_place[like] = _in_place(thumbnails[asking[like]], thumbnails[found[like]])
    return Placed(
        highest,
        np.where((asking < found)[:, None], best, best + len(fine_windows())),
        in_place,
        third,
    )


def _best_two(cosine: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the columns of the greatest two of each row, and the greatest."""
    rows = np.arange(len(cosine))
    first = cosine.argmax(1)
    highest = cosine[rows, first]
    others = cosine.copy()
    # The second guess is tried where registration from the first is neither good nor hopeless.
    others[rows, first] = -np.inf
    return np.stack([first, others.argmax(1)], axis=1), highest


def _match(
    thumbnails: Thumbnails, asking: npt.NDArray[np.int64], found: npt.NDArray[np.int64]
) -> Floats:
    """Return the cosine of each window of those asking with all of those found: (m, windows)."""
    asked, starts, counts = np.unique(asking, return_index=True, return_counts=True)
    # Windows inside a frame need all pixels: they end close to a strong edge.
    centred, others = centred_windows(), fine_windows()[len(centred_windows()) :]
    windows = np.concatenate(
        [
            window_vectors(thumbnails[asked], centred),
            coarse_window_vectors(thumbnails[asked], others),
        ],
        axis=1,
    )
    whole = whole_vectors(thumbnails)
    cosine = np.empty((len(asking), len(fine_windows())), np.float32)
    # One by one, as windows are long: copied for each pair they would cost most of the time.
    for those, start, count in zip(windows, starts, counts, strict=True):
        cosine[start : start + count] = whole[found[start : start + count]] @ those.T
    return cosine


def _in_place(one: Thumbnails, other: Thumbnails) -> Floats:
    levels = [values - np.median(values, axis=1, keepdims=True) for values in (one, other)]
    is_something = (np.abs(levels[0]) > _PHOTOMETRIC) | (np.abs(levels[1]) > _PHOTOMETRIC)
    difference = one.astype(np.float32) - other
    difference -= np.median(difference, axis=1, keepdims=True)
    is_same = is_something & (np.abs(difference) < _PHOTOMETRIC)
    share = is_same.sum(1) / np.maximum(is_something.sum(1), 1)
    return np.asarray(share, np.float32)
