import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from aiohttp import web

from photo_site import Script, Serve, status, text
from pixonomy.collecting.client import Client, Limits
from pixonomy.collecting.finds import Refused, Reply, Trouble

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


def test_a_bomb_is_no_larger_unpacked_than_the_limit(serve: Serve) -> None:
    import gzip

    bomb = gzip.compress(bytes(50 * 1024**2))

    def send(_request: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    with pytest.raises(Refused, match="larger than 1 MiB"):
        fetch(serve(Script({"/x": [send]})) + "/x", Limits(most_bytes=1024**2))


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
             "2130706433", "0x7f.0.0.1", "127.1"],
)  # fmt: skip
def test_nothing_inside_our_own_network_is_reached(serve: Serve, host: str) -> None:
    script = Script({"/x": [text("secret")]})
    port = serve(script).rpartition(":")[2]
    with pytest.raises((Refused, Trouble)):
        fetch(f"http://{host}:{port}/x", hosts=[])
    assert script.asked == []
