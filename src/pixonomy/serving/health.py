"""`/live`: the process answers; `/ready`: an image through a worker gets the answer it should."""

import asyncio
import time

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from pixonomy.results.serving_results import ServiceState
from pixonomy.serving.api_errors import try_again
from pixonomy.serving.openapi import answers
from pixonomy.serving.pool import WorkerPool
from pixonomy.serving.service import Service

LIVE, READY = "/live", "/ready"

_FRESH_SECONDS = 0.5  # so many questions a second cost no more than two images


class Readiness:
    """Asks the workers whether they are ready; many who ask at once share an answer."""

    def __init__(self, pool: WorkerPool) -> None:
        """Ask nothing yet."""
        self._pool = pool
        self._lock = asyncio.Lock()
        self._is_ready, self._asked = False, -_FRESH_SECONDS

    async def is_ready(self) -> bool:
        """Return an answer that is half a second old at most; False at once without a worker."""
        if not self._pool.alive:
            return False
        async with self._lock:
            if time.monotonic() - self._asked >= _FRESH_SECONDS:
                self._is_ready = await self._pool.is_ready()
                self._asked = time.monotonic()
            return self._is_ready


def health_routes(service: Service) -> APIRouter:
    """Return the routes that a supervisor asks."""
    router, readiness = APIRouter(), Readiness(service.pool)
    ok = ServiceState(status="ok").as_json()

    async def live() -> Response:
        """Tell that the service's web process answers."""
        return JSONResponse(ok)

    async def ready() -> Response:
        """Tell whether an image through a worker gets the answer that it got at the start."""
        if not await readiness.is_ready():
            message = "No worker answers a known image as it should."
            raise try_again(503, "not_ready", message, 1)
        return JSONResponse(ok)

    router.add_api_route(LIVE, live, response_class=Response, responses=answers(ServiceState))
    router.add_api_route(
        READY, ready, response_class=Response, responses=answers(ServiceState, 503)
    )
    return router
