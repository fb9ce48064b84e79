import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aiohttp import web

from photo_site import Script, Serve, status, text
from pixonomy.collecting import site_rules
from pixonomy.collecting.client import Client, Limits
from pixonomy.collecting.search_results import Refused, Reply, Trouble
from pixonomy.collecting.site_rules import SiteRules, read_rules

ROBOTS, TDM = "/robots.txt", "/.well-known/tdmrep.json"
FORBIDDEN = text("User-agent: *\nDisallow: /no")


def read(url: str, asked: list[tuple[str, float]] | None = None) -> SiteRules:
    """Read what the host of an address says, by a real client."""

    async def run() -> SiteRules:
        async with Client("test/1", ["127.0.0.1", "localhost"]) as client:

            async def ask(place: str, limits: Limits) -> Reply:
                if asked is not None:
                    asked.append((place, limits.seconds))
                return await client.fetch(place, limits)

            return await read_rules(url, "pixonomy", ask)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(run())).result()


def forbids(rules: SiteRules, url: str) -> bool:
    try:
        rules.check(url)
    except Refused:
        return True
    return False


def test_robots_txt_and_tdmrep_json_are_read_once_each(serve: Serve) -> None:
    reserved = json.dumps([{"location": "/art/", "tdm-reservation": 1}])
    script = Script({ROBOTS: [FORBIDDEN], TDM: [text(reserved)]})
    address = serve(script)
    rules = read(f"{address}/x/y.jpg")
    assert [forbids(rules, address + path) for path in ("/no", "/art/1", "/yes")] == [
        True,
        True,
        False,
    ]
    assert [path for _, path in script.asked] == [ROBOTS, TDM]


@pytest.mark.parametrize("missing", [404, 403, 401, 410])
def test_without_a_robots_txt_all_is_allowed(serve: Serve, missing: int) -> None:
    address = serve(Script({ROBOTS: [missing]}))
    assert not forbids(read(address), f"{address}/x")


@pytest.mark.parametrize("broken", [500, 503, 429])
def test_with_a_broken_one_nothing_is(serve: Serve, broken: int) -> None:
    with pytest.raises(Trouble, match=f"status {broken}"):
        read(serve(Script({ROBOTS: [broken]})))


@pytest.mark.parametrize("answer", [404, 500, text("{}"), text("[[["), status(302, Location="/x")])
def test_a_tdmrep_json_that_is_none_forbids_nothing(serve: Serve, answer: Any) -> None:
    address = serve(Script({ROBOTS: [404], TDM: [answer]}))
    assert not forbids(read(address), f"{address}/x")


def test_redirects_to_another_host_are_followed_and_asked_in_its_turn(serve: Serve) -> None:
    other = serve(Script({"/r.txt": [FORBIDDEN]}))
    script = Script(
        {ROBOTS: [status(301, Location="/a")], "/a": [status(307, Location=f"{other}/r.txt")]}
    )
    address, asked = serve(script), list[tuple[str, float]]()
    rules = read(address, asked)
    assert forbids(rules, f"{address}/no")
    assert [place for place, _ in asked][:3] == [
        f"{address}{ROBOTS}",
        f"{address}/a",
        f"{other}/r.txt",
    ]


def test_a_redirect_in_a_circle_counts_as_no_robots_txt(serve: Serve) -> None:
    script = Script({ROBOTS: [status(302, Location=ROBOTS)]})
    address = serve(script)
    assert not forbids(read(address), f"{address}/no")
    assert script.count(ROBOTS) == 6


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/", "file:///etc/passwd", "http://[::1/x", "http://u:p@a.org/"],
)
def test_a_redirect_where_nothing_may_be_asked_is_refused(serve: Serve, location: str) -> None:
    with pytest.raises(Refused):
        read(serve(Script({ROBOTS: [status(302, Location=location)]})))


def test_one_of_more_than_500_kilobytes_is_read_as_far(serve: Serve) -> None:
    long = "User-agent: *\nDisallow: /no\n" + "# filling\n" * 60_000
    address = serve(Script({ROBOTS: [text(long)]}))
    assert forbids(read(address), f"{address}/no")


def test_one_that_drips_ends_in_time(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"#")
            await asyncio.sleep(0.05)

    monkeypatch.setattr(site_rules, "ROBOTS_SECONDS", 0.6)
    script = Script({ROBOTS: [status(302, Location="/a")], "/a": [drip]})
    began = time.monotonic()
    with pytest.raises(Trouble):
        read(serve(script))
    assert time.monotonic() - began < 3
