"""What stands around the application: the id of a request, common headers, log and counts."""

import asyncio
import time
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pixonomy.serving.api_errors import as_response, try_again
from pixonomy.serving.counters import Metrics
from pixonomy.serving.request_log import RequestLog, make_request_id

IMAGES = "pixonomy.images"
"""Where a request's scope says how many images it brought."""

TOO_SLOW = "pixonomy.too_slow"
"""Where a request's scope says that the protocol below has answered it with 408."""

_ENDING = try_again(503, "ending", "The service ends before it could answer; try again.", 1)
_OTHER = "other"
_ROUTE = "route"  # where FastAPI puts it
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")
_CACHE = (b"cache-control", b"no-store")


@dataclass
class _Answer:
    """Passes an answer on, and remembers its status."""

    to: Send
    request_id: str
    status: int = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            if not any(name == _CACHE[0] for name, _ in headers):
                headers.append(_CACHE)
            headers += (_NO_SNIFFING, (b"x-request-id", self.request_id.encode()))
            message["headers"] = headers
        await self.to(message)


class Outermost:
    """Runs an application for each request.

    Args:
        routes: the paths that are counted and logged under their own names, or the templates of
            such with an id in them; no other path is.
    """

    def __init__(
        self, app: ASGIApp, routes: frozenset[str], metrics: Metrics, log: RequestLog
    ) -> None:
        """Wrap the application."""
        self._app, self._routes = app, routes
        self._metrics, self._log = metrics, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; a fault of ours, which the application has answered, is logged."""
        began = time.perf_counter()
        answer = _Answer(send, make_request_id())
        try:
            await self._app(scope, receive, answer.send)
        except asyncio.CancelledError:  # the service's time to end is over
            if not answer.status:
                await as_response(_ENDING)(scope, receive, answer.send)
        except Exception as error:
            self._log.fault(answer.request_id, error)
        self._note(scope, answer, time.perf_counter() - began)

    def _note(self, scope: Scope, answer: _Answer, seconds: float) -> None:
        path, method = scope["path"], scope["method"]
        # Of a path with an id in it, the template is counted and logged.
        template = path if path in self._routes else getattr(scope.get(_ROUTE), "path", "")
        route = template if template in self._routes else _OTHER
        status = 408 if TOO_SLOW in scope else answer.status
        if TOO_SLOW not in scope:  # counted where it was answered
            self._metrics.count_request(route, status)
        self._log.note(
            "request",
            request_id=answer.request_id,
            method=method if method in _METHODS else _OTHER,
            route=route,
            status=status,
            seconds=round(seconds, 4),
            images=scope.get(IMAGES, 0),
        )
