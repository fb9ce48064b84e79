"""Lists the fields of a BSON document, each with its type and its place in the bytes.

Every length is checked before it is used (bsonspec.org, version 1.1).
"""

from struct import Struct
from typing import Final

_INT32 = Struct("<i")
FIXED: Final = {
    0x01: 8, 0x06: 0, 0x07: 12, 0x08: 1, 0x09: 8, 0x0A: 0, 0x10: 4, 0x11: 8, 0x12: 8, 0x13: 16,
    0x7F: 0, 0xFF: 0,
}  # fmt: skip
"""Types whose values have one length, in bytes."""
COUNTED: Final = {
    0x02: (4, 1), 0x03: (0, 5), 0x04: (0, 5), 0x05: (5, 0), 0x0C: (16, 1), 0x0D: (4, 1),
    0x0E: (4, 1), 0x0F: (0, 14),
}  # fmt: skip
"""Types that begin with an int32: what they have beyond that count, and the smallest count."""
DOUBLE, STRING, DOCUMENT, ARRAY, BINARY, UNDEFINED, OBJECT_ID, BOOLEAN = range(0x01, 0x09)
DATE, NULL, REGEX, POINTER, CODE, SYMBOL, SCOPED_CODE, INT32, TIMESTAMP, INT64, DECIMAL = range(
    0x09, 0x14
)
NAMES: Final = {
    DOUBLE: "a number", STRING: "a text", DOCUMENT: "a document", ARRAY: "a list",
    BINARY: "a binary", UNDEFINED: "nothing", OBJECT_ID: "an ObjectId", BOOLEAN: "a boolean",
    DATE: "a date", NULL: "nothing", REGEX: "a regular expression", POINTER: "a pointer",
    CODE: "code", SYMBOL: "a symbol", SCOPED_CODE: "code", INT32: "a number",
    TIMESTAMP: "a timestamp", INT64: "a number", DECIMAL: "a number", 0x7F: "the largest key",
    0xFF: "the smallest key",
}  # fmt: skip
"""What a value is, in words."""
OLD_BINARY = 2  # the subtype of a binary that repeats its length inside
MOST_FIELDS = 4096  # of one product, those of its images included: hostile bytes end early
_MAX_NAME = 1024  # bytes; a field's name is never searched through a whole file

Field = tuple[int, bytes, int, int]
"""Type, name, offset of the value, offset after it."""


class Damaged(Exception):
    """The bytes break the format at `offset` of their chunk; never leaves this package."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset


def list_fields(chunk: memoryview, start: int, end: int, most: int) -> list[Field]:
    """List the fields of the document from `start` to `end`.

    Raises:
        Damaged: where it breaks the format, or has more than `most` fields.
    """
    found = []
    place, last = start + 4, end - 1
    while place < last:
        kind = chunk[place]
        if kind not in FIXED and kind not in COUNTED and kind != REGEX:
            raise Damaged(place, f"an unknown type {kind:#04x}")
        name_end = _end_of_name(chunk, place + 1, last)
        name = chunk[place + 1 : name_end].tobytes()
        value, place = name_end + 1, _end_of_value(chunk, kind, name_end + 1, last)
        found.append((kind, name, value, place))
        if len(found) > most:
            raise Damaged(start, f"a product of more than {MOST_FIELDS} fields")
    if place != last or chunk[last] != 0:
        raise Damaged(place, "a document that does not end where it says")
    return found


def _end_of_name(chunk: memoryview, start: int, last: int) -> int:
    name = chunk[start : min(last, start + _MAX_NAME)].tobytes().find(b"\0")
    if name < 0:
        raise Damaged(start, "a field's name that does not end")
    return start + name


def _end_of_value(chunk: memoryview, kind: int, place: int, last: int) -> int:
    if kind in FIXED:
        end = place + FIXED[kind]
    elif kind in COUNTED:
        (beyond, smallest), count = COUNTED[kind], read_int32(chunk, place, last)
        if count < smallest:
            raise Damaged(place, f"a value cannot be {count} bytes long")
        end = place + count + beyond
    else:
        end = _end_of_name(chunk, _end_of_name(chunk, place, last) + 1, last) + 1
    if end > last:
        raise Damaged(place, "a value that is longer than its document")
    return end


def read_int32(chunk: memoryview, place: int, last: int) -> int:
    """Return a number that ends at or before `last`."""
    if place + 4 > last:
        raise Damaged(place, "a number that does not end")
    return int(_INT32.unpack_from(chunk, place)[0])
