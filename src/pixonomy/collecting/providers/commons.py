"""Wikimedia Commons: free pictures by MediaWiki's search.

Pace and thumbnail widths after its robot policy: its interface one request at a time, its media
two at a time.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from bs4 import BeautifulSoup

from pixonomy.collecting.finds import Find, Kind, Pace, Page
from pixonomy.collecting.provider import Get, Settings, Terms, plain, unique, whole
from pixonomy.collecting.replies import read_json, rows, table

_DEEPEST = 10_000  # offset and limit together
_WIDTHS = (20, 40, 60, 120, 250, 330, 500, 960, 1280, 1920, 3840)


class Commons:
    """Searches Wikimedia Commons."""

    name = "commons"
    known: tuple[str, ...] = ("base_url", "width", "per_second")
    needs_license = True
    terms = Terms(
        "allowed",
        "https://foundation.wikimedia.org/wiki/Policy:Terms_of_Use",
        max_per_query=_DEEPEST,
    )
    page_size = 50

    def __init__(self, settings: Settings) -> None:
        """Take `base_url`, `width` (of thumbnails), `per_second`."""
        self._base = settings.text("base_url", "https://commons.wikimedia.org/w/api.php")
        wanted = settings.number("width", 500)
        self._width = min((one for one in _WIDTHS if one >= wanted), default=_WIDTHS[-1])
        self._per_second = settings.number("per_second", 4)

    def pace(self, kind: Kind) -> Pace:
        """Return how fast a host may be asked."""
        return Pace(1 if kind == "api" else 2, self._per_second)

    async def find(self, keyword: str, at: Mapping[str, Any] | None, get: Get) -> Page:
        """Return a page of a search."""
        offset = int((at or {}).get("gsroffset", 0))
        query = {
            "action": "query",
            "format": "json",
            "formatversion": 2,
            "generator": "search",
            "gsrnamespace": 6,
            "gsrsearch": f"{keyword} filetype:bitmap",
            "gsrlimit": min(self.page_size, _DEEPEST - offset),
            "prop": "imageinfo",
            "iiprop": "url|size|mime|sha1|extmetadata",
            "iiurlwidth": self._width,
            "maxlag": 5,
            **(at or {}),
        }
        content = read_json(await get(f"{self._base}?{urlencode(query)}", "api"))
        pages = rows(table(content, "query"), "pages")
        pages.sort(key=lambda page: whole(page.get("index")) or 0)
        following = table(content, "continue") or None
        if following and int(following.get("gsroffset", 0)) >= _DEEPEST:
            following = None
        return Page(unique([one for page in pages if (one := _find(page))]), following)


def _find(page: Mapping[str, Any]) -> Find | None:
    infos = rows(page, "imageinfo")
    if not infos or "pageid" not in page:
        return None
    info = infos[0]
    about = table(info, "extmetadata")
    url = info.get("thumburl") or info.get("url")
    if not isinstance(url, str):
        return None
    return Find(
        native_id=str(page["pageid"]),
        image_url=url,
        page_url=plain(info.get("descriptionurl")),
        title=plain(page.get("title")).removeprefix("File:"),
        creator=_words(table(about, "Artist").get("value")),
        license=plain(table(about, "LicenseShortName").get("value")),
        license_url=plain(table(about, "LicenseUrl").get("value")),
        width=whole(info.get("width")),
        height=whole(info.get("height")),
    )


def _words(markup: Any) -> str:
    """Return the words of a piece of HTML."""
    if not isinstance(markup, str):
        return ""
    return plain(BeautifulSoup(markup, "lxml").get_text(" "))
