"""Bytes are counted as they arrive, for one request and for all."""

import asyncio
from collections.abc import Sequence

import pytest
from starlette.types import Message

from pixonomy.serving.api_errors import ClientGone, RequestRefused
from pixonomy.serving.body import PendingBytes, headers_of, read_chunks


def read(chunks: Sequence[bytes | None], most: int = 10, **headers: str) -> tuple[bytes, int]:
    """Read a body; return it, and how many of its pieces were asked for. None: the client left."""
    asked = 0

    async def receive() -> Message:
        nonlocal asked
        chunk, asked = chunks[asked], asked + 1
        if chunk is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": asked < len(chunks)}

    async def run() -> bytes:
        with PendingBytes(100).taken() as take:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return b"".join([one async for one in read_chunks(named, receive, most, take)])

    return asyncio.run(run()), asked


def refused(chunks: Sequence[bytes | None], most: int = 10, **headers: str) -> RequestRefused:
    with pytest.raises(RequestRefused) as error:
        read(chunks, most, **headers)
    return error.value


def test_a_body_is_read_whole() -> None:
    assert read([b"abc", b"", b"de"], content_length="5") == (b"abcde", 3)
    assert read([b"abc", b"de"], transfer_encoding="chunked") == (b"abcde", 2)


def test_a_body_without_length_or_without_bytes_is_refused_unread() -> None:
    assert refused([]).status == 411
    assert refused([], content_length="0").status == 422


def test_a_body_that_says_it_is_too_large_is_refused_unread() -> None:
    assert refused([], content_length="11").status == 413


def test_chunks_beyond_the_cap_are_refused_before_all_have_come() -> None:
    assert refused([b"123456", b"123456", b"never asked for"], transfer_encoding="x").status == 413


def test_a_client_that_leaves_is_no_request() -> None:
    with pytest.raises(ClientGone):
        read([b"1", None], content_length="5")


def test_memory_for_all_requests_is_bounded_and_given_back() -> None:
    pending = PendingBytes(10)
    with pending.taken() as one, pending.taken() as other:
        one(6)
        with pytest.raises(RequestRefused) as error:
            other(6)
        assert (error.value.status, error.value.headers) == (503, {"retry-after": "1"})
        other(4)
        assert pending.count == 10
    assert pending.count == 0


def test_headers_are_found_by_their_names() -> None:
    assert headers_of({"headers": [(b"a", b"1"), (b"b", b"\xe9")]}) == {"a": "1", "b": "é"}
