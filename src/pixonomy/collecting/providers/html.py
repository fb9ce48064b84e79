"""Searches any gallery of pages: a stock-photo site by its own search, or by its sitemap."""

from collections.abc import Mapping

from pixonomy.collecting.provider import Get, Terms
from pixonomy.collecting.results import Results
from pixonomy.collecting.search_results import Kind, Pace, Page
from pixonomy.collecting.settings import Settings, WrongSetting
from pixonomy.collecting.sitemap_walk import SitemapPages

_NEXT = 'a[rel~="next"][href], link[rel~="next"][href]'
_SAMPLE = "keyword"  # stands for one while an address is checked


class Html:
    """Searches a gallery of pages.

    Attributes:
        links, image, following: its CSS selectors; empty where none is set.
    """

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
    searched_by: Kind = "page"
    needs_license = False
    terms = Terms("not without permission", "the site's own")
    page_size = 24  # a guess, for plans

    def __init__(self, settings: Settings) -> None:
        """Take `search` (an address with {keyword}) or `sitemap`, and CSS selectors.

        `links` are links from a page of results to pages of images, `image` the image on
        these (or, without `links`, on the page of results), `next` the link to more results.

        Raises:
            SettingError: if neither is given, or something cannot work.
        """
        search, sitemap = _search_of(settings), settings.address("sitemap", "")
        if sitemap and search:
            raise WrongSetting(
                "sitemap", "[provider.html] has both search and sitemap; keep one of them."
            )
        self.links = settings.selector("links", "")
        self.image = settings.selector("picture", "")
        self.following = settings.selector("next", _NEXT)
        self.has_page_each = bool(self.links or sitemap)
        self._pages: Results | SitemapPages
        if sitemap:
            self._pages = SitemapPages(sitemap, self.image)
        else:
            self._pages = Results(search, self.links, self.image, self.following)
        self._pace = Pace(settings.count("at_once", 2), settings.number("per_second", 1))

    def pace(self, kind: Kind) -> Pace:
        """Return how fast a host may be asked."""
        return self._pace

    async def find(self, keyword: str, at: Mapping[str, object] | None, get: Get) -> Page:
        """Return a portion of the results, or of the fitting images of a sitemap."""
        return await self._pages.find(keyword, at, get)


def _search_of(settings: Settings) -> str:
    search = settings.text("search", "")
    if not search and "sitemap" in settings.values:
        return ""
    if "{keyword}" not in search:
        raise WrongSetting(
            "search", "[provider.html] needs search, an address with {keyword} in it, or sitemap."
        )
    sample = search.replace("{keyword}", _SAMPLE)
    if "{" in sample or "}" in sample:
        raise WrongSetting(
            "search", f"search of a provider has {{keyword}} in it and no other braces: {search!r}."
        )
    Settings({"search": sample}).address("search", "")
    return search
