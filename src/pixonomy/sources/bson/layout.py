"""Documents that look alike go in, thousands at once; ids and picture ranges come out.

Almost all documents of a catalogue have the same fields of the same types in the same order, so
that all but the pictures lies at the same place. What one document taught is tried on all others
with a few array operations; whatever differs in one byte is left to the careful reader.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pixonomy.sources.bson.document import FIXED, Product

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

_ARRAY = 0x04
_MOST_PICTURES = 10  # in one product: beyond it, the index in the array has two digits
_RECORD = 21  # bytes from a picture's index in the array to its first byte
_NUMBER_TYPES: dict[int, np.dtype[np.signedinteger]] = {
    0x10: np.dtype("<i4"),
    0x12: np.dtype("<i8"),
}


@dataclass(frozen=True)
class Template:
    """Bytes of which some are the same in all documents: `places` hold `values`."""

    width: int
    places: npt.NDArray[np.int64]
    values: Bytes

    def fits(self, rows: Bytes) -> npt.NDArray[np.bool_]:
        """Tell which rows, uint8 (n, width), have the right bytes."""
        return np.asarray((rows[:, self.places] == self.values).all(axis=1))


@dataclass(frozen=True)
class Number:
    """Where an id lies: in the tail (after the pictures) or the head, and its integer type."""

    is_tail: bool
    place: int
    dtype: np.dtype[np.signedinteger]

    def read(self, head: Bytes, tail: Bytes) -> Numbers:
        """Return the ids of all rows, int64 (n,)."""
        rows = tail if self.is_tail else head
        raw = np.ascontiguousarray(rows[:, self.place : self.place + self.dtype.itemsize])
        return raw.view(self.dtype)[:, 0].astype(np.int64)


@dataclass(frozen=True)
class Layout:
    """What documents that look alike have in common.

    Attributes:
        head: from the document's first byte to the length of its array of pictures.
        tail: from the end of that array to the end of the document.
    """

    head: Template
    tail: Template
    product_id: Number
    category_id: Number | None


@dataclass(frozen=True)
class Alike:
    """What was read of documents that fit a layout.

    Attributes:
        fits: bool (n,): which documents do.
        product_ids, category_ids: int64 (n,), meaningful where they fit; None without categories.
        owners: int64 (m,): the document of each picture, in no order.
        numbers: int64 (m,): its place in the document's array, from 0 without gaps.
        offsets, lengths: int64 (m,): its bytes, from the start of the stretch.
    """

    fits: npt.NDArray[np.bool_]
    product_ids: Numbers
    category_ids: Numbers | None
    owners: Numbers
    numbers: Numbers
    offsets: Numbers
    lengths: Numbers


def learn(stretch: memoryview, start: int, product: Product) -> Layout | None:
    """Return the layout of a document, or None if part of it has no fixed place."""
    names = [name for _, name, _ in product.fields]
    if names.count(b"imgs") != 1 or names.count(b"_id") != 1 or names.count(b"category_id") > 1:
        return None
    at = names.index(b"imgs")
    kind, _, array = product.fields[at]
    others = [*product.fields[:at], *product.fields[at + 1 :]]
    if kind != _ARRAY or any(kind not in FIXED for kind, _, _ in others):
        return None
    array_end = array + int.from_bytes(stretch[array : array + 4], "little")
    numbers: dict[bytes, Number] = {}
    for place, (kind, name, value) in enumerate(product.fields):
        if name in (b"_id", b"category_id"):
            if kind not in _NUMBER_TYPES:
                return None
            is_tail = place > at
            begin = value - (array_end if is_tail else start)
            numbers[name] = Number(is_tail, begin, _NUMBER_TYPES[kind])
    return Layout(
        _template(
            stretch, start, array + 4, [(start, 4), *_values(product.fields[:at]), (array, 4)]
        ),
        _template(stretch, array_end, product.end, _values(product.fields[at + 1 :])),
        numbers[b"_id"],
        numbers.get(b"category_id"),
    )


def read_alike(stretch: Bytes, starts: Numbers, ends: Numbers, layout: Layout) -> Alike:
    """Read all documents that fit the layout.

    Args:
        stretch: uint8 (size,).
        starts, ends: int64 (n,): each document's extent, inside the stretch.
    """
    # The first picture begins where the head ends: both are fetched from memory in one go.
    near = _gather(stretch, starts, layout.head.width + _RECORD)
    head, firsts = near[:, : layout.head.width], near[:, layout.head.width :]
    array_ends = starts + (layout.head.width - 4) + _int32(head, layout.head.width - 4)
    fits = layout.head.fits(head) & (array_ends + layout.tail.width == ends)
    fits &= starts + layout.head.width < array_ends
    tail = _gather(stretch, np.where(fits, array_ends, 0), layout.tail.width)
    fits &= layout.tail.fits(tail)
    pictures = _read_pictures(stretch, starts + layout.head.width, firsts, array_ends, fits)
    owners, numbers, offsets, lengths = pictures[:, fits[pictures[0]]]
    category = layout.category_id
    return Alike(
        fits,
        layout.product_id.read(head, tail),
        category.read(head, tail) if category is not None else None,
        owners,
        numbers,
        offsets,
        lengths,
    )


def _read_pictures(
    stretch: Bytes,
    places: Numbers,
    firsts: Bytes,
    array_ends: Numbers,
    fits: npt.NDArray[np.bool_],
) -> Numbers:
    """Walk the arrays of all documents in step; take those that turn out odd out of `fits`.

    Args:
        places: int64 (n,): where the arrays begin.
        firsts: uint8 (n, 21): what stands there.

    Returns:
        int64 (4, m): owner, number, offset and length of each picture.
    """
    found = [np.zeros((4, 0), np.int64)]
    alive = np.flatnonzero(fits)
    at = places[alive]
    for number in range(_MOST_PICTURES + 1):
        is_over = at == array_ends[alive] - 1
        fits[alive[is_over]] &= stretch[at[is_over]] == 0
        alive, at = alive[~is_over], at[~is_over]
        if number == _MOST_PICTURES:
            fits[alive] = False
        if not alive.size or number == _MOST_PICTURES:
            break
        record = firsts[alive] if number == 0 else _gather(stretch, at, _RECORD)
        inner, length = _int32(record, 3), _int32(record, 16)
        after = at + 3 + inner
        is_whole = _record(number).fits(record) & (length >= 0) & (inner == length + 19)
        is_whole &= after < array_ends[alive]
        is_whole &= stretch[np.where(is_whole, after - 1, 0)] == 0
        fits[alive[~is_whole]] = False
        alive, at, length, after = (part[is_whole] for part in (alive, at, length, after))
        found.append(np.stack([alive, np.full(alive.size, number), at + _RECORD, length]))
        at = after
    return np.concatenate(found, axis=1)


def _record(number: int) -> Template:
    """Return how a picture begins: {"<number>": {"picture": binary, …"""
    content = b"\x03%d\0....\x05picture\0....\0" % number
    return _template(memoryview(content), 0, _RECORD, [(3, 4), (16, 4)])


def _values(fields: Sequence[tuple[int, bytes, int]]) -> list[tuple[int, int]]:
    return [(value, FIXED[kind]) for kind, _, value in fields]


def _template(
    stretch: memoryview, start: int, end: int, values: Sequence[tuple[int, int]]
) -> Template:
    """Keep all bytes but those of the values, given as (offset, length)."""
    is_same = np.ones(end - start, bool)
    for place, length in values:
        is_same[place - start : place - start + length] = False
    places = np.flatnonzero(is_same)
    content = np.frombuffer(stretch[start:end], np.uint8)
    return Template(end - start, places, content[places].copy())


def _gather(stretch: Bytes, places: Numbers, width: int) -> Bytes:
    """Copy `width` bytes at each place, uint8 (n, width); zeros stand behind the stretch's end."""
    beyond = np.flatnonzero(places + width > len(stretch))
    if len(stretch) < width:
        rows = np.zeros((len(places), width), np.uint8)
    else:
        windows = np.lib.stride_tricks.sliding_window_view(stretch, width)
        rows = windows[np.minimum(places, len(windows) - 1)]
    for row in beyond.tolist():  # the last few documents of a stretch
        rest = stretch[int(places[row]) :]
        rows[row] = 0
        rows[row, : len(rest)] = rest
    return rows


def _int32(rows: Bytes, place: int) -> Numbers:
    raw = np.ascontiguousarray(rows[:, place : place + 4])
    return raw.view("<i4")[:, 0].astype(np.int64)
