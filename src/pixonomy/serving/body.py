"""Reads the images of a request as they arrive: counted, never on disk, never with a file name."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from pixonomy.serving.api_errors import ClientGone, RequestRefused, too_large, try_again
from pixonomy.serving.settings import BodyLimits

Receive = Callable[[], Awaitable[MutableMapping[str, object]]]
"""The `receive` of ASGI."""

FIELD = b"image"
"""The name of the parts that hold images."""

_RAW = "application/octet-stream"
_MULTIPART = "multipart/form-data"
_TAKEN = f"image/*, {_RAW} or {_MULTIPART} with parts named `{FIELD.decode()}`"


class PendingBytes:
    """How many bytes of bodies are in memory, over all requests."""

    def __init__(self, most: int) -> None:
        """Allow at most that many."""
        self._most, self.count = most, 0

    @contextmanager
    def taken(self) -> Iterator[Callable[[int], None]]:
        """Give a function that counts bytes of one request; they are given back at the end.

        The function raises RequestRefused where memory for all requests is full.
        """
        mine = 0

        def take(count: int) -> None:
            nonlocal mine
            if self.count + count > self._most:
                message = "Other requests fill the memory for uploads; try again."
                raise try_again(503, "overloaded", message, 1)
            mine += count
            self.count += count

        try:
            yield take
        finally:
            self.count -= mine


async def read_images(
    headers: Mapping[str, str], receive: Receive, limits: BodyLimits, take: Callable[[int], None]
) -> list[bytes]:
    """Return the encoded images of a request: its whole body, or its parts named `image`.

    Args:
        headers: of the request, by lower-case names.
        take: told of bytes that are kept, see `PendingBytes`.

    Raises:
        RequestRefused: as soon as the body is too large, malformed, empty or of another type.
        ClientGone: if the client leaves before all has arrived.
    """
    kind, options = parse_options_header(headers.get("content-type"))
    is_multipart = kind == _MULTIPART.encode()
    if not (is_multipart or kind == _RAW.encode() or kind.startswith(b"image/")):
        seen = f"not {kind.decode('latin-1')[:60]!r}" if kind else "and Content-Type says which"
        raise RequestRefused(415, "wrong_type", f"A body is {_TAKEN}, {seen}.")
    cap = limits.request if is_multipart else limits.image
    chunks = read_chunks(headers, receive, cap)
    if is_multipart:
        return await _read_parts(chunks, options.get(b"boundary"), limits, take)
    body = await _join(chunks, take)
    if not body:
        raise RequestRefused(422, "no_image", "The body is empty: an image was expected.")
    return [body]


async def read_chunks(
    headers: Mapping[str, str], receive: Receive, cap: int
) -> AsyncIterator[bytes]:
    """Yield a body as it arrives; refuse it before more than `cap` bytes have come.

    Raises:
        RequestRefused: 411 without a length or chunks, 413 beyond the cap.
        ClientGone: if the client leaves before all has arrived.
    """
    length = headers.get("content-length")
    if length is None and "transfer-encoding" not in headers:
        message = "A body was expected: send it with Content-Length or in chunks."
        raise RequestRefused(411, "no_length", message)
    count = 0
    if length is not None and int(length) > cap:
        raise _over(cap)
    while True:
        message_ = await receive()
        if message_["type"] == "http.disconnect":
            raise ClientGone
        chunk = message_.get("body", b"")
        assert isinstance(chunk, bytes)
        count += len(chunk)
        if count > cap:
            raise _over(cap)
        if chunk:
            yield chunk
        if not message_.get("more_body", False):
            return
