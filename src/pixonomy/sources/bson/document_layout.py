"""Reads thousands of BSON documents of one layout at once: their ids and image byte ranges.

Almost all documents of a catalogue have the same fields of the same types in the same order. What
is learnt of one document is tried on all others with a few array operations; whatever differs in
one byte that ought to be the same is left to the careful reader.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from pixonomy.sources.bson.document import Product
from pixonomy.sources.bson.fields import ARRAY, BINARY, DOCUMENT, NULL, OBJECT_ID, REGEX, STRING
from pixonomy.sources.bson.ids import Read, read_category, read_product_id
from pixonomy.sources.bson.segments import (
    ID_NAMES,
    Ids,
    Reading,
    Segment,
    learn_segments,
    read_segments,
)
from pixonomy.sources.bson.template import (
    Bytes,
    Flags,
    Numbers,
    Template,
    gather,
    learn_template,
    read_int32,
)

_MOST_IMAGES = 100  # in one product
_LONGEST_ID = 256  # bytes; thousands are held at once
_NESTED = (DOCUMENT, ARRAY)  # as an id, they are read carefully


@dataclass(frozen=True)
class Layout:
    """What documents that look alike have in common.

    Attributes:
        head: up to the length of the array of images; empty where there is none.
        tail: from the end of that array, or the beginning, to the end of the document.
        is_plain: the array holds binaries themselves, instead of documents {picture: …}.
    """

    head: tuple[Segment, ...]
    tail: tuple[Segment, ...]
    is_plain: bool


@dataclass(frozen=True)
class Texts:
    """An id of each document, a series of n integers or texts; and what is wrong with each."""

    values: pl.Series
    problems: pl.Series | None


@dataclass(frozen=True)
class Alike:
    """What was read of documents that fit a layout.

    Attributes:
        fits: bool (n,): which documents do.
        product_ids, category_ids: meaningful where they fit; None without categories.
        owners: int64 (m,): the document of each image, in no order.
        numbers: int64 (m,): its place in the document's array, from 0 without gaps.
        offsets, lengths: int64 (m,): its bytes, from the start of the chunk.
    """

    fits: Flags
    product_ids: Texts
    category_ids: Texts | None
    owners: Numbers
    numbers: Numbers
    offsets: Numbers
    lengths: Numbers


def layout_of(chunk: memoryview, product: Product) -> tuple[object, ...]:
    """Return what a document has in common with those of its layout, and with no others."""
    return (_is_plain(chunk, product), *((kind, name) for kind, name, _ in product.fields))


def learn(chunk: memoryview, start: int, product: Product) -> Layout | None:
    """Return the layout of a document, or None if it has to be read carefully."""
    names = [name for _, name, _ in product.fields]
    kinds = {name: kind for kind, name, _ in product.fields}
    if any(names.count(name) > 1 for name in (*ID_NAMES, b"imgs")) or b"_id" not in names:
        return None
    if REGEX in kinds.values() or any(kinds.get(name) in _NESTED for name in ID_NAMES):
        return None
    if kinds.get(b"imgs", NULL) == NULL:
        tail = learn_segments(chunk, start, product.end, product.fields, 4)
        return Layout((), tail, False)
    if kinds[b"imgs"] != ARRAY:
        return None
    at = names.index(b"imgs") + 1
    array = product.fields[at - 1][2]
    array_end = array + int.from_bytes(chunk[array : array + 4], "little")
    return Layout(
        learn_segments(chunk, start, array + 4, product.fields[:at], 4),
        learn_segments(chunk, array_end, product.end, product.fields[at:]),
        _is_plain(chunk, product),
    )


def _is_plain(chunk: memoryview, product: Product) -> bool:
    return any(
        kind == ARRAY and name == b"imgs" and chunk[place + 4] == BINARY
        for kind, name, place in product.fields
    )


def read_alike(chunk: memoryview, starts: Numbers, ends: Numbers, layout: Layout) -> Alike:
    """Read all documents that fit the layout.

    Args:
        starts, ends: int64 (n,): each document's byte range, inside the chunk.
    """
    flat = np.frombuffer(chunk, np.uint8)
    reading = Reading(starts, np.ones(len(starts), bool), {}, starts, np.empty(0, np.uint8))
    # The first image begins where the head ends: both are fetched from memory in one go.
    record = _record(0, layout.is_plain)
    read_segments(flat, layout.head, reading, ends, record.width)
    bodies, firsts, array_ends = reading.bodies, reading.beyond, reading.at
    read_segments(flat, layout.tail, reading, ends)
    fits = reading.fits
    fits &= reading.at == ends
    for one in reading.ids.values():
        fits &= one.ends - one.starts <= _LONGEST_ID
    images = np.zeros((4, 0), np.int64)
    if layout.head:
        images = _read_images(flat, bodies, firsts, array_ends, fits, layout.is_plain)
        images = images[:, fits[images[0]]]
    category = reading.ids.get(b"category_id")
    return Alike(
        fits,
        _read_texts(flat, reading.ids[b"_id"], fits, read_product_id),
        _read_texts(flat, category, fits, read_category) if category is not None else None,
        *images,
    )


def _read_texts(chunk: Bytes, ids: Ids, fits: Flags, read: Callable[[int, bytes], Read]) -> Texts:
    if ids.numbers is not None:
        return Texts(pl.Series(ids.numbers), None)
    lengths = np.where(fits, ids.ends - ids.starts, 0)
    ends = np.cumsum(lengths)
    begins = ends - lengths
    together = chunk[np.repeat(ids.starts - begins, lengths) + np.arange(lengths.sum())].tobytes()
    byte_ranges = list(zip(begins.tolist(), ends.tolist(), strict=True))
    if ids.kind == STRING and read is read_product_id and together.isascii():
        text = together.decode("ascii")
        return Texts(pl.Series([text[begin + 4 : end - 1] for begin, end in byte_ranges]), None)
    if ids.kind == OBJECT_ID:
        text = together.hex()
        return Texts(pl.Series([text[2 * begin : 2 * end] for begin, end in byte_ranges]), None)
    raw = [together[begin:end] for begin, end in byte_ranges]
    known = {one: read(ids.kind, one) for one in {*raw} if one} | {b"": (None, None)}
    texts, problems = ([known[one][part] for one in raw] for part in (0, 1))
    return Texts(pl.Series(texts, dtype=pl.String), pl.Series(problems, dtype=pl.String))


def _read_images(
    chunk: Bytes, places: Numbers, firsts: Bytes, array_ends: Numbers, fits: Flags, is_plain: bool
) -> Numbers:
    """Walk the arrays of all documents in step; take those that turn out odd out of `fits`.

    Args:
        places: int64 (n,): where the arrays begin.
        firsts: uint8 (n, width): what stands there.

    Returns:
        int64 (4, m): owner, number, offset and length of each image.
    """
    found = [np.zeros((4, 0), np.int64)]
    alive = np.flatnonzero(fits)
    at = places[alive]
    for number in range(_MOST_IMAGES + 1):
        is_over = at == array_ends[alive] - 1
        fits[alive[is_over]] &= chunk[at[is_over]] == 0
        alive, at = alive[~is_over], at[~is_over]
        if number == _MOST_IMAGES:
            fits[alive] = False
        if not alive.size or number == _MOST_IMAGES:
            break
        template = _record(number, is_plain)
        record = firsts[alive] if number == 0 else gather(chunk, at, template.width)
        length = read_int32(record, template.width - 5)
        after = at + template.width + length + (0 if is_plain else 1)
        is_whole = template.fits(record) & (length >= 0) & (after < array_ends[alive])
        if not is_plain:
            is_whole &= read_int32(record, template.width - 18) == length + 19
            is_whole &= chunk[np.where(is_whole, after - 1, 0)] == 0
        fits[alive[~is_whole]] = False
        alive, at, length, after = (part[is_whole] for part in (alive, at, length, after))
        begins, at = at + template.width, after
        found.append(np.stack([alive, np.full(alive.size, number), begins, length]))
    return np.concatenate(found, axis=1)


def _record(number: int, is_plain: bool) -> Template:
    """Return how an image begins: "<number>": binary, or "<number>": {"picture": binary, …"""
    if is_plain:
        content = b"\x05%d\0....\0" % number
    else:
        content = b"\x03%d\0....\x05picture\0....\0" % number
    width = len(content)
    counts = [(width - 5, 4)] if is_plain else [(width - 18, 4), (width - 5, 4)]
    return learn_template(memoryview(content), 0, width, counts)
