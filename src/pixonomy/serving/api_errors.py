"""Requests that get no answer: one shape, `{error: {kind, message}}`, and all its statuses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil

from starlette.exceptions import HTTPException
from starlette.responses import Response

from pixonomy.results.serving_results import Failure, Refusal

STATUSES: Mapping[int, str] = {
    400: "The request is malformed.",
    401: "A token is missing or not known.",
    403: "The token does not have the scope.",
    404: "There is no such page or model, or nothing under this id that is the asker's.",
    408: "The request did not arrive in time.",
    409: "It does not go with what is there: another model, a newer version, a used key, too much.",
    411: "The request has neither Content-Length nor chunks.",
    413: "More bytes or parts than are taken.",
    415: "The body is of a type that is not taken.",
    422: "The body does not hold what it should, or too many images.",
    429: "Too many requests of one token or address.",
    503: "Too much to do, no worker is there, or what is kept cannot be reached.",
}
"""What each status of a refused request means."""

_CLIENT_GONE = 499  # as nginx counts it; nobody is there to see it
_OF_STARLETTE = {
    404: ("not_found", "There is nothing at this path."),
    405: ("wrong_method", "This path takes other methods: the header Allow names them."),
}


@dataclass
class RequestRefused(Exception):
    """A request that gets no answer.

    Attributes:
        status: of HTTP.
        kind: one word for programs.
        message: one sentence for people.
        headers: beside those of every answer.
    """

    status: int
    kind: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def failure(self) -> Failure:
        """Return what its answer says."""
        return Failure(kind=self.kind, message=self.message)


class ClientGone(Exception):
    """The client left, or was cut off, before its request had arrived."""


def try_again(status: int, kind: str, message: str, seconds: float) -> RequestRefused:
    """Refuse a request that may come again after some seconds."""
    return RequestRefused(status, kind, message, {"retry-after": str(max(1, ceil(seconds)))})


def refusal_json(kind: str, message: str) -> bytes:
    """Return the JSON object of a refusal."""
    return _as_bytes(Failure(kind=kind, message=message))


def _as_bytes(failure: Failure) -> bytes:
    return json.dumps(Refusal(error=failure).as_json(), ensure_ascii=False).encode()


def as_response(error: Exception) -> Response:
    """Return the answer to a request that failed; of a fault of ours it tells nothing."""
    if isinstance(error, ClientGone):
        return Response(status_code=_CLIENT_GONE)
    if isinstance(error, RequestRefused):
        refused = error
    elif isinstance(error, HTTPException):  # of Starlette: no such path, another method
        kind, message = _OF_STARLETTE.get(error.status_code, ("refused", f"{error.detail}."))
        refused = RequestRefused(error.status_code, kind, message, error.headers or {})
    else:
        refused = RequestRefused(500, "fault", "A fault of the service: its log says where.")
    return Response(
        _as_bytes(refused.failure()), refused.status, refused.headers, "application/json"
    )


def raw_response(status: int, kind: str, message: str) -> bytes:
    """Return a whole HTTP/1.1 response, for connections that the application never sees."""
    body = refusal_json(kind, message)
    again = "retry-after: 1\r\n" if status == 503 else ""
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n{again}connection: close\r\n\r\n"
    )
    return head.encode() + body
