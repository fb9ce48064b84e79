"""Tries a gallery's settings on one page: what they find there, and why not more.

Images are asked for as a collection would, and looked at; nothing is kept.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag

from pixonomy.collecting.door import admit
from pixonomy.collecting.images_on_page import Place, name_images
from pixonomy.collecting.licences import check_license
from pixonomy.collecting.optout import check_image
from pixonomy.collecting.picture_tag import attribute, image_address, is_image_file
from pixonomy.collecting.provider import Get, unique
from pixonomy.collecting.results import following_page, linked_pages, unmatched, without_images
from pixonomy.collecting.search_results import Gone, Refused, SearchResult, Trouble
from pixonomy.collecting.visits import open_at, resolve
from pixonomy.images.image_hash import fingerprint
from pixonomy.results.page_results import (
    PageElement,
    PageImage,
    PageLinks,
    TryPageResult,
    TryRefusedResult,
)

MOST_FETCHED = 12  # images that are asked for; more are named alone

_MOST_NAMED = 100  # images that are named
_MOST_OTHERS = 20  # elements that no setting picks


@dataclass(frozen=True)
class Wish:
    """What is looked for.

    Attributes:
        links, image, following: CSS selectors; empty where none is set.
        smallest_side: smaller images are refused, in pixels.
        licenses: SPDX identifiers; others are refused. Empty: none are.
    """

    links: str
    image: str
    following: str
    smallest_side: int
    licenses: frozenset[str] = frozenset()


async def inspect_page(url: str, wish: Wish, get: Get) -> TryPageResult | TryRefusedResult:
    """Return what is found on a page, or why it may not be asked for."""
    try:
        page, place = await open_at(url, get)
    except (Refused, Gone, Trouble) as reason:
        return TryRefusedResult(url=url, refused=str(reason))
    named = await asyncio.to_thread(_named, page, place, wish.image)
    taken = next((how for how, search_results in named.items() if search_results), "")
    search_results, problems = await resolve(named.get(taken, []), get)
    pages = linked_pages(page, place, wish.links) if wish.links else ()
    return TryPageResult(
        url=place.url,
        base=place.base,
        links=_links(page, wish.links, pages),
        next=following_page(page, place, wish.following) or None,
        how={how: len(found) for how, found in named.items()},
        pictures=await _check_images(search_results, taken, wish, get),
        others=tuple(_others(page, place, {one.image_url for one in search_results})),
        told=(*problems, *_remarks(page, place, wish, pages, bool(search_results))),
    )


def _named(page: BeautifulSoup, place: Place, image: str) -> dict[str, list[SearchResult]]:
    return {
        how: list(unique(search_results)) for how, search_results in name_images(page, place, image)
    }


def _links(page: BeautifulSoup, selector: str, pages: tuple[str, ...]) -> PageLinks:
    links = len(page.select("a[href]"))
    return PageLinks(selector=selector, matched=len(pages), of=links, pages=pages[:5])


def _remarks(
    page: BeautifulSoup, place: Place, wish: Wish, pages: tuple[str, ...], has_images: bool
) -> Iterator[str]:
    if wish.links and not pages:
        yield unmatched(page, place, wish.links)
    if not has_images and not pages:
        yield without_images(page, place, wish.image)


async def _check_images(
    search_results: list[SearchResult], how: str, wish: Wish, get: Get
) -> tuple[PageImage, ...]:
    """Return each image with why it is refused; those beyond the first ones are not asked for."""
    asked = [_check_image(one, wish, get) for one in search_results[:MOST_FETCHED]]
    reasons: list[str | None] = [*await asyncio.gather(*asked)]
    rest = search_results[MOST_FETCHED:_MOST_NAMED]
    reasons += [admit(one).problem or "not asked for: there are many" for one in rest]
    pairs = zip(search_results, reasons, strict=False)
    return tuple(_describe_image(admit(one).hit, how, refused) for one, refused in pairs)


def _describe_image(hit: SearchResult, how: str, refused: str | None) -> PageImage:
    return PageImage(
        image_url=hit.image_url,
        how=how,
        title=hit.title,
        license=hit.license,
        license_url=hit.license_url,
        width=hit.width,
        height=hit.height,
        refused=refused,
    )


async def _check_image(hit: SearchResult, wish: Wish, get: Get) -> str | None:
    admitted = admit(hit)
    if admitted.problem is not None:
        return admitted.problem
    try:
        check_license(hit, wish.licenses)
        reply = await get(hit.image_url, "media")
        return await asyncio.to_thread(_inspect, reply.body, wish.smallest_side)
    except (Refused, Gone, Trouble) as reason:
        return str(reason)


def _inspect(data: bytes, smallest_side: int) -> str | None:
    check_image(data)
    seen = fingerprint(data)
    if seen.problem is not None:
        return seen.problem
    if min(seen.width or 0, seen.height or 0) < smallest_side:
        return f"{seen.width} x {seen.height} px: smaller than {smallest_side} px"
    return None


def _others(page: BeautifulSoup, place: Place, taken: set[str]) -> Iterator[PageElement]:
    """Yield images that the page shows and nothing picks, with a selector that would."""
    seen = set(taken)
    for one in page.select("img, a[href]", limit=5000):
        if one.name == "a" and not is_image_file(attribute(one, "href")):
            continue
        address = image_address(one, place.base)
        if address and address not in seen:
            seen.add(address)
            yield PageElement(image_url=address, element=_selector(one))
        if len(seen) - len(taken) >= _MOST_OTHERS:
            return


def _selector(element: Tag) -> str:
    """Return how a CSS selector could name an element, with what is around it."""
    parts = [element, *(one for one in element.parents if isinstance(one, Tag))][:3]
    return " > ".join(
        _name(one) for one in reversed(parts) if one.name not in ("html", "[document]")
    )


def _name(element: Tag) -> str:
    classes = attribute(element, "class").split()
    return ".".join([element.name, *classes[:2]])
