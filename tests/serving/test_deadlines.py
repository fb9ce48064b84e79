"""What comes too slowly, or too much at once, is ended at the door; real sockets, short limits."""

import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace

import pytest
import uvicorn
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

from pixonomy.serving.client_address import ClientAddresses
from pixonomy.serving.connection_limits import DoorLimits
from pixonomy.serving.deadlines import deadlines

SHORT = DoorLimits(
    silence_seconds=0.4,
    header_seconds=0.4,
    body_seconds=0.4,
    body_rate=16_000,
    most_body_seconds=1.5,
    idle_seconds=0.4,
    linger_seconds=0.3,
    flush_seconds=0.6,
)
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def app(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer how many bytes the body had; /early answers 413 before it has come."""
    assert scope["type"] == "http"
    size, is_more = 0, scope["path"] != "/early"
    while is_more:
        message = await receive()
        if message["type"] != "http.request":
            return
        size, is_more = size + len(message["body"]), message["more_body"]
    status, text = (413, b"early") if scope["path"] == "/early" else (200, b"%d" % size)
    if scope["path"] == "/large":
        text = bytes(30_000_000)
    headers = [(b"content-length", b"%d" % len(text))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text, "more_body": False})


class Served:
    """A server on a free port, and what its door has refused."""

    def __init__(self, limits: DoorLimits) -> None:
        self.refused: list[tuple[int, str]] = []
        http = deadlines(limits, lambda status, kind: self.refused.append((status, kind)))
        self.door = http.door
        config = uvicorn.Config(app, port=0, http=http, ws="none", log_config=None, lifespan="off")
        self.server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self.server.run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.port = int(self.server.servers[0].sockets[0].getsockname()[1])

    def stop(self) -> None:
        self.server.should_exit = self.server.force_exit = True
        self._thread.join(10)

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        address = ("127.0.0.1", self.port)
        return socket.create_connection(address, timeout=30, source_address=(source, 0))


@contextmanager
def serving(limits: DoorLimits) -> Iterator[Served]:
    served = Served(limits)
    served.start()
    try:
        yield served
    finally:
        served.stop()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(SHORT) as found:
        yield found


def read_all(connection: socket.socket) -> bytes:
    """Return what comes until the other end closes."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def read_response(connection: socket.socket) -> bytes:
    """Return one response with a length."""
    file = connection.makefile("rb")
    lines = [file.readline()]
    while lines[-1] not in (b"\r\n", b""):
        lines.append(file.readline())
    size = next(int(one.split(b":")[1]) for one in lines if one.startswith(b"content-length"))
    return b"".join(lines) + file.read(size)


def drip(connection: socket.socket, pieces: Iterator[bytes], pause: float = 0.05) -> float:
    """Send piece by piece until the other end is gone or has answered; return the seconds."""
    began = time.monotonic()
    connection.setblocking(False)
    try:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)
            try:
                connection.recv(1, socket.MSG_PEEK)
                break
            except BlockingIOError:
                continue
    except (BrokenPipeError, ConnectionResetError):
        pass
    connection.setblocking(True)
    return time.monotonic() - began


def bytes_of(text: bytes, times: int = 1000) -> Iterator[bytes]:
    return (bytes([one]) for one in text * times)


def status_and_kind(response: bytes) -> tuple[int, str]:
    head, _, body = response.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["error"]["kind"]


def test_a_whole_request_is_answered_and_the_connection_stays(served: Served) -> None:
    with closing(served.connect()) as connection:
        for _ in range(3):
            connection.sendall(POST % 5 + b"12345")
            assert read_response(connection).endswith(b"\r\n\r\n5")


def test_a_connection_that_sends_nothing_is_closed_without_a_word(served: Served) -> None:
    with closing(served.connect()) as connection:
        began = time.monotonic()
        assert read_all(connection) == b""
        assert 0.3 < time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    "begun", [b"", b"\r\n"], ids=["nothing", "an empty line, which is none of a request"]
)
def test_an_idle_connection_is_closed(served: Served, begun: bytes) -> None:
    with closing(served.connect()) as connection:
        connection.sendall(GET)
        read_response(connection)
        connection.sendall(begun)
        began = time.monotonic()
        assert read_all(connection) == b""
        assert 0.3 < time.monotonic() - began < 1.5


def test_a_dripping_header_gets_408(served: Served) -> None:
    with closing(served.connect()) as connection:
        seconds = drip(connection, bytes_of(GET[:-2] + b"X-A: b\r\n"))
        assert status_and_kind(read_all(connection)) == (408, "too_slow")
        assert 0.3 < seconds < 1.5
    assert served.refused[-1] == (408, "too_slow")


def test_a_dripping_header_of_a_later_request_gets_408_too(served: Served) -> None:
    with closing(served.connect()) as connection:
        connection.sendall(GET)
        read_response(connection)
        assert drip(connection, bytes_of(b"GET / HTTP/1.1\r\nX-A: b")) < 1.5
        assert status_and_kind(read_all(connection)) == (408, "too_slow")


def test_a_dripping_body_gets_408_and_the_application_sees_the_client_gone(served: Served) -> None:
    with closing(served.connect()) as connection:
        connection.sendall(POST % 1000)
        seconds = drip(connection, bytes_of(b"a"))
        assert status_and_kind(read_all(connection)) == (408, "too_slow")
        assert 0.3 < seconds < 1.5
    time.sleep(0.1)
    assert not served.server.server_state.tasks


def test_a_dripping_body_in_chunks_gets_408(served: Served) -> None:
    head = POST.replace(b"Content-Length: %d", b"Transfer-Encoding: chunked")
    with closing(served.connect()) as connection:
        connection.sendall(head)
        assert drip(connection, iter([b"1\r\na\r\n"] * 100)) < 1.5
        assert status_and_kind(read_all(connection)) == (408, "too_slow")


def test_a_slow_body_earns_time_by_what_has_arrived(served: Served) -> None:
    with closing(served.connect()) as connection:
        connection.sendall(POST % 32_000)
        # 32 kB/s: 1 s, where a body of which nothing arrives has 0.4 s
        assert drip(connection, iter([bytes(1600)] * 20)) > 0.9
        assert read_response(connection).endswith(b"32000")


def test_no_body_has_longer_than_the_most(served: Served) -> None:
    with closing(served.connect()) as connection:
        connection.sendall(POST % 10_000_000)
        assert 1.4 < drip(connection, iter([bytes(3200)] * 100)) < 3
        assert status_and_kind(read_all(connection)) == (408, "too_slow")


def test_what_comes_after_an_early_answer_is_thrown_away_for_a_while(served: Served) -> None:
    with closing(served.connect()) as connection:
        connection.sendall(POST.replace(b"/", b"/early", 1) % 1_000_000 + bytes(500_000))
        assert b" 413 " in read_response(connection)
        connection.sendall(bytes(500_000))  # the rest, in time: the connection goes on
        connection.sendall(GET)
        assert b" 200 " in read_response(connection)
        connection.sendall(POST.replace(b"/", b"/early", 1) % 1_000_000)
        assert b" 413 " in read_response(connection)
        began = time.monotonic()
        assert read_all(connection) == b""
        assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    ("request_bytes", "kind"),
    [
        (b"nonsense\r\n\r\n", "malformed"),
        (b"GET http://[ HTTP/1.1\r\n\r\n", "malformed"),
        (GET[:-2] + b"A: %s\r\n\r\n" % (b"b" * 20_000), "header_too_large"),
        (GET[:-2] + b"A: b\r\n" * 4000, "header_too_large"),
        (b"GET /%s HTTP/1.1\r\n\r\n" % (b"b" * 20_000), "header_too_large"),
        (GET * 40, "too_many_requests"),
    ],
    ids=["no HTTP", "no address", "a long header", "many headers", "a long path", "sent ahead"],
)
def test_what_is_no_request_gets_400(served: Served, request_bytes: bytes, kind: str) -> None:
    with closing(served.connect()) as connection:
        connection.sendall(request_bytes)
        response = read_all(connection)
    assert served.refused[-1] == (400, kind)
    if kind != "too_many_requests":  # there an answer to the first may be on its way
        assert status_and_kind(response) == (400, kind)


def test_a_header_without_an_end_does_not_grow_in_memory(served: Served) -> None:
    with closing(served.connect()) as connection:
        connection.sendall(GET[:-2] + b"A: ")
        assert drip(connection, iter([b"b" * 4000] * 100), 0.01) < 0.5
        assert status_and_kind(read_all(connection)) == (400, "header_too_large")


@pytest.mark.parametrize(
    "begun", [b"0\r\nTrailer: ", b"1;extension="], ids=["a trailer", "a chunk extension"]
)
def test_what_stands_beside_chunks_does_not_grow_in_memory(served: Served, begun: bytes) -> None:
    head = POST.replace(b"Content-Length: %d", b"Transfer-Encoding: chunked")
    with closing(served.connect()) as connection:
        connection.sendall(head + begun)
        assert drip(connection, iter([b"b" * 4000] * 100), 0.01) < 0.5
        assert status_and_kind(read_all(connection)) == (400, "header_too_large")


def test_a_body_in_thousands_of_tiny_chunks_is_refused(served: Served) -> None:
    head = POST.replace(b"Content-Length: %d", b"Transfer-Encoding: chunked")
    with closing(served.connect()) as connection:
        connection.sendall(head + b"1\r\na\r\n" * 2000)
        assert status_and_kind(read_all(connection)) == (400, "chunks_too_small")


def test_a_broken_body_gets_400_and_not_500(served: Served) -> None:
    head = POST.replace(b"Content-Length: %d", b"Transfer-Encoding: chunked")
    with closing(served.connect()) as connection:
        connection.sendall(head + b"zz\r\n")
        assert status_and_kind(read_all(connection)) == (400, "malformed")


@pytest.mark.parametrize(
    "odd",
    [
        GET[:-2] + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nmore",
        (POST % 4)[:-2] + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\nbodymore",
        b"CONNECT other:443 HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        (POST % 4)[:-2] + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        bytes(1000),
    ],
    ids=lambda odd: repr(odd[:12]),
)
def test_odd_requests_are_answered_or_closed_and_nothing_fails(
    served: Served, caplog: pytest.LogCaptureFixture, odd: bytes
) -> None:
    with closing(served.connect()) as connection:
        connection.sendall(odd)
        response = read_all(connection)
    assert b" 500 " not in response
    assert response == b"" or response.startswith((b"HTTP/1.1 200", b"HTTP/1.1 40"))
    assert [one for one in caplog.records if one.exc_info or one.name == "asyncio"] == []


def test_mutated_requests_leave_nothing_behind(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    generator = random.Random(5)
    whole = (POST % 20)[:-2] + b"Content-Type: image/jpeg\r\n\r\n" + bytes(20) + GET
    for _ in range(300):
        mutated = bytearray(whole)
        for _ in range(generator.randrange(1, 8)):
            mutated[generator.randrange(len(mutated))] = generator.randrange(256)
        with closing(served.connect()) as connection:
            connection.sendall(mutated)
            connection.shutdown(socket.SHUT_WR)
            assert b" 500 " not in read_all(connection)
    assert [one for one in caplog.records if one.exc_info or one.name == "asyncio"] == []
    while len(served.door):
        time.sleep(0.01)


def test_who_does_not_take_the_answer_is_left(served: Served) -> None:
    with closing(served.connect()) as connection:
        connection.sendall(GET.replace(b"/", b"/large", 1))
        time.sleep(1.0)
        assert len(read_all(connection)) < 30_000_000
    time.sleep(0.1)
    assert len(served.door) == 0


def test_an_address_has_so_many_connections_and_another_is_served(served: Served) -> None:
    with (
        serving(replace(SHORT, connections_of_one=3, silence_seconds=5)) as few,
        ExitStack() as all_,
    ):
        for _ in range(3):
            all_.enter_context(closing(few.connect("127.0.0.2")))
        fourth = all_.enter_context(closing(few.connect("127.0.0.2")))
        assert status_and_kind(read_all(fourth)) == (503, "too_many_connections")
        other = all_.enter_context(closing(few.connect("127.0.0.3")))
        other.sendall(GET)
        assert b" 200 " in read_response(other)
        assert len(few.door) == 4


def test_a_proxy_has_as_many_connections_as_there_are() -> None:
    proxies = ClientAddresses(["127.0.0.2"])
    limits = replace(SHORT, connections_of_one=1, connections=3, silence_seconds=5, proxies=proxies)
    with serving(limits) as few, ExitStack() as all_:
        for _ in range(3):
            found = all_.enter_context(closing(few.connect("127.0.0.2")))
            found.sendall(GET)
            assert b" 200 " in read_response(found)
        beyond = all_.enter_context(closing(few.connect("127.0.0.3")))
        assert status_and_kind(read_all(beyond)) == (503, "too_many_connections")
    assert few.refused == [(503, "too_many_connections")]


def test_connections_that_end_make_room(served: Served) -> None:
    with serving(replace(SHORT, connections=1)) as one:
        for _ in range(5):
            with closing(one.connect()) as connection:
                connection.sendall(GET)
                assert b" 200 " in read_response(connection)
            while len(one.door):
                time.sleep(0.01)


@pytest.mark.slow
def test_a_slow_phone_is_served_by_the_real_limits() -> None:
    size, rate = 2_048_000, 64_000
    with serving(DoorLimits()) as real, closing(real.connect()) as connection:
        connection.sendall(POST % size)
        seconds = drip(connection, iter([bytes(rate // 10)] * (size * 10 // rate)), 0.1)
        assert seconds > 30
        assert read_response(connection).endswith(b"%d" % size)


@pytest.mark.slow
def test_two_hundred_that_drip_are_closed_and_honest_requests_answered_meanwhile() -> None:
    begun = (b"", b"GET / HTTP/1.1\r\nX: ", POST % 1000)
    with serving(DoorLimits()) as real, ExitStack() as all_:
        dripping = []
        for number in range(200):
            connection = all_.enter_context(closing(real.connect(f"127.0.1.{number + 1}")))
            connection.sendall(begun[number % 3])
            connection.setblocking(False)
            dripping.append((number, connection))
        began, slowest = time.monotonic(), 0.0
        while dripping and time.monotonic() - began < 20:
            dripping = [one for one in dripping if is_open_after_a_byte(*one)]
            asked = time.monotonic()
            with closing(real.connect()) as honest:
                honest.sendall(POST % 100_000 + bytes(100_000))
                assert read_response(honest).endswith(b"100000")
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(0.2)
        assert not dripping
        assert 9 < time.monotonic() - began < 15
        assert slowest < 2
    assert sorted(set(real.refused)) == [(408, "too_slow")]


def is_open_after_a_byte(number: int, connection: socket.socket) -> bool:
    """Send one byte more, but nothing where silence is meant; tell whether it is still open."""
    try:
        if number % 3:
            connection.sendall(b"a")
        while connection.recv(4096):
            pass
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False
