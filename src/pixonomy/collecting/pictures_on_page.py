"""A page of a gallery goes in; the pictures it names, with what it says of them, come out.

Asked in this order: JSON-LD (schema.org's ImageObject, which Google's licence metadata uses), a
picture that a CSS selector names, `og:image`.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag

from pixonomy.collecting.finds import Find
from pixonomy.collecting.provider import plain, whole

_DEEPEST = 8  # levels of JSON-LD that are looked into
_MOST_BLOCKS = 50


def read_pictures(page: BeautifulSoup, url: str, picture: str = "") -> list[Find]:
    """Return the pictures a page names.

    Args:
        url: of the page.
        picture: a CSS selector of pictures; empty: `og:image` where there is no JSON-LD.
    """
    finds = [find for one in _image_objects(page) if (find := _from_object(one, url))]
    if finds:
        return finds
    licence = _attribute(page.select_one('[rel~="license"][href]'), "href")
    licence_url = urljoin(url, licence) if licence else ""
    if picture:
        return [
            Find(address, address, url, _attribute(one, "alt"), license_url=licence_url)
            for one in page.select(picture)
            if (address := largest(one, url))
        ]
    address = _attribute(page.select_one('meta[property="og:image"]'), "content")
    if not address:
        return []
    address = urljoin(url, address)
    title = _attribute(page.select_one('meta[property="og:title"]'), "content")
    return [Find(address, address, url, title, license_url=licence_url)]


def largest(image: Tag, url: str) -> str:
    """Return the address of the largest version that an `img` offers; empty without any."""
    best, widest = _attribute(image, "src"), 0.0
    for part in _attribute(image, "srcset").split(", "):
        address, _, size = part.strip().rstrip(",").partition(" ")
        try:
            width = float(size.strip().rstrip("wx") or 1)
        except ValueError:
            continue
        if address and width > widest:
            best, widest = address, width
    return urljoin(url, best) if best else ""


def read_meta(page: BeautifulSoup) -> dict[str, str]:
    """Return a page's meta tags: name in small letters → content."""
    return {
        _attribute(one, "name").casefold(): _attribute(one, "content")
        for one in page.select("meta[name][content]")
    }


def _image_objects(page: BeautifulSoup) -> Iterator[dict[str, Any]]:
    for block in page.select('script[type="application/ld+json"]')[:_MOST_BLOCKS]:
        try:
            content = json.loads(block.get_text())
        except (ValueError, RecursionError):
            continue
        yield from _search(content, _DEEPEST)


def _search(content: Any, levels: int) -> Iterator[dict[str, Any]]:
    if levels == 0:
        return
    if isinstance(content, list):
        for one in content:
            yield from _search(one, levels - 1)
    elif isinstance(content, dict):
        kind = content.get("@type")
        if "ImageObject" in (kind if isinstance(kind, list) else [kind]):
            yield content
        else:
            for one in content.values():
                yield from _search(one, levels - 1)


def _from_object(content: dict[str, Any], url: str) -> Find | None:
    address = content.get("contentUrl") or content.get("url")
    if not isinstance(address, str):
        return None
    address = urljoin(url, address)
    licence = plain(content.get("license"))
    return Find(
        native_id=address,
        image_url=address,
        page_url=plain(content.get("acquireLicensePage")) or url,
        title=plain(content.get("name")) or plain(content.get("caption")),
        creator=_name(content.get("creator")) or plain(content.get("creditText")),
        license=licence,
        license_url=licence if licence.startswith(("http://", "https://")) else "",
        width=whole(content.get("width")),
        height=whole(content.get("height")),
    )


def _name(creator: Any) -> str:
    if isinstance(creator, list):
        return ", ".join(filter(None, map(_name, creator[:5])))
    return plain(creator.get("name")) if isinstance(creator, dict) else plain(creator)


def _attribute(tag: Tag | None, name: str) -> str:
    value = tag.get(name, "") if tag is not None else ""
    return " ".join(value) if isinstance(value, list) else plain(value)
