"""Flickr's licences are asked for, and its errors come with status 200."""

from typing import Any

import pytest
from aiohttp import web

from photo_site import Script, Serve
from pixonomy.collecting.search_results import Refused, Trouble
from pixonomy.gallery.site_apis import FLICKR
from provider_walk import json_of, open_at, search_results, walk

CC = "https://creativecommons.org"
LICENCES = [
    {"id": 0, "name": "All Rights Reserved", "url": "https://www.flickrhelp.com/hc/en-us/articles/1"},
    {"id": "1", "name": "Attribution-NonCommercial-ShareAlike License",
     "url": f"{CC}/licenses/by-nc-sa/2.0/"},
    {"id": "7", "name": "No known copyright restrictions",
     "url": "https://www.flickr.com/commons/usage/"},
    {"id": "9", "name": "Public Domain Dedication (CC0)", "url": f"{CC}/publicdomain/zero/1.0/"},
    {"id": "11", "name": "Attribution 4.0", "url": f"{CC}/licenses/by/4.0/deed.en"},
    {"id": "14", "name": "Attribution-NoDerivs 4.0", "url": f"{CC}/licenses/by-nd/4.0/"},
    {"id": "15", "name": "Broken", "url": "http://[::1/"},
]  # fmt: skip
LIST = {"stat": "ok", "licenses": {"license": LICENCES}}


def interface(photos: list[dict[str, Any]], seen: list[str]) -> Any:
    def reply(request: web.Request) -> web.Response:
        if request.query["method"] == "flickr.photos.licenses.getInfo":
            return web.json_response(LIST)
        seen.append(request.query["license"])
        return web.json_response(
            {"stat": "ok", "photos": {"total": len(photos), "pages": 1, "photo": photos}}
        )

    return reply


def test_its_licences_are_asked_for_once_and_those_for_everybody_are_searched(serve: Serve) -> None:
    seen: list[str] = []
    photos: list[dict[str, Any]] = [
        {"id": "1", "owner": "o", "url_l": "http://x/1.jpg", "license": "11"},
        {"id": "2", "owner": "o", "url_l": "http://x/2.jpg", "license": 9},
        {"id": "3", "owner": "o", "url_l": "http://x/3.jpg", "license": "99"},
    ]
    script = Script({FLICKR: [interface(photos, seen)]})
    provider = open_at("flickr", serve(script), "key")
    found = search_results([*walk(provider, "x"), *walk(provider, "y")])
    assert seen == ["7,9,11", "7,9,11"]
    assert sum("licenses.getInfo" in path for _, path in script.asked) == 1
    assert [(one.license, one.license_url) for one in found[:3]] == [
        ("CC BY 4.0", f"{CC}/licenses/by/4.0/deed.en"),
        ("CC0 1.0", f"{CC}/publicdomain/zero/1.0/"),
        ("", ""),
    ]


def test_licences_that_are_set_are_searched_and_one_that_is_none_is_told(serve: Serve) -> None:
    seen: list[str] = []
    address = serve(Script({FLICKR: [interface([], seen)]}))
    walk(open_at("flickr", address, "key", licenses="14, 1"), "x")
    assert seen == ["14,1"]
    with pytest.raises(Refused, match=r"no licence 99; it has 0 \(All Rights Reserved\), 1 "):
        walk(open_at("flickr", address, "key", licenses="99"), "x")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"stat": "fail", "code": 105, "message": "Service currently unavailable"}, Trouble),
        ({"stat": "fail", "code": 100, "message": "Invalid API Key (SECRET)"}, Refused),
        ({"stat": "ok"}, Trouble),
        ({"message": "down"}, Trouble),
        ({"stat": "ok", "licenses": {"license": []}}, Trouble),
    ],
)
def test_what_is_no_list_is_never_an_end_of_the_search(
    serve: Serve, content: Any, kind: type[Exception]
) -> None:
    with pytest.raises(kind) as error:
        walk(open_at("flickr", serve(Script({FLICKR: [json_of(content)]})), "SECRET"), "x")
    assert "SECRET" not in str(error.value)
    assert (kind is Refused) == isinstance(error.value, Refused)


def test_a_search_that_fails_asks_for_the_wait_its_host_names(serve: Serve) -> None:
    busy = {"stat": "fail", "code": 105, "message": "Service currently unavailable"}
    script = Script({FLICKR: [json_of(LIST), json_of(busy, Retry_After="7")]})
    with pytest.raises(Trouble, match="Flickr's interface is down") as error:
        walk(open_at("flickr", serve(script), "key"), "x")
    assert error.value.wait_seconds == 7
