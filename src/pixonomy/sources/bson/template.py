"""Learns from one document which bytes all of its kind have, and tests many documents for them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Template:
    """Bytes of which some are the same in all documents: `places` hold `values`."""

    width: int
    places: Numbers
    values: Bytes

    def fits(self, rows: Bytes) -> Flags:
        """Tell which rows, uint8 (n, width), have the right bytes."""
        return np.asarray((rows[:, self.places] == self.values).all(axis=1))


def learn_template(
    chunk: memoryview, start: int, end: int, values: Sequence[tuple[int, int]]
) -> Template:
    """Keep all bytes from `start` to `end` but those of the values, given as (offset, length)."""
    is_same = np.ones(end - start, bool)
    for place, length in values:
        is_same[place - start : place - start + length] = False
    places = np.flatnonzero(is_same)
    content = np.frombuffer(chunk[start:end], np.uint8)
    return Template(end - start, places, content[places].copy())


def gather(chunk: Bytes, places: Numbers, width: int) -> Bytes:
    """Copy `width` bytes at each place, uint8 (n, width); zeros stand behind the chunk's end."""
    beyond = np.flatnonzero(places + width > len(chunk))
    if len(chunk) < width:
        rows = np.zeros((len(places), width), np.uint8)
    else:
        windows = np.lib.stride_tricks.sliding_window_view(chunk, width)
        rows = windows[np.minimum(places, len(windows) - 1)]
    for row in beyond.tolist():  # the last few documents of a chunk
        rest = chunk[int(places[row]) :]
        rows[row] = 0
        rows[row, : len(rest)] = rest
    return rows


def read_int32(rows: Bytes, place: int) -> Numbers:
    """Return the number that each row, uint8 (n, width), has at `place`; int64 (n,)."""
    raw = np.ascontiguousarray(rows[:, place : place + 4])
    return raw.view("<i4")[:, 0].astype(np.int64)
