"""Wikis that are busy, lack what Commons has, or never move on."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web

from photo_site import Script, Serve, politely
from pixonomy.collecting.known import open_provider
from pixonomy.collecting.politeness import Politeness
from pixonomy.collecting.search_results import Page, Refused, Trouble
from pixonomy.gallery.site_apis import COMMONS
from provider_walk import answer, json_of, messages, open_at, search_results, walk

CIRRUS, METADATA = {"name": "CirrusSearch"}, {"name": "CommonsMetadata"}


def image(number: int, **more: Any) -> dict[str, Any]:
    info = {"thumburl": f"http://x/{number}.jpg", "mime": "image/jpeg", **more}
    return {"pageid": number, "index": number, "title": f"File:{number}.jpg", "imageinfo": [info]}


def queries(script: Script) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(path).query) for _, path in script.asked]


def test_a_wiki_that_lags_asks_to_wait_with_status_200(serve: Serve) -> None:
    lag = {"error": {"code": "maxlag", "info": "Waiting for db1: 7 seconds lagged", "lag": 7}}
    script = Script({COMMONS: [json_of(lag, Retry_After="5", X_Database_Lag="7")]})
    with pytest.raises(Trouble) as error:
        walk(open_at("commons", serve(script)), "x")
    assert str(error.value) == "the wiki is busy (maxlag)"
    assert error.value.wait_seconds == 5


@pytest.mark.parametrize(
    "code",
    ["ratelimited", "readonly", "internal_api_error_DBQueryError", "cirrussearch-backend-error"],
)
def test_an_error_that_passes_is_trouble_and_never_an_end_of_the_search(
    serve: Serve, code: str
) -> None:
    script = Script({COMMONS: [json_of({"error": {"code": code, "info": "x"}, "query": {}})]})
    with pytest.raises(Trouble) as error:
        walk(open_at("commons", serve(script)), "x")
    assert error.value.wait_seconds is None


def test_an_error_that_stays_ends_the_search_with_the_wikis_words(serve: Serve) -> None:
    content = {"error": {"code": "readapidenied", "info": "You need read permission."}}
    with pytest.raises(Refused, match="readapidenied: You need read permission"):
        walk(open_at("commons", serve(Script({COMMONS: [json_of(content)]}))), "x")


@pytest.mark.parametrize("content", [{}, {"pages": []}, {"servedby": "x"}])
def test_json_without_an_answer_is_trouble(serve: Serve, content: Any) -> None:
    with pytest.raises(Trouble, match="JSON without query"):
        walk(open_at("commons", serve(Script({COMMONS: [json_of(content)]}))), "x")


def test_a_plain_wiki_is_searched_in_plain_words_and_says_what_it_lacks(serve: Serve) -> None:
    def pages(query: dict[str, str]) -> dict[str, Any]:
        if "filetype" in query["gsrsearch"]:
            return {"batchcomplete": True, "query": {"extensions": []}}
        return {
            "batchcomplete": True,
            "query": {"pages": [image(1), image(2, mime="image/svg+xml")]},
        }

    script = Script({COMMONS: [answer(pages)]})
    address = serve(script)
    provider = open_at("commons", address)
    found = walk(provider, "beach")
    assert [one.native_id for one in search_results(found)] == ["1"]
    assert [one["gsrsearch"] for one in queries(script)] == [["beach filetype:bitmap"], ["beach"]]
    base = address + COMMONS
    assert messages(found) == [
        f"{base} has no CirrusSearch extension: it is searched without 'filetype:bitmap'",
        f"{base} has no CommonsMetadata extension, so its pictures name no licence and are "
        "refused; if all have the same one, set license in [provider.commons]",
        "files that are no photos (PDF, SVG, sound) are passed over",
    ]
    walk(provider, "sand")
    assert queries(script)[2]["gsrsearch"] == ["sand"], "it is asked once what the wiki is"
    assert "meta" not in queries(script)[2]


def test_keywords_that_are_searched_side_by_side_all_learn_what_a_plain_wiki_lacks(
    serve: Serve,
) -> None:
    def pages(query: dict[str, str]) -> dict[str, Any]:
        found = [] if "filetype" in query["gsrsearch"] else [image(1)]
        return {"batchcomplete": True, "query": {"pages": found, "extensions": []}}

    provider = open_at("commons", serve(Script({COMMONS: [answer(pages)]})))

    async def work(politeness: Politeness) -> list[Page]:
        async def get(url: str, kind: Any, **more: Any) -> Any:
            return await politeness.get(url, kind, "commons", **more)

        keywords = ("beach", "car", "tree", "house")
        return await asyncio.gather(*(provider.find(one, None, get) for one in keywords))

    assert [len(page.search_results) for page in politely(work)] == [1, 1, 1, 1]


def test_a_licence_that_is_set_is_that_of_pictures_which_name_none(serve: Serve) -> None:
    named = {"LicenseShortName": {"value": "CC0"}, "LicenseUrl": {"value": "http://cc0"}}
    pages = [image(1), image(2, extmetadata=named)]
    script = Script({COMMONS: [json_of({"query": {"pages": pages, "extensions": [CIRRUS]}})]})
    values = {"license": "CC BY 4.0", "license_url": "https://creativecommons.org/licenses/by/4.0/"}
    found = walk(open_at("commons", serve(script), **values), "x")
    assert [(one.license, one.license_url) for one in search_results(found)] == [
        ("CC BY 4.0", values["license_url"]), ("CC0", "http://cc0"),
    ]  # fmt: skip
    assert messages(found) == []


def test_qualifiers_and_width_are_as_set_and_wikimedia_gets_a_width_it_keeps_ready(
    serve: Serve,
) -> None:
    content = {"query": {"pages": [image(1)], "extensions": [CIRRUS, METADATA]}}
    script = Script({COMMONS: [json_of(content)]})
    qualifiers = "incategory:Beaches -deepcat:Maps"
    walk(open_at("commons", serve(script), qualifiers=qualifiers, width=640), "x")
    assert queries(script)[0]["gsrsearch"] == [f"x {qualifiers}"]
    assert queries(script)[0]["iiurlwidth"] == ["640"]
    wikimedia = open_provider("commons", {"width": 640}, None)
    assert wikimedia._width == 960  # type: ignore[attr-defined]


def test_qualifiers_that_are_set_are_kept_for_a_plain_wiki_and_told(serve: Serve) -> None:
    content = {"query": {"pages": [image(1)], "extensions": [METADATA]}}
    script = Script({COMMONS: [json_of(content)]})
    found = walk(open_at("commons", serve(script), qualifiers="prefix:File:A"), "x")
    assert len(script.asked) == 1
    assert messages(found)[0].endswith("'prefix:File:A' may be taken for words")


@pytest.mark.parametrize(
    "following",
    [{"gsroffset": 0}, {"gsroffset": -3}, {"gsroffset": "x"}, {"gsroffset": 10**30}, [], "x",
     {"gsroffset": [1]}, {str(n): "y" * 10**4 for n in range(99)}],
)  # fmt: skip
def test_a_wiki_that_does_not_move_on_has_come_to_its_end(serve: Serve, following: Any) -> None:
    content = {"query": {"pages": [image(1)]}, "continue": following}
    found = walk(open_at("commons", serve(Script({COMMONS: [json_of(content)]}))), "x")
    assert len(found) == 1


def test_a_search_goes_on_where_a_wiki_says_what_it_left_out(serve: Serve) -> None:
    def pages(request: web.Request) -> web.Response:
        if "iistart" not in request.query:
            rest = {"iistart": "2020", "continue": "||siteinfo"}
            return web.json_response(
                {"query": {"pages": [image(1), {"pageid": 2}]}, "continue": rest}
            )
        assert request.query["continue"] == "||"
        return web.json_response({"query": {"pages": [{"pageid": 1}, image(2)]}})

    found = walk(open_at("commons", serve(Script({COMMONS: [pages]}))), "x")
    assert [one.native_id for one in search_results(found)] == ["1", "2"]
