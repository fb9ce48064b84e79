"""`GET /` and `POST /`: the page to try the service at, its style and its script."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from pixonomy.results.serving_results import ClassifiedImage
from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.body import headers_of
from pixonomy.serving.outermost import IMAGES
from pixonomy.serving.page import HEADERS, PageLimits, read_assets, render_try_page
from pixonomy.serving.service import Service
from pixonomy.serving.upload import read_upload

HOME = "/"


def page_routes(service: Service) -> list[Route]:
    """Return the routes of the page."""

    async def home(_: Request) -> Response:
        return HTMLResponse(_render(service), headers=dict(HEADERS))

    async def answer(request: Request) -> Response:
        return await _answer(service, request)

    async def asset(request: Request) -> Response:
        content, kind = read_assets()[request.url.path]
        return Response(content, media_type=kind)

    return [
        Route(HOME, home, methods=["GET"]),
        Route(HOME, answer, methods=["POST"]),
        *(Route(path, asset, methods=["GET"]) for path in read_assets()),
    ]


async def _answer(service: Service, request: Request) -> Response:
    """Classify what the form brought; a refusal is a page, too, with its status."""
    try:
        answers = await _classify(service, request)
    except RequestRefused as refused:
        page = _render(service, failure=refused.message)
        return HTMLResponse(page, refused.status, {**HEADERS, **dict(refused.headers)})
    return HTMLResponse(_render(service, answers), headers=dict(HEADERS))


async def _classify(service: Service, request: Request) -> list[ClassifiedImage]:
    headers, needs_token = headers_of(request.scope), service.settings.needs_token
    if not needs_token:
        service.access.admit(request.scope, headers, "classify")
    service.require_room()
    with service.pending.taken() as take:
        upload = await read_upload(headers, request.receive, service.settings.body, take)
        if needs_token:  # a form cannot send it before the images
            token = upload.fields.get("token") or None
            service.access.admit(request.scope, headers, "classify", token)
        request.scope[IMAGES] = len(upload.images)
        return [one.answer for one in await service.classify(upload.images)]


def _render(
    service: Service, answers: list[ClassifiedImage] | None = None, failure: str = ""
) -> str:
    settings = service.settings
    is_known = answers is not None or not settings.needs_token
    return render_try_page(
        service.pool.model if is_known else None,
        PageLimits(settings.body.images, settings.body.image),
        answers or (),
        failure,
        settings.needs_token,
    )
