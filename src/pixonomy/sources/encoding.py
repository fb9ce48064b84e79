"""Decodes the bytes of a text file to UTF-8 without losses, or says why that cannot be done.

What differs in the file differs in the result.
"""

import codecs
import re
from typing import NamedTuple

from pixonomy.errors import DataError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OTHERS = (
    (b"PK\x03\x04", "a spreadsheet or a zip; save its table as CSV (UTF-8)"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet; save its table as CSV (UTF-8)"),
    (b"\x1f\x8b", "compressed by gzip; unpack it first (gunzip)"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd; unpack it first (zstd -d)"),
    (b"BZh91AY", "compressed by bzip2; unpack it first (bzip2 -d)"),
    (b"PAR1\x15", "a Parquet table; let its name end in .parquet"),
    (b"SQLite format 3\0", "a database; export its table as CSV (UTF-8)"),
    (b"%PDF-", "a PDF; save its table as CSV (UTF-8)"),
    (b"version https://git-lfs", "a pointer of Git LFS, not the table; run `git lfs pull`"),
    (b"<!doctype", "a web page (HTML), not a table; was the download refused?"),
    (b"<html", "a web page (HTML), not a table; was the download refused?"),
)
_END_OF_FILE = b"\x1a"  # how DOS ended texts, and some programs still do
_WAY_OUT = "save it as UTF-8"
_PLAIN = 4096  # bytes that are looked at for UTF-16 without a mark
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)


class DecodedText(NamedTuple):
    """Text as UTF-8 without a mark, and a sentence about how it was read, if it was a guess."""

    data: bytes
    remark: str | None


def to_utf8(data: bytes, name: str) -> DecodedText:
    """Read UTF-8 and, with a mark or plainly, UTF-16 and UTF-32; else Windows-1252.

    Windows-1252 is what spreadsheets write; it is told, since other code pages look alike.

    Args:
        name: of the file, for sentences.

    Raises:
        DataError: if it is no text, or of no known encoding: names the line.
    """
    if (what := find_other(data)) is not None:
        raise DataError(f"{name} is {what}.")
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            text = _recode(data[len(bom) :], encoding, name).removesuffix(_END_OF_FILE)
            return DecodedText(_without_nul(text, name), None)
    wide = _plain_utf16(data)
    if wide is not None:
        remark = f"{name} has no mark of its encoding; read as {wide.upper()}."
        text = _recode(data, wide, name).removesuffix(_END_OF_FILE)
        return DecodedText(_without_nul(text, name), remark)
    data = data.removesuffix(_END_OF_FILE)
    _without_nul(data, name)
    if data.isascii():
        return DecodedText(data, None)
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return _from_code_page(data, error.start, name)
    return DecodedText(data, None)


def find_other(data: bytes) -> str | None:
    """Say what a file is that is no table, by its first bytes, and the way out."""
    start = data[:64].lstrip()
    for magic, what in _OTHERS:
        if start.startswith(magic) or (magic[:1] == b"<" and start.lower().startswith(magic)):
            return what
    return None


def _recode(data: bytes, encoding: str, name: str) -> bytes:
    try:
        return data.decode(encoding).encode()
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(encoding, "replace").count("\n") + 1
        raise DataError(
            f"{name} is marked as {encoding.upper()}, but line {line} is not; {_WAY_OUT}."
        ) from error


def _plain_utf16(data: bytes) -> str | None:
    """Tell UTF-16 without a mark: of plain letters, every other byte is zero."""
    some = data[:_PLAIN]
    if len(some) < 4 or len(data) % 2 or b"\0" not in some:
        return None
    for encoding, zeros, letters in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        if some[zeros::2].count(0) > len(some) // 4 and not some[letters::2].count(0):
            return encoding
    return None


def _without_nul(data: bytes, name: str) -> bytes:
    place = data.find(b"\0")
    if place >= 0:
        raise DataError(
            f"{name} is no plain text: {_line(data, place)} holds a NUL byte; is it damaged?"
        )
    return data


def _from_code_page(data: bytes, place: int, name: str) -> DecodedText:
    whole = _MULTIBYTE.findall(data)
    high = len(data) - len(data.translate(None, bytes(range(0x80, 0x100))))
    if whole and len(whole) >= high - sum(map(len, whole)):
        raise DataError(
            f"{name} is UTF-8, but {_line(data, place)} is not (byte 0x{data[place]:02x}); "
            f"correct the line, or {_WAY_OUT}."
        )
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name} is neither UTF-8 nor Windows-1252 ({_line(data, error.start)}, byte "
            f"0x{data[error.start]:02x}); {_WAY_OUT}."
        ) from error
    around = re.search(r"\w*[^\x00-\x7f]\w*", text)
    example = f" ({around[0][:40]!r})" if around else ""
    return DecodedText(
        text.encode(),
        f"{name} is not UTF-8; read as Windows-1252{example}. If that looks wrong, {_WAY_OUT}.",
    )


def _line(data: bytes, place: int) -> str:
    before = data[:place]
    ends = before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
    return f"line {ends + 1}"
