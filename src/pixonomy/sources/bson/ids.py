"""Reads the ids and categories of BSON documents as text, or says why a value cannot be one.

An id is text to compare: what MongoDB takes for one number is one text, whatever its type.
"""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from struct import Struct
from uuid import UUID

from pixonomy.json_types import Json
from pixonomy.sources.bson.fields import (
    ARRAY,
    BINARY,
    BOOLEAN,
    DATE,
    DECIMAL,
    DOCUMENT,
    DOUBLE,
    INT32,
    INT64,
    MOST_FIELDS,
    NAMES,
    NULL,
    OBJECT_ID,
    OLD_BINARY,
    STRING,
    SYMBOL,
    TIMESTAMP,
    UNDEFINED,
    list_fields,
)

Read = tuple[str | None, str | None]
"""The text, and what is wrong with it."""

_INT32, _INT64, _DOUBLE = Struct("<i"), Struct("<q"), Struct("<d")
_TWO_WORDS, _TWO_LONG_WORDS = Struct("<II"), Struct("<QQ")
_LONGEST = 1024  # characters; of a longer id the hash says as well whether it is the same
_DEEPEST = 16  # documents inside each other; of a deeper id the hash says it, too
_UUID = 4  # the subtype of a binary; of the older 3 nobody knows the order of the bytes
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = Context(prec=34)  # of a Decimal128
_MOST_WHOLE = 2**63  # a larger number has more digits than its type keeps


class _NoText(Exception):
    pass


def read_product_id(kind: int, raw: bytes) -> Read:
    """Return an `_id` as text.

    Raises:
        Damaged: where a document inside breaks the format, from the beginning of `raw`.
    """
    text = _read(kind, raw)
    if text is not None:
        return text, None
    if kind in (NULL, UNDEFINED):
        return None, "the product has no _id"
    return None, f"_id is {NAMES[kind]}, which is no id"


def read_category(kind: int, raw: bytes) -> Read:
    """Return a `category_id` as text; what could only be a mistake is none."""
    odd = NAMES[kind]
    if kind in (NULL, UNDEFINED):
        return None, None
    if kind in (STRING, SYMBOL):
        return _read_name(raw[4:-1])
    if kind in (DOUBLE, DECIMAL):
        text = _read(kind, raw) or ""
        if _is_whole(text) and abs(int(text)) < _MOST_WHOLE:
            return text, None
        odd = f"the number {text}"
    elif kind in (INT32, INT64, OBJECT_ID, BOOLEAN) or (kind == BINARY and _is_uuid(raw)):
        return _read(kind, raw), None
    return None, f"category_id is {odd}, which is no category"


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def _read_name(raw: bytes) -> Read:
    if len(raw) > _LONGEST:
        return None, f"category_id is a text of {len(raw)} bytes, which is no category"
    try:
        text = unicodedata.normalize("NFC", raw.decode().strip())
    except UnicodeDecodeError:
        return None, "category_id is a text that is not UTF-8"
    return text or None, None


def _read(kind: int, raw: bytes) -> str | None:
    """Return a value as text of at most 1,024 characters; None for what is no id."""
    read = _READERS.get(kind)
    if read is None:
        return None
    if len(raw) <= 4 * _LONGEST:
        try:
            text = read(raw)
        except _NoText:
            text = ""
        else:
            if len(text) <= _LONGEST:
                return text
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _read_text(raw: bytes) -> str:
    # Two texts that are not UTF-8 stay two.
    return raw[4:-1].decode("utf-8", "backslashreplace")


def _read_double(raw: bytes) -> str:
    number: float = _DOUBLE.unpack(raw)[0]
    return str(int(number)) if number.is_integer() else repr(number)  # JavaScript has no integers


def _is_uuid(raw: bytes) -> bool:
    return raw[4] == _UUID and len(raw) == 21


def _read_binary(raw: bytes) -> str:
    if _is_uuid(raw):
        return str(UUID(bytes=raw[5:]))
    return raw[9 if raw[4] == OLD_BINARY else 5 :].hex()


def _read_date(raw: bytes) -> str:
    milliseconds: int = _INT64.unpack(raw)[0]
    try:
        date = _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return f"{milliseconds} ms"
    return date.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read_timestamp(raw: bytes) -> str:
    count, seconds = _TWO_WORDS.unpack(raw)
    return f"{seconds}:{count}"


def _read_decimal(raw: bytes) -> str:
    """Read a Decimal128, by the binary (BID) encoding of IEEE 754-2008."""
    low, high = _TWO_LONG_WORDS.unpack(raw)
    sign, top = high >> 63, high >> 58 & 0x1F
    if top >= 0x1E:
        return "nan" if top == 0x1F else "-inf" if sign else "inf"
    if top >= 0x18:  # more digits than the type allows: zero, by the standard
        exponent, digits = 0, 0
    else:
        exponent, digits = (high >> 49 & 0x3FFF) - 6176, (high & (1 << 49) - 1) << 64 | low
    number = Decimal((sign, tuple(map(int, str(digits))), exponent)).normalize(_DIGITS)
    is_whole = number == number.to_integral_value()
    return str(int(number)) if is_whole and number.adjusted() < _DIGITS.prec else str(number)


def _read_document(raw: bytes) -> str:
    return _dump(DOCUMENT, raw)


def _read_array(raw: bytes) -> str:
    return _dump(ARRAY, raw)


def _dump(kind: int, raw: bytes) -> str:
    return json.dumps(_plain(kind, raw, 0), ensure_ascii=False, separators=(",", ":"))


def _plain(kind: int, raw: bytes, depth: int) -> Json:
    """Return a value as plain JSON: what has no form there is its text."""
    if depth > _DEEPEST:
        raise _NoText
    if kind not in (DOCUMENT, ARRAY):
        text = _read(kind, raw)
        if kind in (INT32, INT64, DOUBLE, DECIMAL) and _is_whole(text or ""):
            return int(text or "")
        if text is None and kind not in (NULL, UNDEFINED):
            raise _NoText
        return raw != b"\0" if kind == BOOLEAN else text
    fields = list_fields(memoryview(raw), 0, len(raw), MOST_FIELDS)
    values: list[Json] = [
        _plain(inner, raw[place:end], depth + 1) for inner, _, place, end in fields
    ]
    if kind == ARRAY:
        return values
    names = [name.decode("utf-8", "backslashreplace") for _, name, _, _ in fields]
    return dict(zip(names, values, strict=True))


_READERS: Mapping[int, Callable[[bytes], str]] = {
    INT32: lambda raw: str(_INT32.unpack(raw)[0]),
    INT64: lambda raw: str(_INT64.unpack(raw)[0]),
    DOUBLE: _read_double,
    DECIMAL: _read_decimal,
    STRING: _read_text,
    SYMBOL: _read_text,
    OBJECT_ID: bytes.hex,
    BINARY: _read_binary,
    BOOLEAN: lambda raw: "false" if raw == b"\0" else "true",
    DATE: _read_date,
    TIMESTAMP: _read_timestamp,
    DOCUMENT: _read_document,
    ARRAY: _read_array,
}
