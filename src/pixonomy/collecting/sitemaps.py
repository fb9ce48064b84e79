"""Reads a sitemap: its images, its pages without any, and further sitemaps."""

import zlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree

from pixonomy.collecting.provider import plain
from pixonomy.collecting.replies import xml_root
from pixonomy.collecting.search_results import SearchResult, Trouble

_MOST_ENTRIES = 50_000  # of one sitemap, as the protocol has it
_MOST_IMAGES = 1000  # of one page, likewise
_MOST_BYTES = 50 * 1024**2  # unpacked, likewise
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Sitemap:
    """What a sitemap says.

    Attributes:
        search_results: images, each with its page.
        pages: addresses of pages that it names no image of.
        further: addresses of further sitemaps.
    """

    search_results: tuple[SearchResult, ...] = ()
    pages: tuple[str, ...] = ()
    further: tuple[str, ...] = ()


def read_sitemap(data: bytes) -> Sitemap:
    """Read a sitemap or an index of sitemaps: XML or a list of addresses, packed by gzip or not.

    Source: sitemaps.org's protocol and Google's image sitemaps; names are taken without their
    namespaces, which people write in several ways.

    Raises:
        Trouble: if it is neither.
        Refused: if it is too large to be read.
    """
    data = _unpacked(data)
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _read_list(data)
    root = _root(data)
    further: dict[str, None] = {}
    pages: dict[str, None] = {}
    search_results: list[SearchResult] = []
    for entry in root.iterchildren(etree.Element):
        place = _text(entry, "loc")
        if _name(entry) == "sitemap" and place:
            further[place] = None
        elif _name(entry) == "url" and place:
            named = [one for one in _images(entry, place) if one.image_url]
            search_results += named
            if not named:
                pages[place] = None
        if len(further) + len(pages) + len(search_results) >= _MOST_ENTRIES:
            break
    return Sitemap(tuple(search_results), tuple(pages), tuple(further))


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(_GZIP):
        return data
    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(data, _MOST_BYTES)
    except zlib.error:
        raise Trouble("the sitemap is packed, and broken") from None
    if unpacker.unconsumed_tail:
        raise Trouble(f"the sitemap has more than {_MOST_BYTES // 1024**2} MiB")
    return found


def _read_list(data: bytes) -> Sitemap:
    lines = data[:_MOST_BYTES].decode("utf-8-sig", "replace").split("\n")
    pages = dict.fromkeys(one.strip() for one in lines if _is_address(one.strip()))
    if not pages:
        raise Trouble("the sitemap is no XML, and no list of addresses")
    return Sitemap(pages=tuple(pages)[:_MOST_ENTRIES])


def _is_address(line: str) -> bool:
    try:
        return urlsplit(line).scheme in ("http", "https")
    except ValueError:
        return False


def _root(data: bytes) -> etree._Element:
    root = xml_root(data)
    if _name(root) not in ("urlset", "sitemapindex"):
        raise Trouble(f"the sitemap is none, but XML that begins with <{_name(root)[:50]}>")
    return root


def _images(entry: etree._Element, page: str) -> list[SearchResult]:
    found: list[SearchResult] = []
    for one in entry.iterchildren(etree.Element):
        if _name(one) == "image" and len(found) < _MOST_IMAGES:
            address = _text(one, "loc")
            title = _text(one, "title") or _text(one, "caption")
            licence = _text(one, "license")
            found.append(SearchResult(address, address, page, title, license_url=licence))
    return found


def _text(parent: etree._Element, name: str) -> str:
    """Return the text of a child; an empty one without it."""
    for one in parent.iterchildren(etree.Element):
        if _name(one) == name and one.text:
            return plain(one.text)
    return ""


def _name(element: etree._Element) -> str:
    """Return a tag in small letters, without its namespace."""
    return str(element.tag).rpartition("}")[2].casefold()
