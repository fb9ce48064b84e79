import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from photo_site import QUICK, Script, Serve, politely, status, text
from pixonomy.collecting.politeness import Politeness
from pixonomy.collecting.provider import Get, Terms
from pixonomy.collecting.search_results import (
    BudgetSpent,
    Kind,
    Pace,
    Page,
    Refused,
    SearchResult,
    Trouble,
)
from pixonomy.collecting.searching import Searching
from pixonomy.collecting.state_db import StateDatabase

FAST, OPEN = Pace(4, 1000), Terms("allowed", "-")


class Asking:
    """A provider that asks one address for every page, and makes of the reply what it is told."""

    name = "box"
    known = ()
    needs_license = False
    terms = OPEN
    page_size = 1

    def __init__(self, address: str, make: Any = None) -> None:
        self.address, self.make = address, make or (lambda _reply: Page((), None))

    def pace(self, _kind: Kind) -> Pace:
        return FAST

    async def find(self, _keyword: str, _at: Mapping[str, Any] | None, get: Get) -> Page:
        reply = await get(self.address, "api")
        found = self.make(reply)
        if isinstance(found, Exception):
            raise found
        assert isinstance(found, Page)
        return found


def turn(
    folder: Path, provider: Any, keywords: tuple[str, ...] = ("beach",), budget: Any = None
) -> tuple[list[bool], list[str], StateDatabase]:
    """Turn a page of each keyword's search; return what came of it, and what was said."""
    said: list[str] = []
    state_db = StateDatabase(folder / "ledger.sqlite")

    async def work(politeness: Politeness) -> list[bool]:
        searching = Searching(state_db, politeness, said.append, time.time)
        found = [await searching.turn_page(provider, "travel", one) for one in keywords]
        searching.report_rest()
        return found

    more = {} if budget is None else {"budget": budget}
    return politely(work, **more), said, state_db


def test_an_address_is_asked_for_as_often_as_agreed_whoever_asks_again(
    tmp_path: Path, serve: Serve
) -> None:
    script = Script({"/fails": [500], "/odd": [text("<html>")]})
    address = serve(script)
    for path, make in (
        ("/fails", None),
        ("/odd", lambda _: Trouble("a page in place of JSON")),
    ):
        found, said, state_db = turn(tmp_path / path[1:], Asking(address + path, make))
        assert (found, len(said)) == ([False], 1)
        assert script.count(path) == QUICK.attempts
        assert not state_db.search("box", "travel", "beach").is_over


def test_an_error_inside_a_reply_lets_the_host_rest_as_long_as_it_asks(
    tmp_path: Path, serve: Serve
) -> None:
    script = Script({"/api": [text("lag"), text("fine")]})
    address = serve(script)

    def make(reply: Any) -> Any:
        return Trouble("maxlag", 0.5) if reply.body == b"lag" else Page((), None)

    found, said, _ = turn(tmp_path, Asking(address + "/api", make))
    assert (found, said) == ([False], [])  # it came, and it was the last page
    times = [when for when, _ in script.asked]
    assert times[1] - times[0] >= 0.49
    script.answers["/api"] = [text("lag")]
    _, said, state_db = turn(
        tmp_path / "long", Asking(address + "/api", lambda _: Trouble("maxlag", 3600))
    )
    assert said == []  # its host is told, with all hosts that are left
    assert state_db is not None


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (Refused("no such key"), "no such key"),
        (ZeroDivisionError(), "its page makes no sense (ZeroDivisionError)"),
        (UnicodeError(), "its page makes no sense (UnicodeError)"),
    ],
)
def test_a_page_that_fails_is_told_once_for_all_keywords(
    tmp_path: Path, serve: Serve, failure: Exception, told: str
) -> None:
    address = serve(Script({"/api": [200]}))
    provider = Asking(address + "/api", lambda _: failure)
    found, said, _ = turn(tmp_path, provider, ("beach", "sand", "sea"))
    assert found == [False] * 3
    assert said == [
        f"box, 'beach': {told}. Run again to go on.",
        f"box, 2 more keywords: {told}.",
    ]


def test_a_budget_that_is_spent_is_told_once(tmp_path: Path, serve: Serve) -> None:
    def spend(_provider: str) -> None:
        raise BudgetSpent("box has been asked 200 times today")

    provider = Asking(serve(Script({"/api": [200]})) + "/api")
    _, said, _ = turn(tmp_path, provider, ("beach", "sand"), spend)
    assert len(said) == 2
    assert "200 times today" in said[0]
    assert "1 more keyword" in said[1]


def test_pages_with_poison_are_noted_whole(tmp_path: Path, serve: Serve) -> None:
    page = Page(
        (
            SearchResult("1", "http://[::1/x"),
            SearchResult("\ud83d", "http://x/1", title="\ud83d", width=10**30),
        ),
        {"next": "\ud83d"},
        10**30,
        messages=("selector matched 0 of 34 links",),
    )
    provider = Asking(serve(Script({"/api": [200]})) + "/api", lambda _: page)
    found, said, state_db = turn(tmp_path, provider)
    assert found == [True]
    assert said == ["box, 'beach': selector matched 0 of 34 links."]
    assert state_db.search("box", "travel", "beach").total is None
    assert [one.url for one in state_db.waiting("box", "travel", "beach", 9)] == ["http://x/1"]


def test_empty_pages_without_end_end(tmp_path: Path, serve: Serve) -> None:
    script = Script({"/api": [lambda _: web.Response(text="x")]})
    provider = Asking(serve(script) + "/api", lambda _: Page((), {"page": 1}))
    found, said, _ = turn(tmp_path, provider, ("beach",) * 150)
    assert found.index(False) == 99
    assert "100 pages in a row had no pictures" in said[0]


def test_a_host_that_is_left_is_no_sentence_of_each_search(tmp_path: Path, serve: Serve) -> None:
    script = Script({"/api": [status(429, Retry_After="86400")]})
    provider = Asking(serve(script) + "/api")
    found, said, _ = turn(tmp_path, provider, ("beach", "sand"))
    assert (found, said) == ([False, False], [])
    assert script.count("/api") == 1
