"""Searches Openverse: openly licensed images of many places, by its interface.

240 works a search, twenty a page without a key; with one (client id and secret, "ID:SECRET") fifty.
"""

import asyncio
import time
from collections.abc import Mapping
from urllib.parse import urlencode

from pixonomy.collecting.interfaces import read_answer
from pixonomy.collecting.provider import Get, Terms, plain, unique, whole
from pixonomy.collecting.replies import rows
from pixonomy.collecting.search_results import Kind, Pace, Page, Refused, SearchResult
from pixonomy.collecting.settings import Settings
from pixonomy.json_types import Json, JsonObject

_DEEPEST = 240
_EARLY = 60.0  # seconds before a token's end at which a new one is asked for
_LICENSE_TYPES = ("all", "all-cc", "commercial", "modification")


class Openverse:
    """Searches Openverse."""

    name = "openverse"
    known: tuple[str, ...] = ("base_url", "license_type", "per_second", "media_per_second")
    searched_by: Kind = "api"
    has_page_each = False
    needs_license = True

    def __init__(self, settings: Settings) -> None:
        """Take `base_url`, `license_type`, `per_second` (of its interface), and a key."""
        self._base = settings.address("base_url", "https://api.openverse.org/v1").rstrip("/")
        self._license_type = settings.choice("license_type", _LICENSE_TYPES)
        self._per_second = settings.number("per_second", 20 / 60 if settings.key is None else 1.5)
        self._media_per_second = settings.number("media_per_second", 2)
        self._key, self._token, self._ends = settings.key, "", 0.0
        self._signing_in = asyncio.Lock()
        self.page_size = 20 if settings.key is None else 50
        self.terms = Terms(
            "allowed",
            "https://docs.openverse.org/terms_of_service.html",
            max_per_query=_DEEPEST,
            daily_requests=200 if settings.key is None else 10_000,
        )

    def pace(self, kind: Kind) -> Pace:
        """Return how fast a host may be asked."""
        if kind == "api":
            return Pace(1, self._per_second)
        return Pace(2, self._media_per_second)

    async def find(self, keyword: str, at: Mapping[str, object] | None, get: Get) -> Page:
        """Return a page of a search."""
        page = whole((at or {}).get("page", 1)) or 1
        query = {"q": keyword, "page": page, "page_size": self.page_size, "category": "photograph"}
        if self._license_type != "all":
            query["license_type"] = self._license_type
        content = await self._ask(f"{self._base}/images/?{urlencode(query)}", get)
        last = min(whole(content.get("page_count")) or 0, _DEEPEST // self.page_size)
        found = unique([one for row in rows(content, "results") if (one := _find(row))])
        following = {"page": page + 1} if page < last and rows(content, "results") else None
        return Page(found, following, whole(content.get("result_count")))

    async def _ask(self, url: str, get: Get) -> JsonObject:
        """Ask, with a new token where the one at hand has ended before its time."""
        if self._key is None:
            return read_answer(await get(url, "api"), "results")
        token = await self._sign_in(get)
        try:
            reply = await get(url, "api", headers=_signed(token))
        except Refused as reason:
            if reason.status != 401:
                raise
            reply = await get(url, "api", headers=_signed(await self._sign_in(get, token)))
        return read_answer(reply, "results")

    async def _sign_in(self, get: Get, refused: str = "") -> str:
        """Return a token that holds; `refused` is one that does not, whatever it promised."""
        async with self._signing_in:
            if not self._token or self._token == refused or time.monotonic() > self._ends:
                name, _, secret = (self._key or "").partition(":")
                form = {
                    "grant_type": "client_credentials",
                    "client_id": name,
                    "client_secret": secret,
                }
                began = time.monotonic()
                reply = await get(f"{self._base}/auth_tokens/token/", "api", form=form)
                content = read_answer(reply, "access_token")
                self._token = plain(content.get("access_token"))
                if not self._token:
                    raise Refused("no token for this key")
                lasts = whole(content.get("expires_in"))
                self._ends = began + max(0.0, lasts - _EARLY) if lasts else float("inf")
            return self._token


def _signed(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _find(row: Mapping[str, Json]) -> SearchResult | None:
    url, native = row.get("url"), row.get("id")
    if not isinstance(url, str) or not isinstance(native, str):
        return None
    name, version = plain(row.get("license")), plain(row.get("license_version"))
    return SearchResult(
        native_id=native,
        image_url=url,
        page_url=plain(row.get("foreign_landing_url")),
        title=plain(row.get("title")),
        creator=plain(row.get("creator")),
        license=" ".join(part for part in (name, version) if part),
        license_url=plain(row.get("license_url")),
        width=whole(row.get("width")),
        height=whole(row.get("height")),
    )
