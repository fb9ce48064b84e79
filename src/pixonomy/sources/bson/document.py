"""The bytes of one BSON document go in; its ids and the byte ranges of its pictures come out.

The careful reader: any order of fields, any types, and every length checked before it is used
(bsonspec.org, version 1.1). `layout` reads the documents that look alike many times faster.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from struct import Struct
from typing import Final

_INT32, _INT64, _DOUBLE = Struct("<i"), Struct("<q"), Struct("<d")
FIXED: Final = {
    0x01: 8, 0x06: 0, 0x07: 12, 0x08: 1, 0x09: 8, 0x0A: 0, 0x10: 4, 0x11: 8, 0x12: 8, 0x13: 16,
    0x7F: 0, 0xFF: 0,
}  # fmt: skip
"""Types whose values have one length, in bytes."""
_COUNTED: Final = {
    0x02: (4, 1), 0x03: (0, 5), 0x04: (0, 5), 0x05: (5, 0), 0x0C: (16, 1), 0x0D: (4, 1),
    0x0E: (4, 1), 0x0F: (0, 14),
}  # fmt: skip
"""Types that begin with an int32: what they have beyond that count, and the smallest count."""
_DOCUMENT, _ARRAY, _BINARY, _REGEX = 0x03, 0x04, 0x05, 0x0B
_OLD_BINARY = 2  # a subtype that repeats its length inside
_MAX_NAME = 1024  # bytes; a field's name is never searched through a whole file
_MAX_FIELDS = 4096  # of one product, those of its pictures included: hostile bytes end early
_SMALLEST = 5  # bytes: the length and the closing zero
SMALLEST_PRODUCT = 14  # bytes: those, and an _id of type int32


class Damaged(Exception):
    """The bytes break the format at `offset` of their stretch; never leaves this package."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass
class Product:
    """One document.

    Attributes:
        product_id, category_id: as text; a product may have no category.
        pictures: (offset, length) of each picture's bytes, from the start of the stretch.
        fields: (type, name, offset of the value) of each field, in order.
        end: the offset after the document.
    """

    product_id: str
    category_id: str | None
    pictures: list[tuple[int, int]]
    fields: list[tuple[int, bytes, int]]
    end: int


def read_length(stretch: memoryview, start: int, smallest: int = SMALLEST_PRODUCT) -> int:
    """Return the length of the document at `start`, in bytes.

    Raises:
        Damaged: if none can be so short.
    """
    length = _int32(stretch, start, len(stretch))
    if length < smallest:
        raise Damaged(start, f"a document of {length} bytes is too short")
    return length


def read_product(stretch: memoryview, start: int) -> Product:
    """Read the document at `start`.

    Raises:
        Damaged: where it breaks the format or does not end inside the stretch.
    """
    end = _check_extent(stretch, start)
    fields = _fields(stretch, start, end, _MAX_FIELDS)
    named = {name: (kind, place, after) for kind, name, place, after in fields}  # the last counts
    product_id = _read_id(stretch, b"_id", named)
    if product_id is None:
        raise Damaged(start, "a document without _id")
    kind, place, _ = named.get(b"imgs", (0, 0, 0))
    return Product(
        product_id,
        _read_id(stretch, b"category_id", named),
        _read_pictures(stretch, place, _MAX_FIELDS - len(fields)) if kind == _ARRAY else [],
        [(kind, name, place) for kind, name, place, _ in fields],
        end,
    )


def _read_pictures(stretch: memoryview, start: int, most: int) -> list[tuple[int, int]]:
    pictures = []
    entries = _fields(stretch, start, _check_extent(stretch, start, _SMALLEST), most)
    most -= len(entries)
    for kind, _, place, after in entries:
        if kind != _DOCUMENT:
            continue
        fields = _fields(stretch, place, after, most)
        most -= len(fields)
        named = {name: (inner, value) for inner, name, value, _ in fields}
        inner, value = named.get(b"picture", (0, 0))
        if inner == _BINARY:
            pictures.append(_read_binary(stretch, value))
    return pictures


def _read_binary(stretch: memoryview, place: int) -> tuple[int, int]:
    length = _INT32.unpack_from(stretch, place)[0]
    if stretch[place + 4] != _OLD_BINARY:
        return place + 5, length
    inner = _INT32.unpack_from(stretch, place + 5)[0] if length >= 4 else 0
    if inner != length - 4:
        raise Damaged(place, "a picture whose two lengths differ")
    return place + 9, inner


def _read_id(
    stretch: memoryview, name: bytes, named: Mapping[bytes, tuple[int, int, int]]
) -> str | None:
    kind, place, end = named.get(name, (0x0A, 0, 0))
    match kind:
        case 0x0A:
            return None
        case 0x10:
            return str(_INT32.unpack_from(stretch, place)[0])
        case 0x12:
            return str(_INT64.unpack_from(stretch, place)[0])
        case 0x02:
            return stretch[place + 4 : end - 1].tobytes().decode("utf-8", "replace")
        case 0x07:
            return stretch[place:end].tobytes().hex()
        case 0x01 if (number := _DOUBLE.unpack_from(stretch, place)[0]).is_integer():
            return str(int(number))  # JavaScript writes its whole numbers so
    raise Damaged(
        place, f"{name.decode()} has the type {kind:#04x}; expected a whole number or a text"
    )


def _fields(
    stretch: memoryview, start: int, end: int, most: int
) -> list[tuple[int, bytes, int, int]]:
    """List (type, name, offset of the value, offset after it) of a document's fields."""
    found = []
    place, last = start + 4, end - 1
    while place < last:
        kind = stretch[place]
        if kind not in FIXED and kind not in _COUNTED and kind != _REGEX:
            raise Damaged(place, f"an unknown type {kind:#04x}")
        name_end = _end_of_name(stretch, place + 1, last)
        name = stretch[place + 1 : name_end].tobytes()
        value, place = name_end + 1, _end_of_value(stretch, kind, name_end + 1, last)
        found.append((kind, name, value, place))
        if len(found) > most:
            raise Damaged(start, f"a product of more than {_MAX_FIELDS} fields")
    if place != last or stretch[last] != 0:
        raise Damaged(place, "a document that does not end where it says")
    return found


def _end_of_name(stretch: memoryview, start: int, last: int) -> int:
    name = stretch[start : min(last, start + _MAX_NAME)].tobytes().find(b"\0")
    if name < 0:
        raise Damaged(start, "a field's name that does not end")
    return start + name


def _end_of_value(stretch: memoryview, kind: int, place: int, last: int) -> int:
    if kind in FIXED:
        end = place + FIXED[kind]
    elif kind in _COUNTED:
        (beyond, smallest), count = _COUNTED[kind], _int32(stretch, place, last)
        if count < smallest:
            raise Damaged(place, f"a value cannot be {count} bytes long")
        end = place + count + beyond
    else:
        end = _end_of_name(stretch, _end_of_name(stretch, place, last) + 1, last) + 1
    if end > last:
        raise Damaged(place, "a value that is longer than its document")
    return end


def _check_extent(stretch: memoryview, start: int, smallest: int = SMALLEST_PRODUCT) -> int:
    length = read_length(stretch, start, smallest)
    if start + length > len(stretch):
        raise Damaged(start, "a document that does not end")
    return start + length


def _int32(stretch: memoryview, place: int, last: int) -> int:
    if place + 4 > last:
        raise Damaged(place, "a number that does not end")
    return int(_INT32.unpack_from(stretch, place)[0])
