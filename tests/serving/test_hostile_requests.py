"""Broken bodies and broken requests: refused, never a fault, never a hang."""

import random
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from conftest import as_bytes, draw_shape
from served import Served, wait_until

REFUSED = {400, 408, 411, 413, 415, 422}
BOUNDARY = b"x" * 30
FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY.decode()}"}
HEAD = b'Content-Disposition: form-data; name="image"; filename="a.jpg"\r\nContent-Type: image/jpeg'
SECONDS = 6.0


def form() -> bytes:
    images = [as_bytes(draw_shape("cross", number)) for number in range(3)]
    parts = [b"--%b\r\n%b\r\n\r\n%b\r\n" % (BOUNDARY, HEAD, one) for one in images]
    return b"".join(parts) + b"--%b--\r\n" % BOUNDARY


def mutations(body: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Yield bodies with bytes changed, cut out, doubled, and ends cut off."""
    dice = random.Random(seed)
    for _ in range(count):
        broken = bytearray(body)
        for _ in range(dice.randint(1, 6)):
            place, length = dice.randrange(len(broken)), dice.randint(1, 40)
            match dice.randrange(5):
                case 0:
                    broken[place] = dice.randrange(256)
                case 1:
                    del broken[place : place + length]
                case 2:
                    broken[place:place] = broken[place : place + length]
                case 3:
                    broken[place:place] = dice.randbytes(length)
                case _:
                    del broken[max(place, 20) :]
        yield bytes(broken)


def try_forms(service: Served, count: int) -> None:
    statuses = set()
    with httpx.Client(base_url=service.address, timeout=SECONDS) as client:
        for body in mutations(form(), count, seed=1):
            answer = client.post("/v1/classify", content=body, headers=FORM)
            statuses.add(answer.status_code)
    assert 200 in statuses
    assert 400 in statuses
    assert statuses <= {200} | REFUSED


def status_of(service: Served, request: bytes) -> int | None:
    """Return the status of the answer to a raw request; None where the connection is closed."""
    place = httpx.URL(service.address)
    with socket.create_connection((place.host, place.port or 80), timeout=SECONDS) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        try:
            begin = connection.recv(12)
        except ConnectionResetError:
            return None
        return int(begin[9:12]) if begin else None


def try_requests(service: Served, count: int) -> None:
    body = as_bytes(draw_shape("circle", 1))
    whole = (
        b"POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"
        b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body)
    )
    statuses = set()
    for request in mutations(whole[:260], count, seed=2):
        began = time.monotonic()
        statuses.add(status_of(service, request + whole[260:]))
        assert time.monotonic() - began < SECONDS
    assert 400 in statuses
    assert statuses <= {None, 200, 404, 405} | REFUSED


def is_well(service: Served) -> bool:
    faults = [one for one in service.lines() if one["event"] in {"fault", "worker_died"}]
    return not faults and service.ask("/ready").status_code == 200


def test_broken_forms_are_refused(open_service: Served) -> None:
    try_forms(open_service, 60)
    assert is_well(open_service)


def test_broken_requests_are_refused(open_service: Served) -> None:
    try_requests(open_service, 60)
    assert is_well(open_service)


@pytest.mark.slow
def test_two_thousand_broken_forms_and_five_hundred_broken_requests(open_service: Served) -> None:
    try_forms(open_service, 2000)
    try_requests(open_service, 500)
    assert is_well(open_service)


@pytest.mark.slow
def test_a_body_that_drips_is_answered_408_and_written_down(open_service: Served) -> None:
    place = httpx.URL(open_service.address)
    head = b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
    with socket.create_connection((place.host, place.port or 80), timeout=20) as connection:
        connection.sendall(head + b"Content-Length: 99\r\n\r\n")
        answer = connection.recv(2000)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"kind": "too_slow"' in answer

    def is_noted(event: str) -> bool:
        lines = open_service.lines()
        return any((one["event"], one.get("status")) == (event, 408) for one in lines)

    wait_until(lambda: is_noted("refused") and is_noted("request"))
