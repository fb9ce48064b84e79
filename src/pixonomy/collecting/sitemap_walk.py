"""Finds a site's images for a keyword by its sitemaps, a portion at a time.

A sitemap that names images is read alone; of one that names pages only, the pages are visited,
those first whose address fits. What was read is remembered for the run's other keywords.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pixonomy.collecting.door import join
from pixonomy.collecting.provider import Get, unique, whole
from pixonomy.collecting.results import MOST_AGAIN, PORTION, texts
from pixonomy.collecting.search_results import Gone, Left, Page, Refused, SearchResult, Trouble
from pixonomy.collecting.sitemaps import Sitemap, read_sitemap
from pixonomy.collecting.visits import Visit, describe_visits, visit_all

_DEEPEST = 3  # indexes within indexes; the protocol knows one
_MOST_MAPS = 5000  # for one keyword
_MOST_BARREN = 20  # portions of pages without a fitting image, one after the other
_REMEMBERED_MAPS, _REMEMBERED_PAGES = 8, 20_000
_STEPS = 50  # sitemaps that are read before the search is kept


class SitemapPages:
    """Walks sitemaps, depth first; what is kept of a search is the way down to where it is.

    Args:
        sitemap: the address of the first one.
        image: a CSS selector of images on pages; empty: what a page names.
    """

    def __init__(self, sitemap: str, image: str) -> None:
        self._first, self._image = sitemap, image
        self._maps: OrderedDict[str, Sitemap] = OrderedDict()
        self._pages: OrderedDict[str, Visit] = OrderedDict()

    async def find(self, keyword: str, at: Mapping[str, object] | None, get: Get) -> Page:
        """Return the next portion: see `Provider.find`."""
        again = texts(at.get("again")) if at else []
        way = _way(at["way"]) if at and "way" in at else [(self._first, 0)]
        if not way:
            return await self._visit_again(keyword, again, get)
        maps, barren = whole((at or {}).get("maps")) or 0, whole((at or {}).get("barren")) or 0
        search_results: list[SearchResult] = []
        messages: list[str] = []
        for _ in range(_STEPS):
            if not way or search_results:
                break
            url, place = way.pop()
            content = await self._read(url, messages, get)
            maps += place == 0
            if content.further:
                _step_down(way, url, place, content.further, messages)
                continue
            if place == 0:
                search_results += [one for one in content.search_results if fits(keyword, one)]
            pages = sorted(content.pages, key=lambda page: not _fits(keyword, page))
            portion = pages[place : place + PORTION]
            if portion:
                visits = await self._visit(portion, messages, get)
                again += [one.url for one in visits if one.is_worth_another]
                search_results += [one for visit in visits for one in _fitting(keyword, visit)]
                barren = 0 if search_results else barren + 1
                if place + PORTION < len(pages):
                    way.append((url, place + PORTION))
                break
        problem = _problem(maps, barren)
        messages += [problem] if problem else []
        way = [] if problem else way
        state = {"way": way, "maps": maps, "barren": barren, "again": again[:MOST_AGAIN]}
        return Page(
            unique(search_results), state if way or again else None, messages=tuple(messages)
        )

    async def _visit_again(self, keyword: str, urls: Sequence[str], get: Get) -> Page:
        """Visit pages that failed once more; those that fail again are left out."""
        visits = await visit_all(urls[:PORTION], self._image, get, is_last=True)
        messages = describe_visits(
            [replace(one, is_worth_another=False) for one in visits], self._image
        )
        search_results = [hit for one in visits for hit in _fitting(keyword, one)]
        rest = {"way": [], "again": urls[PORTION:]} if urls[PORTION:] else None
        return Page(unique(search_results), rest, messages=tuple(messages))

    async def _read(self, url: str, messages: list[str], get: Get) -> Sitemap:
        """Read a sitemap; of one that an index names and that cannot be read, nothing comes."""
        if url not in self._maps:
            try:
                reply = await get(url, "page")
                found = await asyncio.to_thread(read_sitemap, reply.body)
            except Left:
                raise
            except (Refused, Gone, Trouble) as reason:
                if url == self._first:
                    raise
                messages.append(f"the sitemap {url} is passed over: {reason}")
                found = Sitemap()
            self._maps[url] = found
            while len(self._maps) > _REMEMBERED_MAPS:
                self._maps.popitem(last=False)
        return self._maps[url]

    async def _visit(self, pages: Sequence[str], messages: list[str], get: Get) -> list[Visit]:
        new = [one for one in pages if one not in self._pages]
        visits = await visit_all(new, self._image, get)
        messages += describe_visits(visits, self._image)
        known = {one.url: one for one in visits}
        for one in visits:
            if not one.is_worth_another:
                self._pages[one.url] = one
        while len(self._pages) > _REMEMBERED_PAGES:
            self._pages.popitem(last=False)
        return [known.get(one) or self._pages[one] for one in pages]


def fits(keyword: str, hit: SearchResult) -> bool:
    """Tell whether all words of a keyword stand in an image's title or address."""
    return _fits(keyword, f"{hit.title} {hit.page_url} {hit.image_url}")


def _fitting(keyword: str, visit: Visit) -> list[SearchResult]:
    if _fits(keyword, f"{visit.title} {visit.url}"):
        return list(visit.search_results)
    return [one for one in visit.search_results if fits(keyword, one)]


def _fits(keyword: str, text: str) -> bool:
    words = set(re.split(r"[\W_]+", text.casefold()))
    return set(keyword.casefold().split()) <= words


def _step_down(
    way: list[tuple[str, int]], url: str, place: int, further: Sequence[str], messages: list[str]
) -> None:
    """Go on to the next sitemap of an index; one that leads back, or too deep, is passed over."""
    above = {one for one, _ in way} | {url}
    child = join(url, further[place]) if place < len(further) else None
    if place + 1 < len(further):
        way.append((url, place + 1))
    if child is None:
        return
    if child in above:
        messages.append(f"the sitemap {url} leads back to {child}, which is passed over")
    elif len(above) > _DEEPEST:
        messages.append(f"sitemaps below {url} lie deeper than {_DEEPEST} and are passed over")
    else:
        way.append((child, 0))


def _problem(maps: int, barren: int) -> str:
    if barren >= _MOST_BARREN:
        return f"the last {barren * PORTION} pages had no fitting picture; the search ends there"
    if maps >= _MOST_MAPS:
        return f"{maps:,} sitemaps were read; the search ends there"
    return ""


def _way(stored: object) -> list[tuple[str, int]]:
    steps = stored if isinstance(stored, list) else []
    pairs = (one for one in steps if isinstance(one, list) and len(one) == 2)
    return [(str(url), whole(place) or 0) for url, place in pairs]
