"""Reads the body of a request that holds a JSON object, bounded."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.body import PendingBytes, headers_of, read_chunks

_MOST_BYTES = 4096


@dataclass(frozen=True)
class JsonBody:
    """What a body holds.

    Attributes:
        content: the object.
        raw: its bytes.
    """

    content: Mapping[str, object]
    raw: bytes


async def read_json_body(
    request: Request,
    pending: PendingBytes,
    kind: str = "no_object",
    message: str = 'The body is a JSON object: {"key": value, …}.',
) -> JsonBody:
    """Return what a request of at most 4 kB brings.

    Args:
        kind, message: of the refusal where the body is no JSON object.

    Raises:
        RequestRefused: 411 without a length, 413 if larger, 415 of another type, 422 if empty or
            no object, 503 without memory.
        ClientGone: if the client leaves before all has arrived.
    """
    headers = headers_of(request.scope)
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RequestRefused(415, "wrong_type", "The body is JSON: Content-Type application/json.")
    with pending.taken() as take:
        chunks = [one async for one in read_chunks(headers, request.receive, _MOST_BYTES, take)]
    raw = b"".join(chunks)
    try:
        content: object = json.loads(raw)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise RequestRefused(422, kind, message)
    return JsonBody(content, raw)
