"""Finds members of a zip that share bytes with others, as a zip bomb's do.

A zip whose members lie in one another unpacks to millions of times its size (D. Fifield, "A better
zip bomb", 2019). No program writes such zips; some write one member under two names.
"""

from array import array
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from pixonomy.sources.damage import Damage
from pixonomy.sources.zip_directory import ZipEntry

_MOST_NAMES = 1000  # of the same bytes
_FARTHEST = 2**62  # bytes; a zip64 may tell more than an int64 holds


class OrderCheck:
    """Watches members go by and tells whether they may overlap, without remembering them.

    Attributes:
        is_ordered: whether each began behind the one before it, as in nearly all zips.
    """

    def __init__(self) -> None:
        """Begin without members."""
        self.is_ordered = True

    def watch(self, entries: Iterable[ZipEntry | Damage]) -> Iterator[ZipEntry | Damage]:
        """Yield what comes in."""
        end = 0
        for entry in entries:
            if isinstance(entry, ZipEntry):
                self.is_ordered = self.is_ordered and entry.header >= end
                end = entry.end
            yield entry


def find_overlaps(entries: Iterable[ZipEntry | Damage]) -> npt.NDArray[np.int64]:
    """Return the local headers of members that reach into others, sorted; int64 (n,).

    Members with one and the same header are the same bytes under several names, unless there are
    very many of them. Takes some forty bytes a member.
    """
    begins, ends = array("q"), array("q")
    for entry in entries:
        if isinstance(entry, ZipEntry):
            begins.append(min(entry.header, _FARTHEST))
            ends.append(min(entry.end, _FARTHEST + 1))
    if not begins:
        return np.zeros(0, np.int64)
    headers, which, counts = np.unique(begins, return_inverse=True, return_counts=True)
    farthest = np.zeros(len(headers), np.int64)
    np.maximum.at(farthest, which, np.frombuffer(ends, np.int64))
    following = np.append(headers[1:], 2 * _FARTHEST - 1)
    found: npt.NDArray[np.int64] = headers[(farthest > following) | (counts > _MOST_NAMES)]
    return found


def is_among(header: int, headers: npt.NDArray[np.int64]) -> bool:
    """Tell whether a local header is one of those that `find_overlaps` returns."""
    place = int(np.searchsorted(headers, min(header, _FARTHEST)))
    return place < len(headers) and int(headers[place]) == header
