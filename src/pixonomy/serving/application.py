"""The application: all routes, and one shape for everything that goes wrong."""

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from pixonomy.serving.api_errors import ClientGone, RequestRefused, as_response
from pixonomy.serving.classify_routes import CLASSIFY, MODEL, classify_routes
from pixonomy.serving.health import LIVE, READY, health_routes
from pixonomy.serving.openapi import VERSION, describe
from pixonomy.serving.operator_routes import METRICS, OPERATOR_MODEL, operator_routes
from pixonomy.serving.outermost import Outermost
from pixonomy.serving.page_routes import page_routes
from pixonomy.serving.service import Service

_OPENAPI = "/openapi.json"
_PATHS = frozenset((CLASSIFY, MODEL, LIVE, READY, METRICS, OPERATOR_MODEL, _OPENAPI))


def make_app(service: Service) -> ASGIApp:
    """Return the application of a service."""
    # Its pages of documentation load scripts from elsewhere.
    app = FastAPI(
        title="Pixonomy", version=VERSION, docs_url=None, redoc_url=None, openapi_url=_OPENAPI
    )
    app.router.redirect_slashes = False
    for error in (RequestRefused, ClientGone, HTTPException, Exception):
        app.add_exception_handler(error, _answer_failure)
    for router in (classify_routes(service), health_routes(service), operator_routes(service)):
        app.include_router(router)
    pages = page_routes(service)
    app.router.routes.extend(pages)
    app.openapi = lambda: described  # type: ignore[method-assign] # FastAPI's way to change it
    described = describe(app)
    paths = _PATHS.union(page.path for page in pages)
    return Outermost(app, paths, service.metrics, service.log)


async def _answer_failure(_: Request, error: Exception) -> Response:
    return as_response(error)
