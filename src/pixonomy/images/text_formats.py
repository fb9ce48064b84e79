"""Tells HTML, SVG and other text from images, by the first bytes of a file."""

import codecs
import re
from typing import Literal

TextFormat = Literal["html", "svg", "xml", "json", "lfs", "text"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
# What may stand before the first element: declarations, comments and the document's type.
_BEFORE_ROOT = re.compile(
    r"\s+|<\?[^>]*>|<!--(?:(?!-->).)*(?:-->|\Z)|<!doctype\s[^\[>]*(?:\[[^\]]*\]\s*)?>",
    re.DOTALL | re.IGNORECASE,
)
_ROOT = re.compile(r"<(?:\w+:)?([a-z][\w-]*)", re.IGNORECASE)
_HTML_TYPE = re.compile(r"<!doctype\s+html", re.IGNORECASE)
_HTML_ELEMENTS = frozenset({
    "html", "head", "body", "title", "meta", "script", "style", "link", "div", "p", "a", "h1",
    "h2", "h3", "center", "table", "br", "img", "span", "iframe", "font", "form", "b",
})  # fmt: skip


def text_format(start: bytes) -> TextFormat | None:
    """Tell pages, drawings and other text from images; None for bytes that are no text."""
    text = _read(start)
    if text is None or not text.strip():
        return None
    if text.startswith("version https://git-lfs"):
        return "lfs"
    place, is_html = 0, False
    while found := _BEFORE_ROOT.match(text, place):
        is_html = is_html or _HTML_TYPE.match(found[0]) is not None
        place = found.end()
    root = _ROOT.match(text, place)
    element = root[1].lower() if root else ""
    if element == "svg":
        return "svg"
    if is_html or element in _HTML_ELEMENTS:
        return "html"
    if root or text.lstrip().startswith("<?xml"):
        return "xml"
    return "json" if text.lstrip()[0] in "{[" else "text"


def _read(start: bytes) -> str | None:
    for bom, encoding in _BOMS:
        if start.startswith(bom):
            return start[len(bom) :].decode(encoding, "ignore")
    # The last character may have been cut in two; older pages are in any one-byte encoding.
    is_utf8 = not _BINARY.search(text := start.decode("latin-1"))
    return text if is_utf8 and _is_mostly_ascii(start) else None


def _is_mostly_ascii(start: bytes) -> bool:
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 3:
            return sum(byte < 0x80 for byte in start) > 0.7 * len(start)
    return True
