"""Openverse's tokens end, and its errors say so in words."""

from typing import Any

import pytest
from aiohttp import web

from photo_site import Script, Serve
from pixonomy.collecting.search_results import Refused, Trouble
from pixonomy.gallery.site_apis import OPENVERSE
from provider_walk import json_of, open_at, search_results, walk

IMAGES, TOKENS = f"{OPENVERSE}/images/", f"{OPENVERSE}/auth_tokens/token/"


def page(request: web.Request) -> dict[str, Any]:
    number = request.query["page"]
    return {"page_count": 3, "results": [{"id": number, "url": f"http://x/{number}.jpg"}]}


def tokens(lasts: Any) -> list[Any]:
    return [json_of({"access_token": f"T{n}", "expires_in": lasts}) for n in range(9)]


def test_a_detail_with_status_200_is_trouble_with_its_wait(serve: Serve) -> None:
    content = {"detail": "Request was throttled. Expected available in 42 seconds."}
    script = Script({IMAGES: [json_of(content)]})
    with pytest.raises(Trouble, match="Request was throttled") as error:
        walk(open_at("openverse", serve(script)), "x")
    assert error.value.wait_seconds == 42


def test_a_token_that_ended_by_its_own_words_is_renewed(serve: Serve) -> None:
    seen: list[str] = []

    def images(request: web.Request) -> web.Response:
        seen.append(request.headers["Authorization"])
        return web.json_response(page(request))

    script = Script({IMAGES: [images], TOKENS: tokens(60)})  # it ends within a minute: too soon
    walk(open_at("openverse", serve(script), "me:hush"), "x")
    assert seen == ["Bearer T0", "Bearer T1", "Bearer T2"]
    lasting = Script({IMAGES: [images], TOKENS: tokens(43_200)})
    walk(open_at("openverse", serve(lasting), "me:hush"), "x")
    assert lasting.count(TOKENS) == 1


def test_a_token_that_is_not_taken_any_more_is_renewed_once(serve: Serve) -> None:
    def images(request: web.Request) -> web.Response:
        if request.headers["Authorization"] == "Bearer T0" and request.query["page"] == "2":
            return web.json_response({"detail": "Authentication failed"}, status=401)
        return web.json_response(page(request))

    script = Script({IMAGES: [images], TOKENS: tokens(43_200)})
    found = walk(open_at("openverse", serve(script), "me:hush"), "x")
    assert [one.native_id for one in search_results(found)] == ["1", "2", "3"]
    assert script.count(TOKENS) == 2


def test_a_key_that_is_never_taken_ends_the_search(serve: Serve) -> None:
    script = Script({IMAGES: [401], TOKENS: tokens(43_200)})
    with pytest.raises(Refused, match="401"):
        walk(open_at("openverse", serve(script), "me:hush"), "x")
    assert (script.count(IMAGES), script.count(TOKENS)) == (2, 2)


def test_a_token_that_is_none_is_trouble(serve: Serve) -> None:
    script = Script({TOKENS: [json_of({"error": "invalid_client"})]})
    with pytest.raises(Trouble, match="invalid_client") as error:
        walk(open_at("openverse", serve(script), "me:hush"), "x")
    assert "hush" not in str(error.value)
