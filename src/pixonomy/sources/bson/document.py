"""Reads one BSON document of any layout: its ids and the byte ranges of its images.

The careful reader: any order of fields, any types, and every length checked before it is used.
`document_layout` reads the documents that look alike many times faster.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from struct import Struct

from pixonomy.sources.bson.fields import (
    ARRAY,
    BINARY,
    DOCUMENT,
    MOST_FIELDS,
    NAMES,
    NULL,
    OLD_BINARY,
    UNDEFINED,
    Damaged,
    Field,
    list_fields,
    read_int32,
)
from pixonomy.sources.bson.ids import Read, read_category, read_product_id

_INT32 = Struct("<i")
SMALLEST_PRODUCT = 10  # bytes: the length, an empty _id, and the closing zero

_Named = Mapping[bytes, tuple[int, int, int]]
"""By name: type, offset of the value, offset after it."""


@dataclass
class Product:
    """One document.

    Attributes:
        product_id, category_id: as text; a product may have no category.
        problem: what is wrong with them, or None.
        images: (offset, length) of each image's bytes, from the start of the chunk.
        odd: (offset, what is wrong) of what should be an image and is none.
        fields: (type, name, offset of the value) of each field, in order.
        end: the offset after the document.
    """

    product_id: str | None
    category_id: str | None
    problem: str | None
    fields: list[tuple[int, bytes, int]]
    end: int
    images: list[tuple[int, int]] = field(default_factory=list)
    odd: list[tuple[int, str]] = field(default_factory=list)


def read_length(chunk: memoryview, start: int) -> int:
    """Return the length of the document at `start`, in bytes.

    Raises:
        Damaged: if none can be so short.
    """
    length = read_int32(chunk, start, len(chunk))
    if length < SMALLEST_PRODUCT:
        raise Damaged(start, f"a document of {length} bytes is too short")
    return length


def read_product(chunk: memoryview, start: int) -> Product:
    """Read the document at `start`.

    Raises:
        Damaged: where it breaks the format or does not end inside the chunk, or has neither an
            _id nor images.
    """
    end = _check_extent(chunk, start)
    fields = list_fields(chunk, start, end, MOST_FIELDS)
    named = {name: (kind, place, after) for kind, name, place, after in fields}  # the last counts
    if b"_id" not in named and b"imgs" not in named:
        raise Damaged(start, "a document without _id")
    product_id, odd_id = _read_id(chunk, named, b"_id", read_product_id)
    category_id, odd_category = _read_id(chunk, named, b"category_id", read_category)
    product = Product(
        product_id,
        category_id,
        odd_id or odd_category,
        [(kind, name, place) for kind, name, place, _ in fields],
        end,
    )
    kind, place, after = named.get(b"imgs", (NULL, 0, 0))
    _Images(chunk, product, MOST_FIELDS - len(fields)).read(kind, place, after)
    return product


def _read_id(
    chunk: memoryview, named: _Named, name: bytes, read: Callable[[int, bytes], Read]
) -> Read:
    kind, place, end = named.get(name, (NULL, 0, 0))
    try:
        return read(kind, bytes(chunk[place:end]))
    except Damaged as fault:
        raise Damaged(place + fault.offset, str(fault)) from fault


@dataclass
class _Images:
    """Adds what `imgs` holds to a product: a list, a single document or a single binary."""

    chunk: memoryview
    product: Product
    most: int  # fields that may still come

    def read(self, kind: int, place: int, end: int) -> None:
        if kind not in (ARRAY, DOCUMENT):
            self._add(kind, place, "imgs")
            return
        entries = self._list(place, end)
        if kind == DOCUMENT and any(name == b"picture" for _, name, _, _ in entries):
            self._add_document(place, entries)
            return
        for inner, _, begin, after in entries:
            if inner == DOCUMENT:
                self._add_document(begin, self._list(begin, after))
            else:
                self._add(inner, begin, "an entry of imgs")

    def _add_document(self, place: int, fields: list[Field]) -> None:
        named = {name: (kind, value) for kind, name, value, _ in fields}
        if b"picture" in named:
            self._add(*named[b"picture"], "picture")
        elif named:
            names = ", ".join(name.decode("utf-8", "replace")[:30] for name in [*named][:3])
            self.product.odd.append((place, f"an entry of imgs has no field picture, but {names}"))

    def _add(self, kind: int, place: int, what: str) -> None:
        if kind == BINARY:
            self.product.images.append(_read_binary(self.chunk, place))
        elif kind not in (NULL, UNDEFINED):
            self.product.odd.append((place, f"{what} is {NAMES[kind]}; expected a binary"))

    def _list(self, place: int, end: int) -> list[Field]:
        fields = list_fields(self.chunk, place, end, self.most)
        self.most -= len(fields)
        return fields


def _read_binary(chunk: memoryview, place: int) -> tuple[int, int]:
    length = _INT32.unpack_from(chunk, place)[0]
    if chunk[place + 4] != OLD_BINARY:
        return place + 5, length
    inner = _INT32.unpack_from(chunk, place + 5)[0] if length >= 4 else 0
    if inner != length - 4:
        raise Damaged(place, "a picture whose two lengths differ")
    return place + 9, inner


def _check_extent(chunk: memoryview, start: int) -> int:
    length = read_length(chunk, start)
    if start + length > len(chunk):
        raise Damaged(start, "a document that does not end")
    return start + length
