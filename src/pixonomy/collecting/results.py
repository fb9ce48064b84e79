"""Walks a gallery's pages of search results for a keyword, a portion of images at a time."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, quote_plus

from bs4 import BeautifulSoup, Tag

from pixonomy.collecting.door import join
from pixonomy.collecting.images_on_page import Place, read_images
from pixonomy.collecting.picture_tag import attribute
from pixonomy.collecting.provider import Get, unique, whole
from pixonomy.collecting.search_results import Page, SearchResult
from pixonomy.collecting.trail import Trail
from pixonomy.collecting.visits import (
    describe_visits,
    open_at,
    resolve,
    visit_all,
    without_fragment,
)

PORTION = 24  # pages that are visited before their images are fetched
MOST_AGAIN = 100  # failed pages that are kept for another try

_KEYWORD = "{keyword}"
_MOST_LINKS = 2000  # of a page of results
_REMEMBERED = 16  # pages of results, so that a portion does not ask for its page again


@dataclass(frozen=True)
class Listing:
    """A page of results.

    Attributes:
        links: pages of images it leads to.
        search_results: images on itself, where no links are set.
        following: the page of further results; empty without.
        messages: sentences on what a setting did not match.
    """

    links: tuple[str, ...]
    search_results: tuple[SearchResult, ...]
    following: str
    messages: tuple[str, ...]


class Results:
    """Walks pages of results.

    Args:
        search: an address with {keyword} in it.
        links: a CSS selector of links to pages of images; empty: images are on the results.
        image: a CSS selector of images; empty: what a page names.
        following: a CSS selector of the link to further results; empty: none.
    """

    def __init__(self, search: str, links: str, image: str, following: str) -> None:
        self._search, self._links = search, links
        self._image, self._following = image, following
        self._remembered: OrderedDict[str, Listing] = OrderedDict()

    async def find(self, keyword: str, at: Mapping[str, object] | None, get: Get) -> Page:
        """Return the next portion: see `Provider.find`."""
        state = dict(at) if at is not None else {"url": search_address(self._search, keyword)}
        url, again = str(state.get("url") or ""), texts(state.get("again"))
        if not url:
            return await self._visit_again(again, get)
        start, trail = whole(state.get("from")) or 0, Trail.read(state.get("trail"))
        listing = await self._open(url, get)
        links = listing.links[start : start + PORTION]
        visits = await visit_all(links, self._image, get)
        search_results = [
            *listing.search_results,
            *(hit for one in visits for hit in one.search_results),
        ]
        messages = [*(listing.messages if not start else ()), *describe_visits(visits, self._image)]
        trail.note(f"{url} {start}" if start else url, (one.native_id for one in search_results))
        again = [*again, *(one.url for one in visits if one.is_worth_another)]
        following = self._go_on(url, start, listing, trail, messages)
        return Page(
            unique(search_results), _state(following, trail, again), messages=tuple(messages)
        )

    async def _visit_again(self, urls: Sequence[str], get: Get) -> Page:
        """Visit pages that failed once more; those that fail again are left out."""
        visits = await visit_all(urls[:PORTION], self._image, get, is_last=True)
        messages = describe_visits(
            [replace(one, is_worth_another=False) for one in visits], self._image
        )
        search_results = [hit for one in visits for hit in one.search_results]
        rest = urls[PORTION:]
        return Page(
            unique(search_results),
            {"again": list(rest)} if rest else None,
            messages=tuple(messages),
        )

    def _go_on(
        self, url: str, start: int, listing: Listing, trail: Trail, messages: list[str]
    ) -> dict[str, object] | None:
        """Return where the search goes on; None at its end, with a sentence if it is forced."""
        end = start + PORTION
        if trail.problem:
            messages.append(trail.problem)
            return None
        if end < len(listing.links):
            return {"url": url, "from": end}
        if listing.following and trail.knows(listing.following):
            messages.append(f"{url} leads on to a page that was read before; the search ends there")
            return None
        return {"url": listing.following} if listing.following else None

    async def _open(self, url: str, get: Get) -> Listing:
        if url not in self._remembered:
            page, place = await open_at(url, get)
            listing = await asyncio.to_thread(self._read, page, place)
            search_results, problems = await resolve(listing.search_results, get)
            messages = (*listing.messages, *problems[:3])
            self._remembered[url] = replace(
                listing, search_results=tuple(search_results), messages=messages
            )
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return self._remembered[url]

    def _read(self, page: BeautifulSoup, place: Place) -> Listing:
        links: tuple[str, ...] = ()
        search_results: tuple[SearchResult, ...] = ()
        messages: list[str] = []
        if self._links:
            links = linked_pages(page, place, self._links)
            if not links:
                messages.append(unmatched(page, place, self._links))
        else:
            search_results = tuple(read_images(page, place, self._image))
            if not search_results:
                messages.append(without_images(page, place, self._image))
        if len(links) == _MOST_LINKS:
            messages.append(f"{place.url} has more than {_MOST_LINKS:,} links; the first are taken")
        return Listing(
            links, search_results, following_page(page, place, self._following), tuple(messages)
        )


def search_address(search: str, keyword: str) -> str:
    """Return the address of a search; a blank is + behind ? and %20 before it."""
    path, separator, query = search.partition("?")
    return (
        path.replace(_KEYWORD, quote(keyword, safe=""))
        + separator
        + query.replace(_KEYWORD, quote_plus(keyword))
    )


def linked_pages(page: BeautifulSoup, place: Place, selector: str) -> tuple[str, ...]:
    """Return the pages that the chosen elements lead to, or the links around these."""
    found: dict[str, None] = {}
    for one in page.select(selector, limit=10 * _MOST_LINKS):
        link: Tag | None = one if one.get("href") else one.find_parent("a", href=True)
        address = without_fragment(join(place.base, attribute(link, "href"))) if link else ""
        if address.startswith(("http://", "https://")) and address != place.url:
            found[address] = None
    return tuple(found)[:_MOST_LINKS]


def following_page(page: BeautifulSoup, place: Place, selector: str) -> str:
    """Return the page of further results; empty without."""
    link = page.select_one(selector) if selector else None
    address = attribute(link, "href")
    following = without_fragment(join(place.base, address)) if address else ""
    return following if following.startswith(("http://", "https://")) else ""


def unmatched(page: BeautifulSoup, place: Place, selector: str) -> str:
    """Return a sentence on links that a selector did not match."""
    links = page.select("a[href]")
    return f"selector `{selector}` (links) matched 0 of {len(links)} links on {place.url}"


def without_images(page: BeautifulSoup, place: Place, image: str) -> str:
    """Return a sentence on a page that names no image."""
    images = len(page.select("img, picture"))
    if image:
        return f"selector `{image}` (picture) matched 0 of {images} pictures on {place.url}"
    return (
        f"{place.url} shows {images} pictures and names none by JSON-LD, IIIF, a link to a larger "
        "picture or og:image: set picture, a CSS selector, or links to pages of pictures"
    )


def _state(
    following: Mapping[str, object] | None, trail: Trail, again: Sequence[str]
) -> dict[str, object] | None:
    state: dict[str, object] = {"again": list(again[:MOST_AGAIN])} if again else {}
    if following is None:
        return state or None
    return {**following, "trail": trail.as_json(), **state}


def texts(value: object) -> list[str]:
    """Return the texts of a list; none where it is something else."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
