import asyncio
from typing import Any

import pytest

from photo_site import Script, Serve, politely, status, text
from pixonomy.collecting.politeness import Politeness
from pixonomy.collecting.search_results import Left, Refused

ROBOTS = "/robots.txt"


def ask_many(urls: list[str]) -> list[Any]:
    async def work(politeness: Politeness) -> list[Any]:
        asked = (politeness.get(url, "media", "box") for url in urls)
        return await asyncio.gather(*asked, return_exceptions=True)

    found: list[Any] = politely(work)
    return found


def test_many_that_wait_for_a_host_ask_for_its_robots_txt_once(serve: Serve) -> None:
    script = Script({ROBOTS: [text("User-agent: *\nDisallow: /no")], "/x": [text("a")]})
    address = serve(script)
    found = ask_many([f"{address}/x"] * 10 + [f"{address}/no"])
    assert [one.body for one in found[:10]] == [b"a"] * 10
    assert isinstance(found[10], Refused)
    assert script.count(ROBOTS) == 1


def test_a_robots_txt_that_cannot_be_read_closes_its_host_after_three_tries(serve: Serve) -> None:
    script = Script({ROBOTS: [500], "/x": [text("a")]})
    address = serve(script)
    found = ask_many([f"{address}/x", f"{address}/y"])
    assert all(isinstance(one, Left) for one in found)
    assert str(found[0]).count("robots.txt cannot be read") == 1
    assert (script.count(ROBOTS), script.count("/x")) == (3, 0)


def test_a_robots_txt_that_leads_to_a_host_that_is_left_closes_its_own(serve: Serve) -> None:
    script = Script({ROBOTS: [status(302, Location="http://127.0.0.1:9/robots.txt")]})
    (found,) = ask_many([serve(script) + "/x"])
    assert isinstance(found, Left)
    assert "robots.txt cannot be read" in str(found)
    assert script.count("/x") == 0


@pytest.mark.parametrize("place", ["http://[::1/", "http://10.0.0.1/robots.txt", "ftp://x/y"])
def test_a_robots_txt_that_leads_where_nobody_may_go_refuses_all(serve: Serve, place: str) -> None:
    script = Script({ROBOTS: [status(302, Location=place)], "/x": [text("a")]})
    address = serve(script)
    found = ask_many([f"{address}/x", f"{address}/y"])
    assert all(isinstance(one, Refused) for one in found)
    assert (script.count(ROBOTS), script.count("/x")) == (1, 0)
