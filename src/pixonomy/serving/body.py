"""Reads the bytes of a request as they arrive, counted: of one request, and of all together."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

from starlette.types import Receive, Scope

from pixonomy.serving.api_errors import ClientGone, RequestRefused, try_again

Take: TypeAlias = Callable[[int], None]
"""Told of bytes that are kept in memory; raises RequestRefused where there is no room."""


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers of a request by lower-case names; of equal ones the last."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


class PendingBytes:
    """How many bytes of bodies are in memory, over all requests."""

    def __init__(self, most: int) -> None:
        """Allow at most that many."""
        self._most, self.count = most, 0

    @contextmanager
    def taken(self) -> Iterator[Take]:
        """Count the bytes of one request until the block ends."""
        mine = 0

        def take(count: int) -> None:
            nonlocal mine
            if self.count + count > self._most:
                message = "Other uploads fill the memory that is set aside for them; try again."
                raise try_again(503, "overloaded", message, 1)
            mine += count
            self.count += count

        try:
            yield take
        finally:
            self.count -= mine


def require_body(headers: Mapping[str, str]) -> None:
    """Refuse a request that says that it has no body, or says nothing.

    Raises:
        RequestRefused: 411 or 422.
    """
    length = headers.get("content-length")
    if length is None and "transfer-encoding" not in headers:
        message = "A body was expected: send it with Content-Length or in chunks."
        raise RequestRefused(411, "no_length", message)
    if length is not None and int(length) == 0:
        raise RequestRefused(422, "empty", "The body is empty.")


async def read_chunks(
    headers: Mapping[str, str], receive: Receive, most: int, take: Take
) -> AsyncIterator[bytes]:
    """Yield a body as it arrives; refuse it before more than `most` bytes are kept.

    Args:
        headers: of the request, by lower-case names.

    Raises:
        RequestRefused: 411 without a length or chunks, 413 beyond `most`, 503 without memory.
        ClientGone: if the client leaves before all has arrived.
    """
    require_body(headers)
    if int(headers.get("content-length", 0)) > most:
        raise _too_large(most)
    count, is_more = 0, True
    while is_more:
        message_in = await receive()
        if message_in["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = message_in.get("body", b"")
        count += len(chunk)
        if count > most:
            raise _too_large(most)
        take(len(chunk))
        is_more = message_in.get("more_body", False)
        yield chunk


def _too_large(most: int) -> RequestRefused:
    return RequestRefused(413, "too_large", f"A body has at most {most:,} bytes.")
