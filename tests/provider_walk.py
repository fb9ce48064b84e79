"""Searches of providers, walked as a collection walks them, for the tests of providers."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from photo_site import politely
from pixonomy.collecting.known import open_provider
from pixonomy.collecting.politeness import Politeness
from pixonomy.collecting.provider import Provider
from pixonomy.collecting.search_results import Page, SearchResult
from pixonomy.gallery.site_apis import COMMONS, FLICKR, OPENVERSE


def walk(provider: Provider, keyword: str, most: int = 100, **more: Any) -> list[Page]:
    """Return all pages of a search; what each leads to is kept as the ledger keeps it."""

    async def work(politeness: Politeness) -> list[Page]:
        async def get(url: str, kind: Any, **named: Any) -> Any:
            return await politeness.get(url, kind, provider.name, **named)

        pages: list[Page] = []
        at: Mapping[str, Any] | None = None
        while len(pages) < most:
            page = await provider.find(keyword, at, get)
            pages.append(page)
            at = json.loads(json.dumps(page.next))
            if at is None:
                break
        return pages

    found: list[Page] = politely(work, **more)
    return found


def search_results(pages: list[Page]) -> list[SearchResult]:
    """Return what all pages found."""
    return [find for page in pages for find in page.search_results]


def messages(pages: list[Page]) -> list[str]:
    """Return the sentences of all pages."""
    return [sentence for page in pages for sentence in page.messages]


def answer(function: Callable[[dict[str, str]], Any]) -> Callable[[web.Request], web.Response]:
    """Return what answers with JSON made from the query."""
    return lambda request: web.json_response(function(dict(request.query)))


def json_of(content: Any, status: int = 200, **headers: str) -> Callable[[Any], web.Response]:
    """Return what answers with JSON, and headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request: web.json_response(content, status=status, headers=named)


def open_at(name: str, address: str, key: str | None = None, **values: Any) -> Provider:
    """Return a provider that asks a site in a box."""
    paths = {"commons": COMMONS, "openverse": OPENVERSE, "flickr": FLICKR}
    return open_provider(name, {"base_url": address + paths[name], **values}, key)
