"""Pages of results as sites build them, on real servers: large, broken, in circles."""

import gzip
import json
from typing import Any

import pytest
from aiohttp import web

from photo_site import QUICK, Script, Serve, text
from pixonomy.collecting.known import open_provider
from pixonomy.collecting.provider import Provider
from pixonomy.collecting.results import search_address
from pixonomy.collecting.search_results import GaveUp
from pixonomy.collecting.trail import MOST_BARREN, MOST_PAGES
from provider_walk import messages, search_results, walk


def gallery(address: str, **values: Any) -> Provider:
    return open_provider("html", {"search": f"{address}/search?q={{keyword}}", **values}, None)


def html(body: str) -> Any:
    return lambda _request: web.Response(text=body, content_type="text/html")


def addresses(pages: Any) -> list[str]:
    return [one.image_url for one in search_results(pages)]


@pytest.mark.parametrize(
    ("search", "wanted"),
    [
        ("http://x/s?q={keyword}&t={keyword}", "http://x/s?q=a+b%2Fc&t=a+b%2Fc"),
        ("http://x/{keyword}/?q={keyword}", "http://x/a%20b%2Fc/?q=a+b%2Fc"),
    ],
)
def test_a_keyword_is_written_as_its_place_asks_for(search: str, wanted: str) -> None:
    assert search_address(search, "a b/c") == wanted


def test_an_album_of_thumbnails_that_lead_to_files_needs_no_settings(serve: Serve) -> None:
    album = (
        '<a href="full/1.jpg"><img src="thumbs/1.jpg" alt="One"></a>'
        '<a href="full/2.JPEG?v=1"><img src="thumbs/2.jpg"></a><a href="full/1.jpg"><img></a>'
        '<a href="about.html"><img src="logo.png"></a><a href="notes.jpg">no picture</a>'
    )
    address = serve(Script({"/search": [html(album)]}))
    pages = walk(gallery(address), "x")
    assert addresses(pages) == [f"{address}/full/1.jpg", f"{address}/full/2.JPEG?v=1"]
    assert search_results(pages)[0].title == "One"


def test_relative_addresses_start_where_a_redirect_ended_or_the_base_says(serve: Serve) -> None:
    def redirect(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/albums/beach/")

    album = '<a class="p" href="1.html">1</a><a class="p" href="2.html">2</a>'
    script = Script(
        {
            "/search": [redirect],
            "/albums/beach/": [html(album)],
            "/albums/beach/1.html": [html('<a href="1.jpg"><img></a>')],
            "/albums/beach/2.html": [html('<base href="/files/"><a href="2.jpg"><img></a>')],
        }
    )
    address = serve(script)
    pages = walk(gallery(address, links="a.p"), "x")
    assert addresses(pages) == [f"{address}/albums/beach/1.jpg", f"{address}/files/2.jpg"]


def test_a_link_may_lead_to_a_file_or_a_description_by_iiif(serve: Serve) -> None:
    info = {"@context": "http://iiif.io/api/image/3/context.json", "width": 4000, "height": 3000,
            "profile": "level2", "rights": "http://cc.org/licenses/by/4.0/"}  # fmt: skip
    links = '<p class="p"><a href="/1.jpg">1</a></p><a class="p" href="/2/info.json">2</a>'
    script = Script(
        {
            "/search": [html(links + '<a class="p" href="/3.html">3</a>')],
            "/2/info.json": [text(json.dumps(info))],
            "/3.html": [html('<a href="/2/info.json">Zoom</a>')],
        }
    )
    address = serve(script)
    pages = walk(gallery(address, links=".p, .p a"), "x")
    assert addresses(pages) == [f"{address}/1.jpg", f"{address}/2/full/1024,/0/default.jpg"]
    assert script.count("/1.jpg") == 0
    assert search_results(pages)[1].license_url == info["rights"]


def test_a_selector_that_matches_nothing_is_told_with_what_there_was(serve: Serve) -> None:
    links = "".join(f'<a class="foto" href="/{number}">x</a>' for number in range(34))
    images = '<img src="a.png"><img src="b.png">'
    address = serve(Script({"/search": [html(links + images)]}))
    place = f"{address}/search?q=x"
    assert messages(walk(gallery(address, links="a.photo"), "x")) == [
        f"selector `a.photo` (links) matched 0 of 34 links on {place}"
    ]
    assert messages(walk(gallery(address, picture="img.big"), "x")) == [
        f"selector `img.big` (picture) matched 0 of 2 pictures on {place}"
    ]
    (sentence,) = messages(walk(gallery(address), "x"))
    assert sentence.startswith(f"{place} shows 2 pictures and names none by JSON-LD")
    script = Script({"/search": [html('<a href="/1">x</a>')], "/1": [html("<p>")]})
    address = serve(script)
    (sentence,) = messages(walk(gallery(address, links="a", picture="img"), "x"))
    assert sentence.startswith("selector `img` (picture) matched no picture on 1 of 1 pages")
    assert f"such as {address}/1" in sentence


def test_pages_that_fail_are_told_and_asked_again_at_the_searchs_end(serve: Serve) -> None:
    links = '<a class="p" href="/1">1</a><a class="p" href="/2">2</a><a class="p" href="/3">3</a>'
    failing = [500] * QUICK.attempts
    script = Script(
        {
            "/search": [html(links)],
            "/1": [html('<meta property="og:image" content="/1.jpg">')],
            "/2": [*failing, html('<meta property="og:image" content="/2.jpg">')],
            "/3": [404],
        }
    )
    address = serve(script)
    pages = walk(gallery(address, links="a.p"), "x")
    assert [[one.image_url for one in page.search_results] for page in pages] == [
        [f"{address}/1.jpg"], [f"{address}/2.jpg"],
    ]  # fmt: skip
    assert messages(pages) == [
        "1 of 3 pages asked again at the search's end: the host failed (status 500)",
        "1 of 3 pages left out: not there (status 404)",
    ]
    assert script.count("/2") == QUICK.attempts + 1


def test_pages_that_fail_twice_are_left_out_and_a_site_that_fails_stops_the_search(
    serve: Serve,
) -> None:
    links = '<a class="p" href="/1">1</a><a class="p" href="/2">2</a>'
    script = Script({"/search": [html(links)], "/1": [html("<p>")], "/2": [500]})
    pages = walk(gallery(serve(script), links="a.p"), "x")
    assert messages(pages)[-1] == "1 of 1 pages left out: the host failed (status 500)"
    assert script.count("/2") == 2 * QUICK.attempts
    script = Script({"/search": [html(links)], "/1": [500], "/2": [500]})
    with pytest.raises(GaveUp):
        walk(gallery(serve(script), links="a.p"), "x")


def test_a_page_of_many_links_is_read_once_and_visited_in_portions(serve: Serve) -> None:
    links = "".join(f'<a class="p" href="/{number}">x</a>' for number in range(60))
    script = Script({"/search": [html(links)]})
    for number in range(60):
        script.answers[f"/{number}"] = [html(f'<meta property="og:image" content="/{number}.jpg">')]
    address = serve(script)
    pages = walk(gallery(address, links="a.p"), "x")
    assert [len(page.search_results) for page in pages] == [24, 24, 12]
    assert len(set(addresses(pages))) == 60
    assert script.count("/search") == 1


def test_pages_that_lead_in_a_circle_end(serve: Serve) -> None:
    def page(number: int) -> Any:
        return html(
            f'<a href="/{number}.jpg"><img></a><a rel="next" href="/{number % 3 + 1}#x">x</a>'
        )

    script = Script({f"/{number}": [page(number)] for number in (1, 2, 3)})
    script.answers["/search"] = [page(0)]
    address = serve(script)
    pages = walk(gallery(address), "x")
    assert len(search_results(pages)) == 4
    assert messages(pages) == [
        f"{address}/3 leads on to a page that was read before; the search ends there"
    ]


def test_endless_next_pages_of_the_same_pictures_end(serve: Serve) -> None:
    def page(request: web.Request) -> web.Response:
        number = int(request.query.get("p", 0))
        body = f'<a href="/1.jpg"><img></a><a rel="next" href="/search?p={number + 1}">x</a>'
        return web.Response(text=body, content_type="text/html")

    script = Script({"/search": [page]})
    pages = walk(gallery(serve(script)), "x", 2000)
    assert len(pages) == MOST_BARREN + 1
    assert "no new pictures" in messages(pages)[-1]
    assert len(json.dumps(pages[-2].next)) < 1000


@pytest.mark.slow
def test_endless_next_pages_of_new_pictures_end_as_well(serve: Serve) -> None:
    def page(request: web.Request) -> web.Response:
        number = int(request.query.get("p", 0))
        body = f'<a href="/{number}.jpg"><img></a><a rel="next" href="/search?p={number + 1}">x</a>'
        return web.Response(text=body, content_type="text/html")

    pages = walk(gallery(serve(Script({"/search": [page]}))), "x", 2000)
    assert len(pages) == MOST_PAGES
    assert len(json.dumps(pages[-2].next)) < 30_000


def test_without_a_selector_for_next_pages_the_first_one_is_all(serve: Serve) -> None:
    page = '<a href="/1.jpg"><img></a><a rel="next" href="/search?p=2">x</a>'
    script = Script({"/search": [html(page)]})
    walk(gallery(serve(script), next=""), "x")
    assert script.count("/search") == 1


def test_a_packed_page_is_read(serve: Serve) -> None:
    packed = gzip.compress(b'<a href="/1.jpg"><img></a>')
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/html"}
    script = Script({"/search": [lambda _: web.Response(body=packed, headers=headers)]})
    address = serve(script)
    assert addresses(walk(gallery(address), "x")) == [f"{address}/1.jpg"]
