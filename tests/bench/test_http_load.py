import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import pairwise

import pytest
from python_multipart.multipart import File, parse_form

from pixonomy.bench.http_load import (
    Reply,
    Server,
    arrive_at_random,
    arrive_evenly,
    get,
    post,
    post_form,
    queue_perfectly,
    run_load,
    send_at,
    send_in_turn,
)

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"
BUSY = b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"


class Site:
    """A server that reads whole requests, and answers each after some seconds."""

    def __init__(self, answers: list[bytes], seconds: float) -> None:
        self.answers, self.seconds = answers, seconds
        self.requests: list[bytes] = []
        self.at_once = self.most = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        with suppress(asyncio.IncompleteReadError):  # the client has gone
            while True:
                await self.answer(reader, writer)
                if not self.answers[0]:
                    break
        self.at_once -= 1
        writer.close()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
        self.requests.append(head + await reader.readexactly(length))
        answer = self.answers[(len(self.requests) - 1) % len(self.answers)]
        await asyncio.sleep(self.seconds)
        for place in range(0, len(answer), 7):  # in pieces, as networks bring it
            writer.write(answer[place : place + 7])
            await writer.drain()


@asynccontextmanager
async def running(site: Site) -> AsyncIterator[Server]:
    async with await asyncio.start_server(site.talk, "127.0.0.1", 0) as listening:
        yield Server("127.0.0.1", listening.sockets[0].getsockname()[1])


def test_each_connection_asks_again_once_it_has_been_answered() -> None:
    site = Site([ANSWER], 0.05)
    request = post("/v1/classify", b"\x00" * 100_000, "image/jpeg", "x-a: b\r\n")

    async def load() -> list[Reply]:
        async with running(site) as server:
            return [*await send_in_turn(server, request, 7, 2)]

    replies = run_load(load())
    assert [(one.status, one.body) for one in replies] == [(200, b"body")] * 7
    assert all(0.04 <= one.seconds < 5 for one in replies)
    assert site.requests == [request] * 7
    assert site.most == 2


def test_requests_go_out_at_their_times_whether_or_not_others_are_answered() -> None:
    site = Site([ANSWER, BUSY], 0.5)

    async def load() -> list[Reply]:
        async with running(site) as server:
            return [*await send_at(server, get("/live"), [0.0, 0.05, 0.1])]

    replies = run_load(load())
    assert sorted(one.status for one in replies) == [200, 200, 503]
    assert all(0.48 <= one.seconds < 5 for one in replies)
    assert site.most == 3, "none waited for another's answer"


def test_a_connection_that_ends_without_an_answer_is_none() -> None:
    site = Site([b""], 0.0)

    async def load() -> list[Reply]:
        async with running(site) as server:
            return [*await send_at(server, get("/live"), [0.0])]

    assert [one.status for one in run_load(load())] == [0]


def test_where_nobody_listens_there_is_no_answer() -> None:
    assert [one.status for one in run_load(send_at(Server("127.0.0.1", 1), b"x", [0.0]))] == [0]


def test_a_form_holds_the_image_as_it_is() -> None:
    image = b"\xff\xd8--\r\n\x00" * 50
    head, _, body = post_form("/", image).partition(b"\r\n\r\n")
    lines = (line.partition(": ") for line in head.decode().split("\r\n")[1:])
    headers = {name.title(): value.encode() for name, _, value in lines}
    assert int(headers["Content-Length"]) == len(body)
    found: list[bytes] = []

    def take(part: File) -> None:
        part.file_object.seek(0)
        found.append(part.file_object.read())

    parse_form(headers, io.BytesIO(body), None, take)
    assert found == [image]


def test_arrivals_have_the_rate_that_was_asked_for() -> None:
    assert arrive_evenly(4.0, 1.0) == [0.0, 0.25, 0.5, 0.75]
    times = arrive_at_random(50.0, 100.0)
    assert times == sorted(times)
    assert times[-1] == pytest.approx(100, rel=0.1)
    gaps = [after - before for before, after in pairwise(times)]
    assert sum(gap > 0.02 for gap in gaps) / len(gaps) == pytest.approx(0.368, abs=0.03)


def test_a_perfect_queue_lets_each_wait_for_those_before() -> None:
    assert queue_perfectly([0.0, 0.5, 5.0], 1.0) == [1.0, 1.5, 1.0]
