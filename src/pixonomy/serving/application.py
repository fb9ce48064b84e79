"""The application: all routes, and one shape for everything that goes wrong."""

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Scope

from pixonomy.serving.api_errors import ClientGone, RequestRefused, as_response
from pixonomy.serving.classify_routes import classify_routes
from pixonomy.serving.health import health_routes
from pixonomy.serving.openapi import VERSION, describe
from pixonomy.serving.operator_routes import operator_routes
from pixonomy.serving.outermost import Outermost
from pixonomy.serving.page_routes import page_routes
from pixonomy.serving.saver_api.saver_api_routes import saver_api_routes
from pixonomy.serving.saver_pages.saver_routes import saver_routes
from pixonomy.serving.service import Service

_OPENAPI = "/openapi.json"
_WRONG_METHOD = 405


def make_app(service: Service) -> ASGIApp:
    """Return the application of a service."""
    # Its pages of documentation load scripts from elsewhere.
    app = FastAPI(
        title="Pixonomy", version=VERSION, docs_url=None, redoc_url=None, openapi_url=_OPENAPI
    )
    app.router.redirect_slashes = False
    routers, pages = _routers(service), _pages(service)
    routes = [one for router in routers for one in router.routes if isinstance(one, Route)]
    routes += pages

    async def answer_failure(request: Request, error: Exception) -> Response:
        answer = as_response(error)
        if answer.status_code == _WRONG_METHOD and (allowed := _allowed(routes, request.scope)):
            answer.headers["allow"] = allowed
        return answer

    for error in (RequestRefused, ClientGone, HTTPException, Exception):
        app.add_exception_handler(error, answer_failure)
    for router in routers:
        app.include_router(router)
    app.router.routes.extend(pages)
    app.openapi = lambda: described  # type: ignore[method-assign] # FastAPI's way to change it
    described = describe(app, service.labels)
    paths = frozenset({_OPENAPI, *(one.path for one in routes)})
    return Outermost(app, paths, service.metrics, service.log)


def _routers(service: Service) -> list[APIRouter]:
    routers = [classify_routes(service), health_routes(service), operator_routes(service)]
    if service.savers is not None and service.embed is not None:
        routers.append(saver_api_routes(service, service.savers, service.embed))
    return routers


def _pages(service: Service) -> list[Route]:
    if service.savers is not None and service.has_goals:
        return saver_routes(service, service.savers)
    return page_routes(service)


def _allowed(routes: Iterable[Route], scope: Scope) -> str:
    """Return the methods that a path takes: Starlette names those of its first route alone."""
    at_path = [one for one in routes if one.matches(scope)[0] is not Match.NONE]
    return ", ".join(sorted({method for one in at_path for method in one.methods or ()}))
