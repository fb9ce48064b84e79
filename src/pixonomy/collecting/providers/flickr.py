"""Searches Flickr for images under free licences by its interface, which needs a key.

A search gives 4,000 different images and then repeats: it is cut into spans of upload dates, each
small enough.
"""

import asyncio
import re
import time
from collections.abc import Mapping
from typing import TypedDict, cast
from urllib.parse import urlencode, urlsplit

from pixonomy.collecting.interfaces import asked_wait, error_message, read_answer
from pixonomy.collecting.provider import Get, Terms, plain, unique, whole
from pixonomy.collecting.replies import rows, table
from pixonomy.collecting.search_results import Kind, Pace, Page, Refused, SearchResult, Trouble
from pixonomy.collecting.settings import Settings, WrongSetting
from pixonomy.errors import SettingError
from pixonomy.json_types import Json, JsonObject

_MOST = 4000
_FIRST_DAY = 1_072_915_200  # 2004-01-01: Flickr's first year
_SHORTEST = 86_400  # seconds of a span that is not cut any further
_DOWN = (0, 105, 106, 111, 201)  # its codes for what passes; 100 is a wrong key
# Licences for everybody and every use, by their addresses: those without NC and ND, whatever
# number and version Flickr gives them.
_FREE = re.compile(
    r"//(www\.)?(creativecommons\.org/(licenses/by(-sa)?|publicdomain/(zero|mark))/|"
    r"flickr\.com/commons/usage|usa\.gov/)"
)


class _State(TypedDict, total=False):
    """Where a search goes on: the spans that are left, first and last second, and the page."""

    spans: list[list[int]]
    page: int


class Flickr:
    """Searches Flickr."""

    name = "flickr"
    known: tuple[str, ...] = ("base_url", "licenses", "per_second", "until")
    searched_by: Kind = "api"
    has_page_each = False
    needs_license = True
    terms = Terms(
        "allowed",
        "https://www.flickr.com/help/terms/api",
        daily_requests=3600 * 24,
    )
    page_size = 500

    def __init__(self, settings: Settings) -> None:
        """Take `base_url`, `licenses` (ids, such as "4,5,9"), `per_second`, and a key."""
        if settings.key is None:
            raise SettingError("Flickr needs a key: set PIXONOMY_FLICKR_KEY, or --keys FILE.")
        self._key = settings.key
        self._base = settings.address("base_url", "https://api.flickr.com/services/rest")
        wanted = settings.text("licenses", "").replace(" ", "")
        if not re.fullmatch(r"(\d{1,4}(,\d{1,4})*)?", wanted):
            raise WrongSetting(
                "licenses", f"licenses of Flickr are its numbers, such as '4,5,9', not {wanted!r}."
            )
        self._wanted = tuple(dict.fromkeys(filter(None, wanted.split(","))))
        self._per_second = settings.number("per_second", 1)
        self._until = settings.count("until", int(time.time()))
        self._licences: dict[str, tuple[str, str]] = {}
        self._asking = asyncio.Lock()

    def pace(self, kind: Kind) -> Pace:
        """Return how fast a host may be asked."""
        return Pace(1 if kind == "api" else 4, self._per_second if kind == "api" else 8)

    async def find(self, keyword: str, at: Mapping[str, object] | None, get: Get) -> Page:
        """Return a page of a search: of the first span that is left, cut until it is small."""
        licences = await self._read_licences(get)
        state = cast(_State, at or {})
        spans = [list(map(int, span)) for span in state.get("spans", [])]
        page = int(state.get("page", 1))
        if at is None:
            spans = [[_FIRST_DAY, self._until]]
        while spans:
            first, last = spans[0]
            photos = await self._search(keyword, first, last, page, get)
            total = whole(photos.get("total")) or 0
            if total > _MOST and last - first > _SHORTEST:
                middle = (first + last) // 2
                # The newer half first: people put newer images to newer things.
                spans[:1] = [[middle + 1, last], [first, middle]]
                page = 1
                continue
            photo = rows(photos, "photo")
            found = unique([one for row in photo if (one := _find(row, licences))])
            pages = min(whole(photos.get("pages")) or 0, -(-_MOST // self.page_size))
            if page < pages:
                return Page(found, {"spans": spans, "page": page + 1}, total)
            rest = spans[1:]
            return Page(found, {"spans": rest, "page": 1} if rest else None, total)
        return Page((), None, 0)

    async def _search(self, keyword: str, first: int, last: int, page: int, get: Get) -> JsonObject:
        query = {
            "text": keyword,
            "license": ",".join(self._chosen()),
            "per_page": self.page_size,
            "page": page,
            "media": "photos",
            "safe_search": 1,
            "min_upload_date": first,
            "max_upload_date": last,
            "extras": "license,owner_name,date_upload,tags,o_dims,url_l",
        }
        return table(await self._ask("flickr.photos.search", query, "photos", get), "photos")

    async def _read_licences(self, get: Get) -> dict[str, tuple[str, str]]:
        """Return Flickr's licences, id → name and address: asked for once, not known by heart."""
        async with self._asking:
            if not self._licences:
                answer = await self._ask("flickr.photos.licenses.getInfo", {}, "licenses", get)
                listed = rows(table(answer, "licenses"), "license")
                self._licences = {plain(str(one.get("id"))): _licence(one) for one in listed}
        missing = [one for one in self._wanted if one not in self._licences]
        if missing:
            raise Refused(
                f"Flickr has no licence {missing[0]}; it has "
                + ", ".join(f"{one} ({told[0]})" for one, told in self._licences.items())
            )
        if not self._chosen():
            raise Trouble("Flickr's list of licences names none that is free for everybody")
        return self._licences

    def _chosen(self) -> tuple[str, ...]:
        free = (one for one, (_, url) in self._licences.items() if _FREE.search(url))
        return self._wanted or tuple(free)

    async def _ask(
        self, method: str, query: Mapping[str, object], expected: str, get: Get
    ) -> JsonObject:
        query = {
            "method": method,
            "api_key": self._key,
            **query,
            "format": "json",
            "nojsoncallback": 1,
        }
        reply = await get(f"{self._base}?{urlencode(query)}", "api")
        content = read_answer(reply, f"{expected} stat")
        if content.get("stat") == "ok" and isinstance(content.get(expected), dict):
            return content
        message, code = error_message(content).replace(self._key, "…"), content.get("code")
        wait = asked_wait(reply, message)
        if content.get("stat") == "ok":
            raise Trouble(f"Flickr's interface sent no {expected}")
        if code in _DOWN or wait is not None:
            raise Trouble(f"Flickr's interface is down (code {code})", wait)
        raise Refused(f"Flickr refuses (code {code!r}: {message})")


def _licence(row: Mapping[str, Json]) -> tuple[str, str]:
    """Return a licence's name, in its usual short form for Creative Commons', and its address."""
    name, url = plain(row.get("name")), plain(row.get("url"))
    try:
        parts = urlsplit(url)
    except ValueError:
        return name, ""
    words = [one for one in parts.path.split("/") if one]
    if parts.netloc.removeprefix("www.") == "creativecommons.org" and len(words) >= 3:
        kind, version = words[1], words[2]
        named = {"zero": "CC0", "mark": "Public Domain Mark"}.get(kind, f"CC {kind.upper()}")
        return f"{named} {version}", url
    return name, url


def _find(row: Mapping[str, Json], licences: Mapping[str, tuple[str, str]]) -> SearchResult | None:
    url, native = row.get("url_l"), row.get("id")
    if not isinstance(url, str) or native is None:
        return None
    licence, licence_url = licences.get(str(row.get("license")), ("", ""))
    return SearchResult(
        native_id=str(native),
        image_url=url,
        page_url=f"https://www.flickr.com/photos/{plain(row.get('owner'))}/{native}",
        title=plain(row.get("title")),
        creator=plain(row.get("ownername")),
        license=licence,
        license_url=licence_url,
        width=whole(row.get("width_l")),
        height=whole(row.get("height_l")),
    )
