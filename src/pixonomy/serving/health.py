"""`/live`: the process answers; `/ready`: workers answer as they should, what is kept is there."""

import asyncio
import time

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from pixonomy.results.serving_results import ServiceState
from pixonomy.serving.api_errors import try_again
from pixonomy.serving.openapi import answers
from pixonomy.serving.pool import WorkerPool
from pixonomy.serving.savers import Savers
from pixonomy.serving.service import Service

LIVE, READY = "/live", "/ready"

_NO_WORKER = "No worker answers a known image as it should."
_NO_STATE = "What is kept cannot be reached: the database or the store of images fails."
_FRESH_SECONDS = 0.5  # so many questions a second cost no more than two images


class Readiness:
    """Asks workers and store whether they are ready; many who ask at once share an answer."""

    def __init__(self, pool: WorkerPool, savers: Savers | None = None) -> None:
        """Ask nothing yet."""
        self._pool, self._savers = pool, savers
        self._lock = asyncio.Lock()
        self._missing, self._asked = "", -_FRESH_SECONDS

    async def find_missing(self) -> str:
        """Return in a sentence what is not ready, at most half a second ago; "" if all is."""
        if not self._pool.alive:
            return _NO_WORKER
        async with self._lock:
            if time.monotonic() - self._asked >= _FRESH_SECONDS:
                self._missing = await self._ask()
                self._asked = time.monotonic()
            return self._missing

    async def _ask(self) -> str:
        if self._savers is None:
            return "" if await self._pool.is_ready() else _NO_WORKER
        workers, savers = await asyncio.gather(self._pool.is_ready(), self._savers.is_ready())
        return " ".join([*[_NO_WORKER][workers:], *[_NO_STATE][savers:]])


def health_routes(service: Service) -> APIRouter:
    """Return the routes that a supervisor asks."""
    router, readiness = APIRouter(), Readiness(service.pool, service.savers)
    ok = ServiceState(status="ok").as_json()

    async def live() -> Response:
        """Tell that the service's web process answers."""
        return JSONResponse(ok)

    async def ready() -> Response:
        """Tell whether a known image gets its answer, and what is kept can be reached."""
        missing = await readiness.find_missing()
        if missing:
            raise try_again(503, "not_ready", missing, 1)
        return JSONResponse(ok)

    router.add_api_route(LIVE, live, response_class=Response, responses=answers(ServiceState))
    router.add_api_route(
        READY, ready, response_class=Response, responses=answers(ServiceState, 503)
    )
    return router
