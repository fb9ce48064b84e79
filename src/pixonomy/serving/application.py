"""The application: all routes, and one shape for everything that goes wrong."""

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from pixonomy.serving.api_errors import ClientGone, RequestRefused, as_response
from pixonomy.serving.classify_routes import classify_routes
from pixonomy.serving.health import health_routes
from pixonomy.serving.openapi import VERSION, describe
from pixonomy.serving.operator_routes import operator_routes
from pixonomy.serving.outermost import Outermost
from pixonomy.serving.page_routes import page_routes
from pixonomy.serving.saver_api_routes import saver_api_routes
from pixonomy.serving.saver_routes import saver_routes
from pixonomy.serving.service import Service

_OPENAPI = "/openapi.json"


def make_app(service: Service) -> ASGIApp:
    """Return the application of a service."""
    # Its pages of documentation load scripts from elsewhere.
    app = FastAPI(
        title="Pixonomy", version=VERSION, docs_url=None, redoc_url=None, openapi_url=_OPENAPI
    )
    app.router.redirect_slashes = False
    for error in (RequestRefused, ClientGone, HTTPException, Exception):
        app.add_exception_handler(error, _answer_failure)
    routers, pages = _routers(service), _pages(service)
    for router in routers:
        app.include_router(router)
    app.router.routes.extend(pages)
    app.openapi = lambda: described  # type: ignore[method-assign] # FastAPI's way to change it
    described = describe(app, service.labels)
    routes = [*pages, *(one for router in routers for one in router.routes)]
    paths = {one.path for one in routes if isinstance(one, Route)}
    return Outermost(app, frozenset({_OPENAPI, *paths}), service.metrics, service.log)


def _routers(service: Service) -> list[APIRouter]:
    routers = [classify_routes(service), health_routes(service), operator_routes(service)]
    if service.savers is not None and service.embed is not None:
        routers.append(saver_api_routes(service, service.savers, service.embed))
    return routers


def _pages(service: Service) -> list[Route]:
    if service.savers is not None and service.has_goals:
        return saver_routes(service, service.savers)
    return page_routes(service)


async def _answer_failure(_: Request, error: Exception) -> Response:
    return as_response(error)
