"""Finds the address of the largest image that an element of a page offers: img, picture, a link."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from bs4 import Tag

from pixonomy.collecting.door import join
from pixonomy.collecting.iiif import ENDING
from pixonomy.collecting.provider import plain
from pixonomy.collecting.srcset import Candidate, parse_srcset

# What scripts that load pictures late keep the addresses in, beside or in place of `src`.
_LATE = ("data-src", "data-original", "data-lazy-src", "data-lazy", "data-full", "data-image")
_LATE_SETS = ("data-srcset", "data-lazy-srcset")
_FORMATS = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".avif", ".tif", ".tiff", ".bmp",
    ".heic", ".heif",
)  # fmt: skip
_LONGEST = 65_536  # letters of an attribute
_LONGEST_STYLE = 4096
_ADDRESS = re.compile(r"url\(\s*(?:\"([^\"]*)\"|'([^']*)'|([^)\"']*))\s*\)", re.IGNORECASE)


def image_address(element: Tag, base: str) -> str:
    """Return the address of the largest version that an element offers; empty without any.

    `img` with its `picture`, `source`, a link to a picture file or to a IIIF info.json, a `meta`'s
    content, a background in its `style`; of any other element the first picture inside.
    """
    address = _own_address(element)
    if not address and element.name not in ("img", "source"):
        inner = element.find(["img", "source"])
        address = _own_address(inner) if isinstance(inner, Tag) else ""
    return join(base, address) if address else ""


def is_image_file(address: str) -> bool:
    """Tell whether an address ends as picture files do, or as a IIIF picture's description."""
    try:
        path = urlsplit(address).path.casefold()
    except ValueError:
        return False
    return path.endswith((*_FORMATS, ENDING))


def attribute(tag: Tag | None, name: str) -> str:
    """Return an attribute as one line of text, cut where it is too long; empty without it."""
    value = tag.get(name, "") if tag is not None else ""
    text = " ".join(value) if isinstance(value, list) else value
    return plain(text[:_LONGEST]) if isinstance(text, str) else ""


def _own_address(element: Tag) -> str:
    if element.name in ("img", "source", "picture"):
        return _largest(element)
    if element.name in ("a", "link", "area"):
        address = attribute(element, "href")
        return address if is_image_file(address) else ""
    if element.name == "meta":
        return attribute(element, "content")
    late = next(filter(None, (attribute(element, name) for name in _LATE)), "")
    return late or _background(element)


def _background(element: Tag) -> str:
    style = attribute(element, "style")[:_LONGEST_STYLE]
    start = style.casefold().find("background")
    found = _ADDRESS.search(style, start) if start >= 0 else None
    address = next(filter(None, found.groups()), "").strip() if found else ""
    return "" if address.startswith("data:") else address


def _largest(image: Tag) -> str:
    """Return the widest version, else the densest; of equal ones that which is loaded late."""
    # The parser takes a `source` for an element with content: the picture may be further up.
    picture = image if image.name == "picture" else image.find_parent("picture")
    group = [image] if picture is None else picture.find_all(["source", "img"], limit=50)
    best = Candidate("", 0.0, 0.0)
    for one in (candidate for member in group for candidate in _versions(member)):
        if (one.width, one.density) > (best.width, best.density):
            best = one
    return best.address


def _versions(member: Tag) -> Iterator[Candidate]:
    if attribute(member, "type") in ("image/svg+xml", "image/jxl"):
        return
    sources = (attribute(member, name) for name in (*_LATE, "src"))
    for address in sources:
        if address and not address.startswith("data:"):
            yield Candidate(address)
    for name in (*_LATE_SETS, "srcset"):
        for one in parse_srcset(attribute(member, name)):
            if one.address and not one.address.startswith("data:"):
                yield one
