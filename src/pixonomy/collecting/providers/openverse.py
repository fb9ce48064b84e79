"""Openverse: openly licensed pictures of many places, by its interface.

240 works a search, twenty a page without a key; with one (client id and secret, "ID:SECRET") fifty.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from pixonomy.collecting.finds import Find, Kind, Pace, Page, Refused
from pixonomy.collecting.provider import Get, Settings, Terms, plain, unique, whole
from pixonomy.collecting.replies import read_json, rows

_DEEPEST = 240


class Openverse:
    """Searches Openverse."""

    name = "openverse"
    known: tuple[str, ...] = ("base_url", "license_type", "per_second", "media_per_second")
    needs_license = True

    def __init__(self, settings: Settings) -> None:
        """Take `base_url`, `license_type`, `per_second` (of its interface), and a key."""
        self._base = settings.text("base_url", "https://api.openverse.org/v1").rstrip("/")
        self._license_type = settings.text("license_type", "all")
        self._per_second = settings.number("per_second", 20 / 60 if settings.key is None else 1.5)
        self._media_per_second = settings.number("media_per_second", 2)
        self._key, self._token = settings.key, ""
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

    async def find(self, keyword: str, at: Mapping[str, Any] | None, get: Get) -> Page:
        """Return a page of a search."""
        page = int((at or {}).get("page", 1))
        query = {"q": keyword, "page": page, "page_size": self.page_size, "category": "photograph"}
        if self._license_type != "all":
            query["license_type"] = self._license_type
        headers = {"Authorization": f"Bearer {await self._sign_in(get)}"} if self._key else None
        url = f"{self._base}/images/?{urlencode(query)}"
        content = read_json(await get(url, "api", headers=headers))
        last = min(whole(content.get("page_count")) or 0, _DEEPEST // self.page_size)
        found = unique([one for row in rows(content, "results") if (one := _find(row))])
        following = {"page": page + 1} if page < last and rows(content, "results") else None
        return Page(found, following, whole(content.get("result_count")))

    async def _sign_in(self, get: Get) -> str:
        if not self._token:
            name, _, secret = (self._key or "").partition(":")
            form = {
                "grant_type": "client_credentials",
                "client_id": name,
                "client_secret": secret,
            }
            reply = await get(f"{self._base}/auth_tokens/token/", "api", form=form)
            self._token = plain(read_json(reply).get("access_token"))
            if not self._token:
                raise Refused("no token for this key")
        return self._token


def _find(row: Mapping[str, Any]) -> Find | None:
    url, native = row.get("url"), row.get("id")
    if not isinstance(url, str) or not urlsplit(url).netloc or not isinstance(native, str):
        return None
    name, version = plain(row.get("license")), plain(row.get("license_version"))
    return Find(
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
