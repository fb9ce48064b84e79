"""Reads the label in a text or a `.json` beside an image.

Nothing that holds several labels becomes one category.
"""

import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

Value = TypeVar("Value")

_LONGEST_LABEL = 200  # letters; a text that says more is no label
_LARGEST_INT = 600  # bits, some 180 digits
_DEEPEST = 3  # lists and objects in one another
_NAME_KEYS = ("name", "label", "labelname", "class", "classname", "categoryname", "title", "text")
_ID_KEYS = ("id", "labelid", "classid", "categoryid", "index")
_SIGNS = re.compile(r"[\W_]+")
_BLANKS = "\ufeff\u200b\u2060\u00a0 \t\r\n\v\f\0\x1c\x1d\x1e\x1f"
_WHOLE = re.compile(r"([+-]?\d+)\.0+")
_BOX = re.compile(r"\d+(?:\s+[+-]?\d*\.?\d+(?:e[+-]?\d+)?){4,}", re.IGNORECASE)


class ReadLabel(NamedTuple):
    """A label, or None where there is none; `several` shows the labels where there are several."""

    label: str | None = None
    several: str = ""


NOTHING = ReadLabel()


def label_of_text(data: bytes) -> ReadLabel:
    """Return what a text says, if that is one short line; "7.0" is "7".

    Lists and objects are read as JSON or as Python writes them; lines that tell boxes (a number
    of a class and four places) are no label.
    """
    text = decode_text(data).strip().strip("\0\ufeff")
    if len(text) > _LONGEST_LABEL or len(text.splitlines()) != 1 or _BOX.fullmatch(text):
        return NOTHING
    whole = _WHOLE.fullmatch(text)
    return label_of_value(whole[1] if whole else text)


def label_of_value(value: object, deep: int = 0) -> ReadLabel:
    """Return the label that a JSON value is.

    Whole numbers are written whole (7.0 is "7"); true, false, null, NaN and infinities are none. A
    list of one is that one; an object gives its name, else its id.
    """
    found = NOTHING
    if deep > _DEEPEST or isinstance(value, bool):
        return found
    if isinstance(value, str):
        found = _from_text(value, deep)
    elif isinstance(value, int):
        found = ReadLabel(_write_int(value))
    elif isinstance(value, float):
        found = ReadLabel(_write_float(value))
    elif isinstance(value, Mapping):
        found = _from_object(value, deep)
    elif isinstance(value, Sequence):
        found = _from_list(value, deep)
    return found


def _from_text(text: str, deep: int) -> ReadLabel:
    text = clean(text)
    if text[:1] + text[-1:] in ("[]", "{}"):
        for written in (text, text.replace("'", '"')):
            try:
                return label_of_value(json.loads(written), deep + 1)
            except (ValueError, RecursionError):
                continue
        if "," in text:
            return ReadLabel(None, _show(text))
    return ReadLabel(text if text and len(text) <= _LONGEST_LABEL else None)


def _write_int(value: int) -> str | None:
    return str(value) if value.bit_length() <= _LARGEST_INT else None


def _write_float(value: float) -> str | None:
    if not math.isfinite(value):
        return None
    return str(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)


def _from_object(value: Mapping[str, object], deep: int) -> ReadLabel:
    fields = plain_keys(value)
    found = [label_of_value(fields[key], deep + 1) for key in _NAME_KEYS if key in fields]
    names = [one for one in found if one.label is not None or one.several]
    ids = [label_of_value(fields[key], deep + 1) for key in _ID_KEYS if key in fields]
    return (names or [one for one in ids if one.label is not None] or [NOTHING])[0]


def _from_list(values: Sequence[object], deep: int) -> ReadLabel:
    if len(values) > 1:
        return ReadLabel(None, _show(json.dumps(values[:4], ensure_ascii=False)))
    return label_of_value(values[0], deep + 1) if values else NOTHING


def _show(text: str) -> str:
    text = clean(text)
    return text if len(text) <= 60 else f"{text[:59]}…"


def plain_keys(content: Mapping[str, Value]) -> dict[str, Value]:
    """Return an object by its keys without case and signs: `class_name` is "classname"."""
    return {
        key if key.isalpha() and key.islower() else _SIGNS.sub("", key.lower()): value
        for key, value in content.items()
    }


def clean(text: str) -> str:
    """Return text without blanks around it, in Unicode's form NFC."""
    if text.isascii():
        return text.strip(_BLANKS).strip()
    # JSON may hold halves of surrogate pairs, which no table can.
    text = text.encode("utf-8", "replace").decode("utf-8")
    return unicodedata.normalize("NFC", text).strip(_BLANKS).strip()


def decode_text(data: bytes) -> str:
    """Read UTF-8, UTF-16 with a mark, else Windows' Western code page, always without losses."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "backslashreplace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "backslashreplace")
