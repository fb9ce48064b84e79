"""Any gallery of pages: a stock-photo site searched as people search it, or by its sitemap."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urljoin

from bs4 import BeautifulSoup

from pixonomy.collecting.finds import Find, Gone, Kind, Pace, Page, Refused, Trouble
from pixonomy.collecting.manners import AGENT
from pixonomy.collecting.optout import check_meta
from pixonomy.collecting.pictures_on_page import read_meta, read_pictures
from pixonomy.collecting.provider import Get, Settings, Terms, unique
from pixonomy.collecting.replies import read_page
from pixonomy.collecting.sitemaps import read_sitemap
from pixonomy.errors import SettingError

_NEXT = 'a[rel~="next"][href], link[rel~="next"][href]'


class Html:
    """Searches a gallery of pages."""

    name = "html"
    known: tuple[str, ...] = (
        "search",
        "sitemap",
        "links",
        "picture",
        "next",
        "at_once",
        "per_second",
    )
    needs_license = False
    terms = Terms("not without permission", "the site's own")
    page_size = 24  # a guess, for plans

    def __init__(self, settings: Settings) -> None:
        """Take `search` (an address with {keyword}) or `sitemap`, and CSS selectors.

        `links` are links from a page of results to pages of pictures, `picture` the picture on
        these (or, without `links`, on the page of results), `next` the link to more results.

        Raises:
            SettingError: if neither is given.
        """
        self._search = settings.text("search", "")
        self._sitemap = settings.text("sitemap", "")
        if not self._sitemap and "{keyword}" not in self._search:
            raise SettingError(
                "[provider.html] needs search, an address with {keyword} in it, or sitemap."
            )
        self._links = settings.text("links", "")
        self._picture = settings.text("picture", "")
        self._next = settings.text("next", _NEXT)
        self._pace = Pace(int(settings.number("at_once", 2)), settings.number("per_second", 1))

    def pace(self, kind: Kind) -> Pace:
        """Return how fast a host may be asked."""
        return self._pace

    async def find(self, keyword: str, at: Mapping[str, Any] | None, get: Get) -> Page:
        """Return a page of results, or the fitting pictures of a sitemap."""
        if self._sitemap:
            return await self._read_sitemap(keyword, at, get)
        first = self._search.replace("{keyword}", quote_plus(keyword))
        url = str((at or {}).get("url", first))
        page = await _open(url, get)
        if self._links:
            places = dict.fromkeys(
                urljoin(url, str(one["href"]))
                for one in page.select(self._links)
                if one.get("href")
            )
            found = await asyncio.gather(*(self._visit(place, get) for place in places))
            finds = [find for some in found for find in some]
        else:
            finds = read_pictures(page, url, self._picture)
        further = page.select_one(self._next)
        following = urljoin(url, str(further["href"])) if further and further.get("href") else None
        # A page that leads to itself would never end.
        is_more = following is not None and following != url
        return Page(unique(finds), {"url": following} if is_more else None)

    async def _visit(self, url: str, get: Get) -> list[Find]:
        try:
            return read_pictures(await _open(url, get), url, self._picture)
        except (Refused, Gone, Trouble):
            return []  # the picture's page is not to be had; others are

    async def _read_sitemap(self, keyword: str, at: Mapping[str, Any] | None, get: Get) -> Page:
        left = list((at or {}).get("sitemaps", [self._sitemap]))
        read = set((at or {}).get("read", []))
        reply = await get(left[0], "page")
        finds, further = read_sitemap(reply.body)
        read.add(left[0])
        left = [*left[1:], *(one for one in further if one not in read and one not in left)]
        fitting = [one for one in finds if _fits(keyword, one)]
        following = {"sitemaps": left, "read": sorted(read)} if left else None
        return Page(unique(fitting), following)


async def _open(url: str, get: Get) -> BeautifulSoup:
    page = read_page(await get(url, "page"))
    check_meta(read_meta(page), AGENT)
    return page


def _fits(keyword: str, find: Find) -> bool:
    """Tell whether all words of a keyword stand in a picture's title or address."""
    words = set(re.split(r"\W+", f"{find.title} {find.page_url} {find.image_url}".casefold()))
    return set(keyword.casefold().split()) <= words
