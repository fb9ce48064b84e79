import asyncio
import gzip
import socket
import time
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from aiohttp import web
from multidict import CIMultiDict

from photo_site import Script, Serve, status, text
from pixonomy.collecting.addresses import PublicResolver
from pixonomy.collecting.client import Client, Limits
from pixonomy.collecting.search_results import NoReply, Refused, Reply, Trouble

HOST = ["127.0.0.1"]
ROOMY = Limits()


def fetch(url: str, limits: Limits = ROOMY, hosts: list[str] = HOST) -> Reply:
    async def run() -> Reply:
        async with Client("test/1 (a@example.org)", hosts) as client:
            return await client.fetch(url, limits)

    with ThreadPoolExecutor(1) as thread:  # another test's browser may have a loop in this one
        return thread.submit(lambda: asyncio.run(run())).result()


def test_a_reply_comes_whole_and_says_who_asked(serve: Serve) -> None:
    script = Script({"/x": [text("héllo", X_One="1")]})
    reply = fetch(serve(script) + "/x")
    assert (reply.status, reply.body.decode(), reply.headers["x-one"]) == (200, "héllo", "1")
    assert script.headers[0]["User-Agent"] == "test/1 (a@example.org)"
    assert "Cookie" not in script.headers[0]


def test_no_redirect_is_followed(serve: Serve) -> None:
    reply = fetch(serve(Script({"/x": [status(302, Location="http://169.254.169.254/")]})) + "/x")
    assert (reply.status, reply.headers["location"]) == (302, "http://169.254.169.254/")


@pytest.mark.parametrize("is_told", [True, False])
def test_a_body_beyond_the_limit_is_refused(serve: Serve, is_told: bool) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if is_told:
            response.content_length = 10**9
        await response.prepare(request)
        for _ in range(1000):
            await response.write(bytes(10**5))
        return response

    address = serve(Script({"/x": [endless]}))
    began = time.monotonic()
    with pytest.raises(Refused, match="larger than 1 MiB"):
        fetch(address + "/x", Limits(most_bytes=1024**2))
    assert time.monotonic() - began < 5


@pytest.mark.timed
def test_a_connection_that_brings_nothing_is_given_up_before_one_that_drips(serve: Serve) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(5):
            await asyncio.sleep(0.2)
            await response.write(b"x")
        return response

    async def hang(_request: web.Request) -> web.Response:
        await asyncio.sleep(2)
        return web.Response()

    address = serve(Script({"/drip": [drip], "/hang": [hang]}))
    limits, began = Limits(seconds=5, silent_seconds=0.6), time.monotonic()
    with pytest.raises(NoReply, match=r"silent for 0\.6 seconds"):
        fetch(address + "/hang", limits)
    assert time.monotonic() - began < 2
    assert fetch(address + "/drip", limits).body == b"xxxxx"


def test_a_reply_that_drips_is_cut_off(serve: Serve) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b"x")
            await asyncio.sleep(0.1)
        return response

    began = time.monotonic()
    with pytest.raises(Trouble, match=r"no whole reply within 0\.5 seconds"):
        fetch(serve(Script({"/x": [drip]})) + "/x", Limits(seconds=0.5))
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_a_bomb_is_no_larger_unpacked_than_the_limit(serve: Serve, packing: str) -> None:
    zeros = bytes(50 * 1024**2)
    # A thousand times as much as it is long: 1 GB, in as many parts as gzip allows.
    bomb = gzip.compress(zeros) * 20 if packing == "gzip" else zlib.compress(zeros)

    def send(_request: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": packing})

    address = serve(Script({"/x": [send]})) + "/x"
    tracemalloc.start()
    try:
        with pytest.raises(Refused, match="larger than 1 MiB"):
            fetch(address, Limits(most_bytes=1024**2))
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024**2
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("packing", "body"), [("br", None), ("zstd", None), ("gzip", None), ("nonsense", b"\x00x")]
)
def test_what_cannot_be_unpacked_is_trouble(serve: Serve, packing: str, body: bytes | None) -> None:
    def send(_request: web.Request) -> web.Response:
        return web.Response(body=b"\x00x", headers={"Content-Encoding": packing})

    address = serve(Script({"/x": [send]})) + "/x"
    if body is not None:
        assert fetch(address).body == body
    else:
        with pytest.raises(Trouble, match="broke off"):
            fetch(address)


def test_a_body_may_be_cut_where_the_limit_is(serve: Serve) -> None:
    address = serve(Script({"/x": [text("a" * 5000)]})) + "/x"
    assert fetch(address, Limits(most_bytes=1000, is_truncated=True)).body == b"a" * 1000
    assert fetch(address, Limits(most_bytes=9000, is_truncated=True)).body == b"a" * 5000


def test_lines_of_one_header_are_joined_and_those_for_robots_stay_apart(serve: Serve) -> None:
    lines = [("X-Robots-Tag", "a: noindex"), ("X-Robots-Tag", "b"), ("Via", "1"), ("Via", "2")]

    def send(_request: web.Request) -> web.Response:
        return web.Response(text="a", headers=CIMultiDict(lines))

    headers = fetch(serve(Script({"/x": [send]})) + "/x").headers
    assert (headers["x-robots-tag"], headers["via"]) == ("a: noindex\nb", "1, 2")


def test_no_cookie_is_kept_from_one_request_to_the_next(serve: Serve) -> None:
    script = Script({"/x": [text("a", Set_Cookie="id=1; Path=/")]})
    address = serve(script) + "/x"

    async def twice() -> None:
        async with Client("test/1", HOST) as client:
            await client.fetch(address, ROOMY)
            await client.fetch(address, ROOMY)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(twice())).result()
    assert [("Cookie" in headers) for headers in script.headers] == [False, False]


@pytest.mark.parametrize("end", ["\r\nX-Evil: 1", "\nX-Evil: 1", "%0d%0aX-Evil:%201", "\tx"])
def test_an_address_puts_no_header_into_a_request(serve: Serve, end: str) -> None:
    script = Script({"/x": [text("a")]})
    address = serve(script)
    for url in (f"{address}/x?{end}", f"{address}/x#{end}"):
        fetch(url)
    assert not any("X-Evil" in headers for headers in script.headers)
    assert script.count("/x") == 2


@pytest.mark.parametrize("head", [b"X: " + b"a" * 100_000, b"\r\n".join([b"X: a"] * 50_000)])
def test_endless_headers_are_trouble(head: bytes) -> None:
    def answer(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            connection.recv(10_000)
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")
            connection.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as thread:
        thread.submit(answer, listening)
        with pytest.raises(Trouble):
            fetch(f"http://127.0.0.1:{listening.getsockname()[1]}/x")


def test_a_connection_that_breaks_off_is_trouble_without_the_address(serve: Serve) -> None:
    async def break_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = 1000
        await response.prepare(request)
        await response.write(b"x")
        assert request.transport is not None
        request.transport.close()
        return response

    address = serve(Script({"/x": [break_off]}))
    with pytest.raises(Trouble) as error:
        fetch(address + "/x?api_key=SECRET")
    assert "SECRET" not in str(error.value)


def test_nobody_there_is_trouble() -> None:
    with pytest.raises(Trouble, match="no connection"):
        fetch("http://127.0.0.1:9/x")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254", "localhost",
             "2130706433", "0x7f.0.0.1", "127.1", "127。0。0。1", "①②⑦.⓪.⓪.①", "127.0.0.１",
             "017700000001", "127.0.0.1.", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[::]",
             "LOCALHOST", "localhost.", "localhoſt", "0", "%31%32%37.0.0.1"],
)  # fmt: skip
def test_nothing_inside_our_own_network_is_reached(serve: Serve, host: str) -> None:
    script = Script({"/x": [text("secret")]})
    port = serve(script).rpartition(":")[2]
    with pytest.raises((Refused, Trouble)):
        fetch(f"http://{host}:{port}/x", hosts=[])
    assert script.asked == []


def test_an_address_that_slipped_through_is_stopped_where_the_socket_is_made(serve: Serve) -> None:
    script = Script({"/x": [text("secret")]})
    address = serve(script) + "/x"

    async def run() -> Reply:
        # The address is allowed; whoever makes sockets does not know of that.
        async with Client("test/1", HOST, resolver=PublicResolver()) as client:
            return await client.fetch(address, ROOMY)

    with (
        ThreadPoolExecutor(1) as thread,
        pytest.raises(Refused, match="leads into a private network"),
    ):
        thread.submit(lambda: asyncio.run(run())).result()
    assert script.asked == []
