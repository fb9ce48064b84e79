"""Sitemaps on real servers: packed, of pages, nested, in circles."""

import gzip
import json
from typing import Any

import pytest
from aiohttp import web

from photo_site import QUICK, Script, Serve
from pixonomy.collecting.known import open_provider
from pixonomy.collecting.provider import Provider
from pixonomy.collecting.search_results import Trouble
from provider_walk import messages, search_results, walk


def site(address: str, path: str = "/sitemap.xml", **values: Any) -> Provider:
    return open_provider("html", {"sitemap": address + path, **values}, None)


def index(*places: str) -> Any:
    entries = "".join(f"<sitemap><loc>{one}</loc></sitemap>" for one in places)
    return xml(f"<sitemapindex>{entries}</sitemapindex>")


def pages_map(*places: str) -> Any:
    return xml("<urlset>" + "".join(f"<url><loc>{one}</loc></url>" for one in places) + "</urlset>")


def xml(body: str) -> Any:
    return lambda _request: web.Response(text=body, content_type="application/xml")


def shown(image: str, title: str = "") -> Any:
    body = f'<title>{title}</title><meta property="og:image" content="{image}">'
    return lambda _request: web.Response(text=body, content_type="text/html")


def addresses(pages: Any) -> list[str]:
    return [one.image_url for one in search_results(pages)]


def test_a_packed_map_below_an_index_is_read(serve: Serve) -> None:
    entry = "<url><loc>http://x/1</loc><image><loc>http://x/{}.jpg</loc></image></url>"
    body = f"<urlset>{entry.format('sandy-beach')}{entry.format('red_car')}</urlset>"
    packed = gzip.compress(body.encode())
    script = Script(
        {"/map.xml.gz": [lambda _: web.Response(body=packed, content_type="application/gzip")]}
    )
    address = serve(script)
    script.answers["/sitemap.xml"] = [index(f"{address}/map.xml.gz", f"{address}/none.xml")]
    provider = site(address)
    found = walk(provider, "beach")
    assert addresses(found) == ["http://x/sandy-beach.jpg"]
    assert messages(found) == [
        f"the sitemap {address}/none.xml is passed over: not there (status 404)"
    ]
    assert addresses(walk(provider, "red car")) == ["http://x/red_car.jpg"]
    assert script.count("/map.xml.gz") == 1, "what was read is remembered for other keywords"


def test_of_a_map_of_pages_the_pages_are_visited_those_that_fit_first(serve: Serve) -> None:
    script = Script(
        {
            "/photo/1": [shown("/1.jpg", "A red car")],
            "/photo/2": [shown("/2.jpg", "A beach in May")],
            "/photo/blue-beach": [shown("/3.jpg")],
            "/photo/4": [404],
        }
    )
    address = serve(script)
    places = [f"{address}/photo/{one}" for one in ("1", "2", "blue-beach", "4")]
    script.answers["/sitemap.xml"] = [pages_map(*places)]
    provider = site(address)
    found = walk(provider, "beach")
    assert addresses(found) == [f"{address}/3.jpg", f"{address}/2.jpg"]
    assert messages(found) == ["1 of 4 pages left out: not there (status 404)"]
    visited = [path for _, path in script.asked if path.startswith("/photo/")]
    assert visited[0] == "/photo/blue-beach"
    assert addresses(walk(provider, "car")) == [f"{address}/1.jpg"]
    assert script.count("/photo/1") == script.count("/sitemap.xml") == 1


def test_many_pages_are_visited_in_portions_and_given_up_where_none_fits(serve: Serve) -> None:
    script = Script()
    address = serve(script)
    places = [f"{address}/photo/{number}" for number in range(60)]
    for number in range(60):
        script.answers[f"/photo/{number}"] = [shown(f"/{number}.jpg", "beach")]
    script.answers["/sitemap.xml"] = [pages_map(*places)]
    assert [len(page.search_results) for page in walk(site(address), "beach")] == [24, 24, 12]
    assert len(script.asked) < 70
    assert search_results(walk(site(address), "car")) == []


def test_pages_that_never_fit_are_not_all_visited(serve: Serve) -> None:
    script = Script()
    address = serve(script)
    places = [f"{address}/photo/{number}" for number in range(700)]
    script.answers.update({f"/photo/{number}": [shown("/x.jpg")] for number in range(700)})
    script.answers["/sitemap.xml"] = [pages_map(*places)]
    found = walk(site(address), "beach")
    assert messages(found) == ["the last 480 pages had no fitting picture; the search ends there"]


def test_a_page_that_fails_is_visited_again_at_the_end(serve: Serve) -> None:
    script = Script({"/b": [*[500] * QUICK.attempts, shown("/beach.jpg")], "/a": [shown("/a.jpg")]})
    address = serve(script)
    script.answers["/sitemap.xml"] = [pages_map(f"{address}/a", f"{address}/b")]
    found = walk(site(address), "beach")
    assert addresses(found) == [f"{address}/beach.jpg"]
    assert messages(found) == [
        "1 of 2 pages asked again at the search's end: the host failed (status 500)"
    ]


def test_indexes_that_lead_in_circles_or_ever_deeper_end(serve: Serve) -> None:
    def deeper(request: web.Request) -> web.Response:
        number = int(request.path.strip("/d"))
        reply: web.Response = index(f"{address}/d{number + 1}", f"{address}/sitemap.xml")(request)
        return reply

    script = Script({f"/d{number}": [deeper] for number in range(10)})
    address = serve(script)
    script.answers["/sitemap.xml"] = [index(f"{address}/d0", f"{address}/sitemap.xml")]
    found = walk(site(address), "beach")
    assert search_results(found) == []
    assert any("leads back to" in one for one in messages(found))
    assert any("lie deeper than 3" in one for one in messages(found))
    assert len([path for _, path in script.asked if path.startswith("/d")]) <= 3


def test_an_index_of_many_maps_keeps_a_small_state(serve: Serve) -> None:
    script = Script()
    address = serve(script)
    script.answers["/sitemap.xml"] = [index(*(f"{address}/m{number}" for number in range(120)))]
    for number in range(120):
        entry = f"<url><loc>http://x/{number}</loc><image><loc>http://x/{number}.jpg</loc></image></url>"
        script.answers[f"/m{number}"] = [xml(f"<urlset>{entry}</urlset>")]
    found = walk(site(address), "77")
    assert addresses(found) == ["http://x/77.jpg"]
    assert all(len(json.dumps(page.next)) < 300 for page in found)
    assert script.count("/m119") == 1


def test_a_first_sitemap_that_is_none_is_trouble(serve: Serve) -> None:
    script = Script({"/sitemap.xml": [xml("<html>404</html>")]})
    with pytest.raises(Trouble, match="begins with <html>"):
        walk(site(serve(script)), "x")
