"""A cheap HTTP client that puts a service under load: prebuilt requests over plain connections."""

import asyncio
import gc
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from time import perf_counter
from typing import cast

import numpy as np
import uvloop

_HEAD_END = b"\r\n\r\n"
_BOUNDARY = "pixonomy-bench-6f1c0a"
_LONGEST_SECONDS = 60.0
_SENDERS = [f"127.0.0.{last}" for last in range(2, 10)]  # one alone may have few connections


@dataclass(frozen=True)
class Server:
    """Where a service listens."""

    host: str
    port: int


@dataclass(frozen=True)
class Reply:
    """One answer: its HTTP status, its body, and the seconds from when it was due to be asked for.

    The status is 0 where the connection broke or no answer came in a minute.
    """

    status: int
    seconds: float
    body: bytes = b""


def get(path: str) -> bytes:
    """Return the bytes of a GET request."""
    return f"GET {path} HTTP/1.1\r\nhost: service\r\n\r\n".encode()


def post(path: str, body: bytes, kind: str, headers: str = "") -> bytes:
    """Return the bytes of a POST request; each of the other headers ends with CR LF."""
    head = f"POST {path} HTTP/1.1\r\nhost: service\r\ncontent-type: {kind}\r\n{headers}"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def post_form(path: str, image: bytes) -> bytes:
    """Return the bytes of a form with one image, as browsers send it."""
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    body = head.encode() + image + f"\r\n--{_BOUNDARY}--\r\n".encode()
    return post(path, body, f"multipart/form-data; boundary={_BOUNDARY}")


class Connection(asyncio.Protocol):
    """One connection, with one request at a time."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request; return the status and the body of its answer.

        Raises:
            ConnectionError: if the connection ends before.
        """
        if self._transport.is_closing():
            raise ConnectionResetError("it was closed after the last answer")
        self._received.clear()
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        """Collect the answer."""
        self._received += data
        end = self._received.find(_HEAD_END)
        if end < 0 or self._answer is None or self._answer.done():
            return
        head = bytes(self._received[:end]).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(self._received) - end - len(_HEAD_END) >= length:
            body = bytes(self._received[end + len(_HEAD_END) :])
            self._answer.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what still waits."""
        error = exc or ConnectionResetError("the connection ended")
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    def close(self) -> None:
        """Close it, once all of the request has been sent."""
        self._transport.close()


async def connect(server: Server, sender: str | None = None) -> Connection:
    """Return a new connection, from one of this machine's own addresses.

    Raises:
        OSError: if nobody listens.
    """
    loop = asyncio.get_running_loop()
    local = None if sender is None else (sender, 0)
    _, made = await loop.create_connection(Connection, server.host, server.port, local_addr=local)
    return made


async def send_in_turn(server: Server, request: bytes, count: int, connections: int) -> list[Reply]:
    """Ask `count` times over so many connections, each again as soon as it has been answered.

    Raises:
        OSError: if a connection fails.
    """
    left = iter(range(count))
    replies: list[Reply] = []

    async def ask_again() -> None:
        connection = await connect(server)
        for _ in left:
            began = perf_counter()
            status, body = await connection.ask(request)
            replies.append(Reply(status, perf_counter() - began, body))
        connection.close()

    await asyncio.gather(*(ask_again() for _ in range(connections)))
    return replies


async def send_at(server: Server, request: bytes, times: Sequence[float]) -> list[Reply]:
    """Ask at these times (seconds from now), however many answers are still out.

    Each request has a connection of its own. Its seconds run from its time on, so that a client
    that is late hides nothing.
    """
    began = perf_counter()

    async def ask(due: float, sender: str) -> Reply:
        await asyncio.sleep(began + due - perf_counter())
        status, body = await _ask_once(server, request, sender)
        return Reply(status, perf_counter() - began - due, body)

    return await asyncio.gather(
        *(ask(due, sender) for due, sender in zip(times, cycle(_SENDERS), strict=False))
    )


async def _ask_once(server: Server, request: bytes, sender: str) -> tuple[int, bytes]:
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            connection = await connect(server, sender)
            try:
                return await connection.ask(request)
            finally:
                connection.close()
    except OSError:  # TimeoutError is one
        return 0, b""


def arrive_evenly(rate: float, seconds: float) -> list[float]:
    """Return times of requests, so many a second, at equal distances."""
    return [place / rate for place in range(max(1, round(rate * seconds)))]


def arrive_at_random(rate: float, seconds: float, seed: int = 0) -> list[float]:
    """Return times of requests that know nothing of each other (a Poisson process)."""
    gaps = np.random.default_rng(seed).exponential(1 / rate, max(1, round(rate * seconds)))
    return [float(time) for time in np.cumsum(gaps)]


def queue_perfectly(times: Sequence[float], seconds: float) -> list[float]:
    """Return how long each request would take if one server worked at one after another.

    By Lindley's recursion: no server that takes `seconds` for each, one after another, is quicker.
    """
    free, taken = 0.0, []
    for time in times:
        free = max(free, time) + seconds
        taken.append(free - time)
    return taken


def run_load(load: Coroutine[object, object, list[Reply]]) -> list[Reply]:
    """Run a load to its end; nothing is collected as garbage meanwhile, which would look slow."""
    with _without_collection(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(load)


@contextmanager
def _without_collection() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
