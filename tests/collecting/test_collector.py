"""The collector itself, against real servers: a bad row is one row, a host's failure is its own."""

import asyncio
import io
import json
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from PIL import Image

from photo_site import QUICK, Script, Serve, spend_nothing, status, text
from pixonomy.collecting.client import Client
from pixonomy.collecting.collector import Collector, CollectSettings
from pixonomy.collecting.politeness import Politeness
from pixonomy.collecting.provider import Get, Terms
from pixonomy.collecting.rate_limits import RetryPolicy
from pixonomy.collecting.search_results import Kind, Pace, Page, SearchResult
from pixonomy.collecting.state_db import StateDatabase
from pixonomy.collecting.tar_writer import ShardWriter
from pixonomy.errors import DataError

HOSTS = [f"127.0.0.{number}" for number in range(1, 121)]
FREE_PORT = 9  # nobody listens there
FAST, OPEN = Pace(4, 1000), Terms("allowed", "-")


@dataclass
class Listed:
    """A provider that finds what it is given, page by page."""

    pages: Sequence[Sequence[SearchResult]]
    pace_of_all: Pace = FAST
    name: str = "listed"
    known: tuple[str, ...] = ()
    needs_license: bool = False
    terms: Terms = OPEN
    page_size: int = 100
    asked: list[int] = field(default_factory=list)

    def pace(self, _kind: Kind) -> Pace:
        return self.pace_of_all

    async def find(self, _keyword: str, at: Mapping[str, Any] | None, _get: Get) -> Page:
        number = int((at or {}).get("page", 0))
        self.asked.append(number)
        is_last = number + 1 >= len(self.pages)
        return Page(tuple(self.pages[number]), None if is_last else {"page": number + 1})


@dataclass
class Ran:
    """What came of a run."""

    said: list[str]
    left: dict[str, str]
    seconds: float
    rows: dict[str, tuple[str, str | None, int]]  # address → state, reason, tries


def run(
    folder: Path,
    provider: Any,
    retry_policy: RetryPolicy = QUICK,
    wanted: int = 1000,
    clock: Any = time.time,
    keywords: Sequence[str] = ("beach",),
    threads: ThreadPoolExecutor | None = None,
    downloads_at_once: int = 32,
) -> Ran:
    """Collect for a keyword, in a folder that goes on from run to run."""
    said: list[str] = []

    async def work(
        state_db: StateDatabase, writer: ShardWriter, threads: ThreadPoolExecutor
    ) -> Any:
        async with Client("test/1 (a@example.org)", HOSTS) as client:
            politeness = Politeness(
                client, lambda _n, kind: provider.pace(kind), spend_nothing, retry_policy, clock
            )
            collector = Collector(
                state_db, writer, [provider], politeness,
                CollectSettings(wanted, downloads_at_once=downloads_at_once), threads,
                lambda *_: None, said.append, clock,
            )  # fmt: skip
            await collector.run([("travel", one) for one in keywords])
            return collector.left

    began = time.monotonic()
    with (
        StateDatabase(folder / "ledger.sqlite") as state_db,
        threads or ThreadPoolExecutor(2) as pool,
    ):
        state_db.try_again(4)
        writer = ShardWriter(folder / "shards", state_db.shards())
        with ThreadPoolExecutor(1) as loop:
            left = loop.submit(lambda: asyncio.run(work(state_db, writer, pool))).result()
    return Ran(said, left, time.monotonic() - began, rows_of(folder))


def rows_of(folder: Path) -> dict[str, tuple[str, str | None, int]]:
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as state_db:
        found = state_db.execute("SELECT url, state, reason, tries FROM images").fetchall()
    return {url: (state, reason, tries) for url, state, reason, tries in found}


def states(ran: Ran) -> dict[str, int]:
    """Return how many addresses are in each state."""
    found = [state for state, _, _ in ran.rows.values()]
    return {one: found.count(one) for one in sorted(set(found))}


def draw(number: int) -> bytes:
    noise = np.random.default_rng(number).integers(0, 256, (5, 6, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).resize((96, 80), Image.Resampling.BICUBIC).save(file, "JPEG")
    return file.getvalue()


class Photos(Script):
    """A host that gives a picture of its own for each number."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/images/") and request.path not in self.answers:
            self.asked.append((time.monotonic(), f"{request.host}{request.path}"))
            number = int(request.path.rpartition("/")[2].removesuffix(".jpg"))
            return web.Response(body=draw(number))
        return await super().answer(request)

    def count_images(self) -> int:
        return sum("/images/" in path for _, path in self.asked)


def find(url: str, **more: Any) -> SearchResult:
    return SearchResult(url, url, **more)


def photos(address: str, numbers: Sequence[int]) -> list[SearchResult]:
    return [find(f"{address}/images/{number}.jpg") for number in numbers]


# One bad row is one row.

VERSION_1 = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE searches (
    provider TEXT NOT NULL, category TEXT NOT NULL, keyword TEXT NOT NULL, next TEXT,
    is_over INTEGER NOT NULL DEFAULT 0, total INTEGER, walked_at REAL,
    PRIMARY KEY (provider, category, keyword)
);
CREATE TABLE images (
    url TEXT PRIMARY KEY, state TEXT NOT NULL DEFAULT 'waiting', reason TEXT,
    tries INTEGER NOT NULL DEFAULT 0, sha256 TEXT
);
CREATE TABLE finds (
    number INTEGER PRIMARY KEY, provider TEXT NOT NULL, native_id TEXT NOT NULL,
    category TEXT NOT NULL, keyword TEXT NOT NULL, url TEXT NOT NULL REFERENCES images,
    about TEXT NOT NULL, found_at REAL NOT NULL,
    UNIQUE (provider, native_id, category, keyword)
);
CREATE INDEX finds_url ON finds (url);
CREATE INDEX finds_keyword ON finds (category, keyword);
CREATE TABLE pictures (
    sha256 TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, shard INTEGER NOT NULL,
    offset INTEGER NOT NULL, length INTEGER NOT NULL, perceptual_hash TEXT, width INTEGER,
    height INTEGER, format TEXT, fetched_at REAL NOT NULL
);
CREATE TABLE shards (shard INTEGER PRIMARY KEY, size INTEGER NOT NULL, is_full INTEGER NOT NULL);
CREATE TABLE budgets (
    provider TEXT NOT NULL, day TEXT NOT NULL, requests INTEGER NOT NULL,
    PRIMARY KEY (provider, day)
);
INSERT INTO about VALUES ('schema', 1);
"""

POISON = [
    "http://[::1/x",
    "http://a..b/",
    f"http://{'a' * 70}.com/x.jpg",
    "http://x/\ud83d.jpg",
    "data:image/png;base64,iVBORw0KGgo=",
    "",
    "http://x:99999/",
    f"http://x/{'y' * 100_000}",
    "ftp://x/y.jpg",
]


def test_addresses_that_cannot_be_asked_are_rows_with_reasons_and_cost_the_others_nothing(
    tmp_path: Path, serve: Serve
) -> None:
    site = Photos()
    address = serve(site)
    page = [find(one) for one in POISON] + photos(address, range(5))
    provider = Listed([page, photos(address, range(5, 8))])
    first, again = run(tmp_path, provider), run(tmp_path, provider)
    assert states(first) == states(again) == {"kept": 8, "refused": len(POISON)}
    reasons = [reason for state, reason, _ in first.rows.values() if state == "refused"]
    assert all(one is not None and len(one) < 100 for one in reasons)
    assert site.count_images() == 8


def test_texts_and_sizes_that_no_file_holds_cost_nothing(tmp_path: Path, serve: Serve) -> None:
    address = serve(Photos())
    page = [
        find(f"{address}/images/1.jpg", title="half \ud83d", creator="\x00", license="l" * 10**6),
        find(f"{address}/images/2.jpg", width=10**30, height=float("inf")),
        find(f"{address}/images/3.jpg", page_url="http://[::1/", license_url="\ud83d"),
    ]
    assert states(run(tmp_path, Listed([page]))) == {"kept": 3}


def test_a_state_of_an_earlier_version_that_holds_poison_works_again(
    tmp_path: Path, serve: Serve
) -> None:
    address = serve(Photos())
    about: list[dict[str, Any]] = [
        {"native_id": "1", "image_url": "http://[::1/x"},
        {"native_id": "2", "image_url": "http://a..b/"},
        {"native_id": "3", "image_url": f"{address}/images/3.jpg", "title": "half \ud83d"},
        {"native_id": "4", "image_url": f"{address}/images/4.jpg", "width": 10**30},
        {"native_id": "5", "image_url": f"{address}/images/5.jpg", "license": "l" * 10**6},
    ]
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as old:
        old.executescript(VERSION_1)
        for one in about:
            old.execute("INSERT INTO images (url) VALUES (?)", (one["image_url"],))
            old.execute(
                "INSERT INTO finds (provider, native_id, category, keyword, url, about, found_at) "
                "VALUES ('listed', ?, 'travel', 'beach', ?, ?, 1)",
                (one["native_id"], one["image_url"], json.dumps(one)),
            )
        old.commit()
    ran = run(tmp_path, Listed([photos(address, range(6, 8))]))
    assert states(ran) == {"kept": 5, "refused": 2}


@pytest.mark.parametrize("place", ["http://[::1/x", "http://a..b/", f"http://{'a' * 70}.com/"])
def test_a_redirect_to_no_proper_address_is_that_rows_reason(
    tmp_path: Path, serve: Serve, place: str
) -> None:
    site = Photos({"/images/1.jpg": [status(302, Location=place)]})
    ran = run(tmp_path, Listed([photos(serve(site), range(3))]))
    assert states(ran) == {"kept": 2, "refused": 1}
    assert "no proper address" in str(ran.rows[f"{site.address}/images/1.jpg"][1])


def test_an_error_that_nobody_thought_of_is_its_rows_reason(tmp_path: Path, serve: Serve) -> None:
    class Stumbling(ThreadPoolExecutor):
        def submit(self, work: Any, /, *data: Any, **more: Any) -> Any:
            if draw(2) in data:
                raise ZeroDivisionError
            return super().submit(work, *data, **more)

    site = Photos()
    provider = Listed([photos(serve(site), range(5))])
    ran = run(tmp_path, provider, threads=Stumbling(2))
    assert states(ran) == {"failed": 1, "kept": 4}
    told = ran.rows[f"{site.address}/images/2.jpg"]
    assert told == ("failed", "it could not be handled (ZeroDivisionError)", 1)


def test_a_search_that_fails_in_a_way_nobody_thought_of_is_told(
    tmp_path: Path, serve: Serve
) -> None:
    class Broken(Listed):
        async def find(self, keyword: str, at: Mapping[str, Any] | None, get: Get) -> Page:
            if keyword == "odd":
                raise RecursionError
            return await super().find(keyword, at, get)

    address = serve(Photos())
    ran = run(tmp_path, Broken([photos(address, range(4))]), keywords=("odd", "beach"))
    assert states(ran) == {"kept": 4}
    assert ran.said == [
        "listed, 'odd': its page makes no sense (RecursionError). Run again to go on."
    ]


def test_a_full_disk_still_ends_it_all(tmp_path: Path, serve: Serve, monkeypatch: Any) -> None:
    import errno
    import os

    from pixonomy.errors import StorageError

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", refuse)
    with pytest.raises(ExceptionGroup) as group:
        run(tmp_path, Listed([photos(serve(Photos()), range(4))]))
    assert group.group_contains(StorageError, match="The disk is full")


# Failures belong to hosts.


def test_a_host_that_asks_for_an_hour_loses_nothing_and_is_told(
    tmp_path: Path, serve: Serve
) -> None:
    now = [1.8e9]
    site = Photos({"/images/2.jpg": [status(429, Retry_After="3600"), 404]})
    provider = Listed([photos(serve(site), range(40))], Pace(1, 1000))
    first = run(tmp_path, provider, clock=lambda: now[0])
    asked = len(site.asked)
    assert first.rows[f"{site.address}/images/2.jpg"] == ("waiting", None, 0)
    assert states(first) == {"kept": 2, "waiting": 38}
    assert list(first.left) == ["127.0.0.1"]
    assert "busy (status 429); not before 20" in first.said[-1]
    for _ in range(5):  # nobody asks it before its time, and no row loses a try
        now[0] += 600
        assert states(run(tmp_path, provider, clock=lambda: now[0])) == states(first)
    assert len(site.asked) == asked
    now[0] += 601
    assert states(run(tmp_path, provider, clock=lambda: now[0])) == {"kept": 39, "refused": 1}


def test_a_host_that_is_down_keeps_its_rows_for_a_better_day(tmp_path: Path, serve: Serve) -> None:
    site = Photos()
    address = serve(site)
    dead = photos(f"http://127.0.0.2:{FREE_PORT}", range(50))
    provider = Listed([dead + photos(address, range(5))])
    for _ in range(6):
        ran = run(tmp_path, provider)
        assert states(ran) == {"kept": 5, "waiting": 50}
        assert ran.left == {f"127.0.0.2:{FREE_PORT}": "no connection"}
        assert all(tries == 0 for _, _, tries in ran.rows.values())


def test_without_a_network_that_is_the_error_and_nothing_fails(tmp_path: Path) -> None:
    page = [one for host in HOSTS[:20] for one in photos(f"http://{host}:{FREE_PORT}", range(5))]
    with pytest.raises(DataError, match=r"No host could be reached \(20 asked\).* no network"):
        run(tmp_path, Listed([page]))
    assert Counter(state for state, _, _ in rows_of(tmp_path).values()) == {"waiting": 100}


def test_a_host_that_only_fails_is_left_after_a_few_pictures(tmp_path: Path, serve: Serve) -> None:
    site = Photos({f"/images/{number}.jpg": [500] for number in range(30)})
    ran = run(tmp_path, Listed([photos(serve(site), range(30))], Pace(1, 1000)))
    assert states(ran) == {"failed": 5, "waiting": 25}
    assert "5 times in a row" in str(ran.left)


def test_one_picture_that_fails_is_tried_as_often_as_agreed_and_others_do_not_wait(
    tmp_path: Path, serve: Serve
) -> None:
    site = Photos({"/images/0.jpg": [500]})
    ran = run(tmp_path, Listed([photos(serve(site), range(20))]))
    assert states(ran) == {"failed": 1, "kept": 19}
    assert site.count("/images/0.jpg") == QUICK.attempts
    assert ran.left == {}


def test_a_picture_that_never_comes_costs_one_replys_time_a_run(
    tmp_path: Path, serve: Serve
) -> None:
    async def hang(_request: web.Request) -> web.Response:
        await asyncio.sleep(3)
        return web.Response()

    site = Photos({"/images/1.jpg": [hang]})
    provider = Listed([photos(serve(site), range(4))])
    retry_policy = replace(QUICK, reply_seconds=1)
    ran = run(tmp_path, provider, retry_policy)
    assert states(ran) == {"failed": 1, "kept": 3}
    assert site.count("/images/1.jpg") == 1
    assert "no whole reply within 1 seconds" in str(ran.rows[f"{site.address}/images/1.jpg"])
    run(tmp_path, provider, retry_policy)
    assert site.count("/images/1.jpg") == 2


def test_dead_and_silent_hosts_hold_nobody_up(tmp_path: Path, serve_hosts: Serve) -> None:
    async def hang(_request: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    site, silent = Photos(), Script({"/robots.txt": [hang]})
    port, silent_port = serve_hosts(site), serve_hosts(silent)
    good = [one for host in HOSTS[:40] for one in photos(f"http://{host}:{port}", range(5))]
    dead = [
        one
        for number, host in enumerate(HOSTS[40:90])
        for one in photos(f"http://{host}:{silent_port if number % 2 else FREE_PORT}", range(5))
    ]
    mixed = [one for pair in zip(dead, dead, strict=True) for one in pair[:1]]
    both = [row for rows in zip(mixed[:200], good, strict=True) for row in rows] + mixed[200:]
    retry_policy = RetryPolicy(3, 2, 0.1, 0.2, silent_seconds=2)
    alone = run(tmp_path / "good", Listed([good]), retry_policy)
    ran = run(tmp_path / "both", Listed([both]), retry_policy)
    assert states(ran) == {"kept": len({one.image_url for one in good}), "waiting": 250}
    last = max(when for when, path in site.asked if "/images/" in path)
    first = min(when for when, path in site.asked[200:] if "/images/" in path)
    assert ran.seconds < alone.seconds + 2 + 3  # one patience of 2 seconds, all hosts together
    assert last - first < alone.seconds + 2


def test_a_host_at_rest_lets_others_go_first(tmp_path: Path, serve_hosts: Serve) -> None:
    resting = Photos({"/images/0.jpg": [status(429, Retry_After="2"), text("x")]})
    other = Photos()
    busy_port, port = serve_hosts(resting), serve_hosts(other)
    page = photos(f"http://127.0.0.2:{busy_port}", range(700)) + photos(
        f"http://127.0.0.3:{port}", range(50)
    )
    run(tmp_path, Listed([page], Pace(1, 1000)), wanted=60)
    told = next(when for when, path in resting.asked if path == "/images/0.jpg")
    others = [when for when, path in other.asked if "/images/" in path]
    assert len(others) >= 45
    assert max(others) - told < 2


def test_keywords_whose_hosts_rest_do_not_keep_other_keywords_waiting(
    tmp_path: Path, serve_hosts: Serve
) -> None:
    resting = Photos({"/images/0.jpg": [status(429, Retry_After="1.5"), text("x")]})
    other = Photos()
    busy_port, port = serve_hosts(resting), serve_hosts(other)

    class Two(Listed):
        async def find(self, keyword: str, _at: Mapping[str, Any] | None, _get: Get) -> Page:
            if keyword == "other":
                return Page(tuple(photos(f"http://127.0.0.3:{port}", range(5))), None)
            return Page(tuple(photos(f"http://127.0.0.2:{busy_port}", range(20))), None)

    retry_policy = replace(QUICK, soon_seconds=0.3)
    words = ("a", "b", "c", "d", "e", "other")
    ran = run(tmp_path, Two([], Pace(1, 1000)), retry_policy, keywords=words)
    assert states(ran) == {"kept": 24, "refused": 1}
    told = next(when for when, path in resting.asked if path == "/images/0.jpg")
    assert max(when for when, path in other.asked if "/images/" in path) - told < 1.4


def test_a_keyword_that_begins_while_all_slots_are_taken_is_searched_nonetheless(
    tmp_path: Path, serve: Serve
) -> None:
    class Slow(Photos):
        async def answer(self, request: web.Request) -> web.StreamResponse:
            await asyncio.sleep(0.01)
            return await super().answer(request)

    address = serve(Slow())
    words = [f"word {number}" for number in range(8)]

    class Own(Listed):
        async def find(self, keyword: str, _at: Mapping[str, Any] | None, _get: Get) -> Page:
            turn = words.index(keyword)
            return Page(tuple(photos(address, range(100 * turn, 100 * turn + 5 + 10 * turn))), None)

    ran = run(tmp_path, Own([]), keywords=words, downloads_at_once=2)
    assert states(ran) == {"kept": 8 * 5 + 10 * sum(range(8))}


def test_many_dead_hosts_among_live_ones_are_no_network_that_is_off(
    tmp_path: Path, serve_hosts: Serve, nobody: int
) -> None:
    port = serve_hosts(Photos())
    words = [f"word {number}" for number in range(5)]

    class Mixed(Listed):
        async def find(self, keyword: str, _at: Mapping[str, Any] | None, _get: Get) -> Page:
            turn = 20 * words.index(keyword)
            dead = [
                one
                for host in HOSTS[10 + turn : 30 + turn]
                for one in photos(f"http://{host}:{nobody}", range(2))
            ]
            return Page((*photos(f"http://127.0.0.1:{port}", range(turn, turn + 20)), *dead), None)

    retry_policy = replace(QUICK, connect_seconds=1)
    ran = run(tmp_path, Mixed([]), retry_policy, keywords=words)
    assert states(ran) == {"kept": 100, "waiting": 200}
    assert not any("no network" in one for one in ran.said)


@pytest.mark.timed
def test_keywords_that_wait_for_dead_hosts_give_their_place_to_others(
    tmp_path: Path, serve_hosts: Serve, nobody: int
) -> None:
    site = Photos()
    port = serve_hosts(site)

    class Own(Listed):
        async def find(self, keyword: str, _at: Mapping[str, Any] | None, _get: Get) -> Page:
            if keyword == "live":
                return Page(tuple(photos(f"http://127.0.0.1:{port}", range(20))), None)
            host = HOSTS[10 + int(keyword)]
            return Page(tuple(photos(f"http://{host}:{nobody}", range(3))), None)

    began = time.monotonic()
    words = [*map(str, range(8)), "live"]  # four at a time
    ran = run(tmp_path, Own([]), replace(QUICK, stranger_seconds=3), keywords=words)
    assert states(ran) == {"kept": 20, "waiting": 24}
    assert min(when for when, _ in site.asked) - began < 2.9
    assert ran.seconds < 5.5  # nobody is asked twice, and all of them together


@pytest.mark.timed
def test_a_search_goes_on_while_the_hosts_that_it_found_first_are_opened_slowly(
    tmp_path: Path, serve_hosts: Serve, nobody: int
) -> None:
    site = Photos()
    port = serve_hosts(site)
    dead = [one for host in HOSTS[10:50] for one in photos(f"http://{host}:{nobody}", range(2))]
    provider = Listed([dead, photos(f"http://127.0.0.1:{port}", range(20))])
    began = time.monotonic()
    ran = run(tmp_path, provider, replace(QUICK, stranger_seconds=3))
    assert states(ran) == {"kept": 20, "waiting": 80}
    assert max(when for when, _ in site.asked) - began < 2.5


@pytest.mark.timed
def test_a_host_has_one_pace_whatever_its_port(tmp_path: Path, serve_hosts: Serve) -> None:
    sites = [Photos(), Photos()]
    ports = [serve_hosts(one) for one in sites]
    page = [one for port in ports for one in photos(f"http://127.0.0.9:{port}", range(5))]
    run(tmp_path, Listed([page], Pace(1, 10)))
    times = sorted(when for one in sites for when, _ in one.asked)
    assert min(b - a for a, b in pairwise(times)) > 0.08


def test_a_long_list_is_not_read_at_once(tmp_path: Path, serve: Serve) -> None:
    """No more is read than is needed: the ledger holds it, not the memory."""
    address = serve(Photos())
    pages = [photos(address, range(start, start + 50)) for start in range(0, 1000, 50)]
    provider = Listed(pages)
    ran = run(tmp_path, provider, wanted=30)
    assert states(ran)["kept"] == 30
    assert provider.asked == [0]


def test_no_more_is_fetched_than_is_wanted_and_copies_do_not_count(
    tmp_path: Path, serve: Serve
) -> None:
    site = Photos()
    address = serve(site)
    for number in range(10):
        site.answers[f"/images/{number}.jpg"] = [lambda _: web.Response(body=draw(0))]
    ran = run(tmp_path, Listed([photos(address, range(60))]), wanted=20)
    with StateDatabase(tmp_path / "ledger.sqlite") as state_db:
        assert state_db.count_stored("travel", "beach") == 20
    assert states(ran)["kept"] == 29  # ten addresses of one picture


def test_two_keywords_that_find_the_same_fetch_it_once(tmp_path: Path, serve: Serve) -> None:
    site = Photos()
    provider = Listed([photos(serve(site), range(30))])
    ran = run(tmp_path, provider, keywords=("beach", "sand", "sea"))
    assert states(ran) == {"kept": 30}
    assert site.count_images() == 30


def test_whatever_hosts_do_every_row_comes_to_its_end(tmp_path: Path, serve_hosts: Serve) -> None:
    """Forty hosts that are well, busy, broken, gone or slow by turns; keywords that overlap."""
    chance = random.Random(0)

    class Moody(Photos):
        async def answer(self, request: web.Request) -> web.StreamResponse:
            mood = chance.random()
            if mood < 0.03:
                return web.Response(status=429, headers={"Retry-After": "0.1"})
            if mood < 0.06:
                return web.Response(status=500)
            if mood < 0.08 and request.transport is not None:
                request.transport.close()
            if mood < 0.12:
                await asyncio.sleep(0.05)
            if mood < 0.15 and "/images/" in request.path:
                return web.Response(status=302, headers={"Location": f"{request.path}?again"})
            return await super().answer(request)

    port = serve_hosts(Moody())
    page = [
        one
        for number in range(15)
        for place, host in enumerate(HOSTS[:40])
        for one in photos(f"http://{host}:{FREE_PORT if place % 8 == 7 else port}", [number])
    ]
    provider = Listed([page[:300], page[300:]], Pace(2, 500))
    retry_policy = RetryPolicy(5, 2, 0.01, 0.05, most_seconds=1, reply_seconds=5)
    words = ("beach", "sand", "sea", "sky", "rock")
    first = run(tmp_path, provider, retry_policy, keywords=words)
    found = states(first)
    assert sum(found.values()) == 600
    assert found["kept"] > 450
    assert found["waiting"] >= 75
    again = states(run(tmp_path, provider, retry_policy, keywords=words))
    assert again["kept"] >= found["kept"]
