"""Finds the fields that all documents of one kind have, in all of these documents at once.

A part of a document is read segment by segment: bytes that all documents share but for values of
one length, up to a value of any length (a text, a list), behind which the next segment begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pixonomy.sources.bson.fields import COUNTED, FIXED, INT32, INT64
from pixonomy.sources.bson.template import (
    Bytes,
    Flags,
    Numbers,
    Template,
    gather,
    learn_template,
    read_int32,
)

_INTEGERS: Final[dict[int, np.dtype[np.signedinteger]]] = {
    INT32: np.dtype("<i4"),
    INT64: np.dtype("<i8"),
}
ID_NAMES = (b"_id", b"category_id")
_COUNT = 4  # bytes of the count that a value of any length begins with


@dataclass(frozen=True)
class Segment:
    """What stands in all documents of one kind.

    Attributes:
        ids: of the ids in it the name, the type and the place, in bytes from its beginning.
        last: the type of the value of any length behind it; its count is the end of the segment.
    """

    template: Template
    ids: tuple[tuple[bytes, int, int], ...]
    last: int | None


@dataclass(frozen=True)
class Ids:
    """An id of each document: integers, int64 (n,), or the byte range of any other."""

    kind: int
    numbers: Numbers | None
    starts: Numbers
    ends: Numbers


@dataclass
class Reading:
    """How far documents were read.

    Attributes:
        at: int64 (n,): the offset of the next byte, from the start of the chunk.
        fits: bool (n,): which documents are of the kind; for the others `at` says nothing.
        ids: by name.
        bodies: int64 (n,): where the last value of any length begins, behind its count.
        beyond: uint8 (n, …): the first bytes there.
    """

    at: Numbers
    fits: Flags
    ids: dict[bytes, Ids]
    bodies: Numbers
    beyond: Bytes


def learn_segments(
    chunk: memoryview,
    start: int,
    end: int,
    fields: Sequence[tuple[int, bytes, int]],
    differing: int = 0,
) -> tuple[Segment, ...]:
    """Cut the part of a document from `start` to `end` into segments.

    Args:
        fields: (type, name, offset of the value) of each field in it; no regular expressions.
        differing: how many bytes at the beginning are not the same in all documents.
    """
    segments = []
    begin, values = start, [(start, differing)]
    ids: list[tuple[bytes, int, int]] = []
    for kind, name, place in fields:
        if name in ID_NAMES:
            ids.append((name, kind, place - begin))
        values.append((place, FIXED.get(kind, _COUNT)))
        if kind in COUNTED:
            template = learn_template(chunk, begin, place + _COUNT, values)
            segments.append(Segment(template, tuple(ids), kind))
            count = int.from_bytes(chunk[place : place + _COUNT], "little")
            begin, values, ids = place + count + COUNTED[kind][0], [], []
    if begin < end:
        segments.append(Segment(learn_template(chunk, begin, end, values), tuple(ids), None))
    return tuple(segments)


def read_segments(
    chunk: Bytes, segments: Sequence[Segment], reading: Reading, ends: Numbers, more: int = 0
) -> None:
    """Read a part of all documents that still fit.

    Args:
        ends: int64 (n,): where each document ends.
        more: how many bytes to fetch behind the last segment.
    """
    for number, segment in enumerate(segments):
        extra = more if number == len(segments) - 1 else 0
        width = segment.template.width
        rows = gather(chunk, reading.at, width + extra)
        reading.fits &= segment.template.fits(rows[:, :width] if extra else rows)
        starts, after = reading.at, reading.at + width
        if segment.last is not None:
            beyond, smallest = COUNTED[segment.last]
            count = read_int32(rows, width - _COUNT)
            reading.bodies, after = after, after + count + beyond - _COUNT
            reading.fits &= (count >= smallest) & (after < ends)
            # What fits no longer must not lead out of the chunk.
            after = np.where(reading.fits, after, 0)
        for name, kind, place in segment.ids:
            reading.ids[name] = _read_ids(rows, kind, place, starts + place, after)
        reading.at, reading.beyond = after, rows[:, width:]


def _read_ids(rows: Bytes, kind: int, place: int, starts: Numbers, after: Numbers) -> Ids:
    if kind not in _INTEGERS:
        return Ids(kind, None, starts, starts + FIXED[kind] if kind in FIXED else after)
    dtype = _INTEGERS[kind]
    raw = np.ascontiguousarray(rows[:, place : place + dtype.itemsize])
    return Ids(kind, raw.view(dtype)[:, 0].astype(np.int64), starts, starts)
