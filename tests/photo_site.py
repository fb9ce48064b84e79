"""A photo site in a box, and servers that misbehave, for the tests of collecting."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from pixonomy.collecting.client import Client
from pixonomy.collecting.politeness import Politeness
from pixonomy.collecting.rate_limits import RetryPolicy
from pixonomy.collecting.search_results import Kind, Pace
from pixonomy.gallery.http_site import make_app, serving
from pixonomy.gallery.photo_catalogue import PhotoCatalogue, draw_photo_catalogue

FAST = Pace(8, 1000)
QUICK = RetryPolicy(attempts=3, first_seconds=0.01, longest_seconds=0.05, most_seconds=5)


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> PhotoCatalogue:
    """Return photos of all scenes, a few of them offered twice."""
    return draw_photo_catalogue(tmp_path_factory.mktemp("stock"), 40)


@pytest.fixture(scope="session")
def photo_site(catalogue: PhotoCatalogue) -> Iterator[str]:
    """Return the address of a running photo site."""
    with serving(make_app(catalogue)) as address:
        yield address


@dataclass
class Script:
    """A server that answers as it is told, and remembers who asked for what and when.

    Attributes:
        answers: path → replies in turn, the last one for all further requests; each is a status, or
            a function of the request that returns a response.
        address: once it runs.
        asked: (seconds, path with query) of each request, in order.
    """

    answers: dict[str, list[Any]] = field(default_factory=dict)
    asked: list[tuple[float, str]] = field(default_factory=list)
    address: str = ""
    headers: list[dict[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        self.asked.append((time.monotonic(), request.path_qs))
        self.headers.append(dict(request.headers))
        turns = self.answers.get(request.path)
        if turns is None:
            raise web.HTTPNotFound
        turn = turns.pop(0) if len(turns) > 1 else turns[0]
        if isinstance(turn, int):
            return web.Response(status=turn)
        found = turn(request)
        response: web.StreamResponse = await found if asyncio.iscoroutine(found) else found
        return response

    def count(self, path: str) -> int:
        """Return how often a path was asked for."""
        return sum(one.partition("?")[0] == path for _, one in self.asked)


Serve = Callable[[Script], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return what starts a server that answers by a script, and gives its address."""
    with ExitStack() as stack:

        def start(script: Script) -> str:
            app = web.Application()
            app.router.add_route("*", "/{rest:.*}", script.answer)
            script.address = stack.enter_context(serving(app))
            return script.address

        yield start


@pytest.fixture
def serve_hosts() -> Iterator[Serve]:
    """Return what serves a script on all of 127.0.0.1 to 127.255.255.254, and gives the port."""
    with ExitStack() as stack:

        def start(script: Script) -> str:
            app = web.Application()
            app.router.add_route("*", "/{rest:.*}", script.answer)
            address = stack.enter_context(serving(app, host="0.0.0.0"))
            return address.rpartition(":")[2]

        yield start


@pytest.fixture
def nobody() -> Iterator[int]:
    """Return a port of this machine at which connections are never taken: its queue is full."""
    with ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("0.0.0.0", 0))
        full.listen(0)
        port = int(full.getsockname()[1])
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        yield port


def text(body: str, **headers: str) -> Callable[[web.Request], web.Response]:
    """Return what answers with a text."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request: web.Response(text=body, headers=named)


def status(number: int, **headers: str) -> Callable[[web.Request], web.Response]:
    """Return what answers with a status and headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request: web.Response(status=number, headers=named)


def spend_nothing(_provider: str) -> None:
    """Count no requests."""


def politely(
    work: Callable[[Politeness], Any],
    pace: Pace = FAST,
    retry_policy: RetryPolicy = QUICK,
    budget: Callable[[str], None] = spend_nothing,
) -> Any:
    """Run a coroutine that asks a server of this machine politely."""

    def as_fast(_provider: str, _kind: Kind) -> Pace:
        return pace

    async def run() -> Any:
        async with Client("test/1 (a@example.org)", ["127.0.0.1", "localhost"]) as client:
            return await work(Politeness(client, as_fast, budget, retry_policy, time.time))

    with ThreadPoolExecutor(1) as thread:  # another test's browser may have a loop in this one
        return thread.submit(lambda: asyncio.run(run())).result()


def write_taxonomy(folder: Path, keywords: dict[str, list[str]], settings: str) -> Path:
    """Write a taxonomy file with categories, keywords and settings of providers."""
    parts = [
        f'[[category]]\nid = "{category}"\nname = "{category}"\nkeywords = {words}\n'
        for category, words in keywords.items()
    ]
    file = folder / "taxonomy.toml"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(parts) + settings, "utf-8")
    return file
