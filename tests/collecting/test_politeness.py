import asyncio
import time
from itertools import pairwise
from typing import Any

import pytest

from photo_site import Script, Serve, politely, status, text
from pixonomy.collecting.politeness import Politeness
from pixonomy.collecting.rate_limits import RetryPolicy
from pixonomy.collecting.search_results import BudgetSpent, Gone, Pace, Refused, Reply, Trouble

ROBOTS, TDM = "/robots.txt", "/.well-known/tdmrep.json"


def ask(url: str, kind: Any = "media", **settings: Any) -> Reply:
    async def work(politeness: Politeness) -> Reply:
        return await politeness.get(url, kind, "box")

    reply: Reply = politely(work, **settings)
    return reply


def ask_all(urls: list[str], kind: Any = "media", **settings: Any) -> list[Any]:
    async def work(politeness: Politeness) -> list[Any]:
        asked = (politeness.get(url, kind, "box") for url in urls)
        return await asyncio.gather(*asked, return_exceptions=True)

    found: list[Any] = politely(work, **settings)
    return found


def test_robots_txt_is_read_once_and_heeded(serve: Serve) -> None:
    script = Script(
        {ROBOTS: [text("User-agent: *\nDisallow: /no")], "/yes": [text("a")], "/no": [text("b")]}
    )
    address = serve(script)
    one, other, third = ask_all([f"{address}/yes", f"{address}/no", f"{address}/yes"])
    assert one.body == third.body == b"a"
    assert isinstance(other, Refused)
    assert (script.count(ROBOTS), script.count("/no")) == (1, 0)


def test_an_interface_is_asked_without_robots_txt(serve: Serve) -> None:
    script = Script({ROBOTS: [text("User-agent: *\nDisallow: /")], "/api": [text("{}")]})
    assert ask(serve(script) + "/api", "api").status == 200
    assert script.count(ROBOTS) == 0


@pytest.mark.parametrize("robots", [404, 403])
def test_without_a_robots_txt_all_is_allowed(serve: Serve, robots: int) -> None:
    assert ask(serve(Script({ROBOTS: [robots], "/x": [text("a")]})) + "/x").status == 200


def test_with_a_robots_txt_that_cannot_be_read_nothing_is(serve: Serve) -> None:
    script = Script({ROBOTS: [500], "/x": [text("a")]})
    with pytest.raises(Trouble, match=r"robots\.txt cannot be read"):
        ask(serve(script) + "/x")
    assert script.count("/x") == 0


def test_a_crawl_delay_keeps_requests_apart(serve: Serve) -> None:
    script = Script({ROBOTS: [text("User-agent: *\nCrawl-delay: 0.3")], "/x": [text("a")]})
    address = serve(script)
    ask_all([f"{address}/x"] * 4)
    times = [when for when, path in script.asked if path == "/x"]
    assert min(b - a for a, b in pairwise(times)) > 0.15  # less what the network adds


@pytest.mark.parametrize("header", [{"X_Robots_Tag": "noai"}, {"Content_Usage": "train-ai=n"}])
def test_a_picture_whose_headers_object_is_not_taken(serve: Serve, header: dict[str, str]) -> None:
    with pytest.raises(Refused):
        ask(serve(Script({"/x": [text("a", **header)]})) + "/x")


def test_after_a_429_the_whole_host_is_left_alone_as_long_as_it_asks(serve: Serve) -> None:
    script = Script({ROBOTS: [404], "/x": [status(429, Retry_After="1"), text("a")], "/y": [200]})
    address = serve(script)

    async def work(politeness: Politeness) -> None:
        first = asyncio.create_task(politeness.get(f"{address}/x", "media", "box"))
        await asyncio.sleep(0.3)
        await politeness.get(f"{address}/y", "media", "box")
        await first

    politely(work)
    first, *later = (when for when, path in script.asked if path not in (ROBOTS, TDM))
    assert len(later) == 2
    assert all(when - first >= 0.95 for when in later)


def test_a_date_in_retry_after_is_understood(serve: Serve) -> None:
    from email.utils import formatdate

    when = formatdate(time.time() + 2, usegmt=True)
    script = Script({ROBOTS: [404], "/x": [status(503, Retry_After=when), text("a")]})
    assert ask(serve(script) + "/x").status == 200
    times = [when for when, path in script.asked if path == "/x"]
    assert times[1] - times[0] > 0.8


def test_who_asks_to_be_left_alone_for_very_long_is_not_asked_again(serve: Serve) -> None:
    script = Script({"/x": [status(429, Retry_After="86400")]})
    with pytest.raises(Trouble, match="busy") as error:
        ask(serve(script) + "/x", "api")
    assert error.value.wait_seconds == 86400
    assert script.count("/x") == 1


def test_nor_is_it_asked_for_anything_else_in_this_run(serve: Serve) -> None:
    script = Script({"/x": [status(429, Retry_After="86400")], "/y": [text("a")]})
    address = serve(script)

    async def work(politeness: Politeness) -> list[Any]:
        found: list[Any] = []
        for path in ("/x", "/y"):
            asked = politeness.get(address + path, "api", "box")
            found += await asyncio.gather(asked, return_exceptions=True)
        return found

    first, second = politely(work)
    assert isinstance(first, Trouble)
    assert isinstance(second, Trouble)
    assert script.count("/y") == 0


def test_without_retry_after_pauses_grow(serve: Serve) -> None:
    script = Script({"/x": [429]})
    retry_policy = RetryPolicy(attempts=4, first_seconds=0.1, longest_seconds=10, most_seconds=10)
    with pytest.raises(Trouble, match="status 429"):
        ask(serve(script) + "/x", "api", retry_policy=retry_policy)
    times = [when for when, _ in script.asked]
    gaps = [b - a for a, b in pairwise(times)]
    assert len(gaps) == 3
    for place, gap in enumerate(gaps):
        assert gap >= 0.049 * 2**place


@pytest.mark.parametrize("number", [500, 502, 408])
def test_a_host_that_fails_is_asked_again(serve: Serve, number: int) -> None:
    script = Script({"/x": [number, number, text("a")]})
    assert ask(serve(script) + "/x", "api").body == b"a"


@pytest.mark.parametrize(
    ("number", "kind"), [(404, Gone), (410, Gone), (401, Refused), (403, Refused), (418, Refused)]
)
def test_some_answers_are_final(serve: Serve, number: int, kind: type[Exception]) -> None:
    script = Script({"/x": [number]})
    with pytest.raises(kind):
        ask(serve(script) + "/x", "api")
    assert script.count("/x") == 1


def test_a_redirect_is_followed_and_heeds_the_other_hosts_robots(serve: Serve) -> None:
    other = Script({ROBOTS: [text("User-agent: *\nDisallow: /x")], "/y": [text("a")]})
    place = serve(other)
    script = Script(
        {
            ROBOTS: [404],
            "/bad": [status(302, Location=f"{place}/x")],
            "/good": [status(301, Location=f"{place}/y")],
            "/near": [status(307, Location="good")],
        }
    )
    address = serve(script)
    refused, good, near = ask_all([f"{address}/bad", f"{address}/good", f"{address}/near"])
    assert isinstance(refused, Refused)
    assert good.body == near.body == b"a"
    assert other.count("/x") == 0


def test_redirects_in_a_circle_end(serve: Serve) -> None:
    script = Script({"/x": [status(302, Location="/x")]})
    with pytest.raises(Refused, match="redirects"):
        ask(serve(script) + "/x", "api")
    assert script.count("/x") == 6


@pytest.mark.parametrize(
    "place",
    ["http://169.254.169.254/latest/meta-data", "http://[::1]/", "http://[::ffff:127.0.0.2]/",
     "http://0.0.0.0/", "file:///etc/passwd", "http://10.0.0.7/x", "//192.168.0.1/x"],
)  # fmt: skip
def test_a_redirect_into_a_private_network_is_refused(serve: Serve, place: str) -> None:
    with pytest.raises((Refused, Trouble)):
        ask(serve(Script({"/x": [status(302, Location=place)]})) + "/x", "api")


def test_a_key_is_not_sent_where_a_redirect_leads(serve: Serve) -> None:
    other = Script({"/y": [text("a")]})
    place = serve(other)
    script = Script({"/x": [status(302, Location=f"{place}/y")]})
    address = serve(script)

    async def work(politeness: Politeness) -> None:
        headers = {"Authorization": "Bearer SECRET"}
        await politeness.get(f"{address}/x", "api", "box", headers=headers)

    politely(work)
    assert script.headers[0]["Authorization"] == "Bearer SECRET"
    assert "Authorization" not in other.headers[0]


def test_no_more_requests_at_a_time_and_a_second_than_agreed(serve: Serve) -> None:
    now, most = 0, 0

    async def slow(_request: Any) -> Any:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.05)
        now -= 1
        return text("a")(_request)

    script = Script({ROBOTS: [404], "/x": [slow]})
    address = serve(script)
    ask_all([f"{address}/x"] * 12, pace=Pace(3, 20))
    times = [when for when, path in script.asked if path == "/x"]
    assert most <= 3
    assert times[-1] - times[0] >= 11 / 20 - 0.1


def test_a_daily_budget_ends_asking_an_interface(serve: Serve) -> None:
    left = 2

    def spend(_provider: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise BudgetSpent("enough for today")

    script = Script({"/x": [text("a")]})
    address = serve(script)
    found = ask_all([f"{address}/x"] * 3, "api", budget=spend)
    assert sum(isinstance(one, BudgetSpent) for one in found) == 1
    assert script.count("/x") == 2
