"""Reads the images that a page describes in JSON-LD.

Source: schema.org's ImageObject, which Google's licence metadata uses.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import islice

from bs4 import BeautifulSoup

from pixonomy.collecting.door import join
from pixonomy.collecting.provider import plain, whole
from pixonomy.collecting.search_results import SearchResult
from pixonomy.json_types import JsonObject

_DEEPEST = 8  # levels that are looked into
_MOST_BLOCKS = 50
_MOST_OBJECTS = 2000
_MOST_VALUES = 20_000  # of a block that are looked into


def described_images(page: BeautifulSoup, base: str, url: str) -> list[tuple[SearchResult, str]]:
    """Return each image described, with the address of its thumbnail, or an empty text.

    Args:
        base: what relative addresses start from.
        url: of the page.
    """
    found: list[tuple[SearchResult, str]] = []
    for one in _image_objects(page):
        if len(found) == _MOST_OBJECTS:
            break
        hit = _from_object(one, base, url)
        if hit is not None:
            found.append((hit, _address(one.get("thumbnailUrl"), base)))
    return found


def _image_objects(page: BeautifulSoup) -> Iterator[JsonObject]:
    for block in page.select('script[type="application/ld+json"]')[:_MOST_BLOCKS]:
        try:
            content = json.loads(block.get_text())
        except (ValueError, RecursionError):
            continue
        yield from _search(content)


def _search(content: object) -> Iterator[JsonObject]:
    """Yield the objects of images, in their order; of the first values alone."""
    left: list[tuple[object, int]] = [(content, 1)]
    for _ in range(_MOST_VALUES):
        if not left:
            return
        value, level = left.pop()
        inner: Iterable[object] = value if isinstance(value, list) else ()
        if isinstance(value, dict):
            kind = value.get("@type")
            if "ImageObject" in (kind if isinstance(kind, list) else [kind]):
                yield value
                continue
            inner = value.values()
        if level < _DEEPEST:
            few = islice(inner, _MOST_VALUES)
            left += [(one, level + 1) for one in few if isinstance(one, list | dict)][::-1]


def _from_object(content: JsonObject, base: str, url: str) -> SearchResult | None:
    address = _address(content.get("contentUrl"), base) or _address(content.get("url"), base)
    if not address:
        return None
    licence = plain(content.get("license"))
    return SearchResult(
        native_id=address,
        image_url=address,
        page_url=_address(content.get("acquireLicensePage"), base) or url,
        title=plain(content.get("name")) or plain(content.get("caption")),
        creator=_name(content.get("creator")) or plain(content.get("creditText")),
        license=licence,
        license_url=licence if licence.startswith(("http://", "https://")) else "",
        width=whole(content.get("width")),
        height=whole(content.get("height")),
    )


def _address(value: object, base: str) -> str:
    address = plain(value)
    return join(base, address) if address else ""


def _name(creator: object, levels: int = 3) -> str:
    if isinstance(creator, list) and levels:
        return ", ".join(filter(None, (_name(one, levels - 1) for one in creator[:5])))
    return plain(creator.get("name")) if isinstance(creator, dict) else plain(creator)
