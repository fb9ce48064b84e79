"""Every request that gets no answer: one shape, `{error: {kind, message}}`, and all its statuses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pixonomy.results.serving_results import Failure, Refusal

STATUSES: Mapping[int, str] = {
    400: "The request is malformed.",
    401: "A token is missing or wrong.",
    403: "The token's scope does not cover this.",
    404: "There is no such page or model.",
    405: "The page knows no such method.",
    408: "The request did not arrive in time.",
    409: "The new model was refused; the old one goes on.",
    411: "The request has neither a body's length nor chunks.",
    413: "More bytes, parts or images than are taken.",
    415: "The body is of a type that is not taken.",
    422: "The body holds nothing to work on.",
    429: "Too many requests; Retry-After says when to come again.",
    503: "Too much to do, or no worker; Retry-After says when to come again.",
}
"""What each status of a refused request means."""

_PHRASES = {408: "Request Timeout", 431: "Request Header Fields Too Large"}


@dataclass
class RequestRefused(Exception):  # noqa: N818
    """A request that gets no answer.

    Attributes:
        status: of HTTP.
        kind: one word for programs.
        message: one sentence for people.
        headers: beside those of every answer; lower-case names.
        is_read: whether the whole request has arrived, so that the connection may live on.
    """

    status: int
    kind: str
    message: str
    headers: tuple[tuple[str, str], ...] = ()
    is_read: bool = False

    def body(self) -> bytes:
        """Return the JSON object."""
        return refusal_json(self.kind, self.message)


class ClientGone(Exception):
    """The client left, or was cut off, before its request had arrived."""


def too_large(what: str) -> RequestRefused:
    """Refuse a request for its size; `what` says the cap."""
    return RequestRefused(413, "too_large", what)


def try_again(status: int, kind: str, message: str, seconds: float) -> RequestRefused:
    """Refuse a request that may come again after some seconds."""
    whole = max(1, int(-(-seconds // 1)))
    return RequestRefused(status, kind, message, (("retry-after", str(whole)),))


def refusal_json(kind: str, message: str) -> bytes:
    """Return the JSON object of a refusal."""
    refusal = Refusal(error=Failure(kind=kind, message=message))
    return json.dumps(refusal.as_json(), ensure_ascii=False).encode()


def raw_response(status: int, kind: str, message: str) -> bytes:
    """Return a whole HTTP/1.1 response, for connections that the application never sees."""
    body = refusal_json(kind, message)
    phrase = _PHRASES.get(status, "Service Unavailable" if status == 503 else "Bad Request")
    head = (
        f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
