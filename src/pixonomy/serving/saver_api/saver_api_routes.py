"""The routes of the saver's API."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pixonomy.json_types import Json, JsonObject
from pixonomy.results.kept_results import (
    EmbedLink,
    KeptCorrection,
    KeptGoal,
    KeptGoals,
    KeptUpload,
    KeptUploads,
)
from pixonomy.results.serving_results import UploadAnswer
from pixonomy.serving.embed_links import EmbedLinks
from pixonomy.serving.openapi import TOKEN, Responses, answers, upload_body
from pixonomy.serving.saver_api import saver_api_document as document
from pixonomy.serving.saver_api.saver_api import SaverApi
from pixonomy.serving.saver_api.saver_api_document import (
    ABOUT,
    ABOUT_PATH,
    AT,
    BODY_REFUSED,
    ONCE,
    TOKEN_REFUSED,
)
from pixonomy.serving.savers import Savers
from pixonomy.serving.service import Service


@dataclass(frozen=True)
class _Route:
    path: str
    method: str
    endpoint: Callable[[Request], Awaitable[Response]]
    parameters: tuple[Json, ...]
    responses: Responses
    body: JsonObject | None = None


def saver_api_routes(service: Service, savers: Savers, embed: EmbedLinks) -> APIRouter:
    """Return the routes of the saver's API."""
    router, api = APIRouter(), SaverApi(service, savers, embed)
    for one in [*_uploads(api), *_goals(api), *_subjects(api)]:
        body = {} if one.body is None else {"requestBody": one.body}
        router.add_api_route(
            one.path,
            one.endpoint,
            methods=[one.method],
            status_code=204 if 204 in one.responses else 200,
            response_class=Response,
            responses=one.responses,
            openapi_extra={"parameters": [*one.parameters], "security": TOKEN, **body},
        )
    return router


def _uploads(api: SaverApi) -> Iterator[_Route]:
    one, is_kept = "/v1/uploads/{id}", (document.KEEP, document.IMPROVE)
    image = upload_body(replace(api.service.settings.body, images=1))
    answered = answers(UploadAnswer, *BODY_REFUSED, 400, 409)
    listed = answers(KeptUploads, *TOKEN_REFUSED)
    changed = answers(KeptUpload, *BODY_REFUSED, 404)
    corrected = answers(KeptCorrection, *BODY_REFUSED, 404, 409)
    yield _Route("/v1/uploads", "POST", api.add_upload, (ABOUT, ONCE, *is_kept), answered, image)
    yield _Route("/v1/uploads", "GET", api.uploads, (ABOUT,), listed)
    yield _Route(one, "PATCH", api.change_upload, (AT, ABOUT), changed, document.CONSENTS)
    yield _Route(f"{one}/image", "GET", api.image, (AT, ABOUT), document.jpeg(404))
    yield _Route(
        "/v1/corrections", "POST", api.add_correction, (ABOUT, ONCE), corrected, document.CORRECTION
    )


def _goals(api: SaverApi) -> Iterator[_Route]:
    goals, one = "/v1/goals", "/v1/goals/{id}"
    listed, kept = answers(KeptGoals, *TOKEN_REFUSED), answers(KeptGoal, *BODY_REFUSED, 404, 409)
    yield _Route(goals, "GET", api.goals, (ABOUT,), listed)
    yield _Route(goals, "POST", api.add_goal, (ABOUT, ONCE), kept, document.NEW_GOAL)
    yield _Route(one, "PATCH", api.change_goal, (AT, ABOUT, ONCE), kept, document.CHANGED_GOAL)
    yield _Route(one, "DELETE", api.delete_goal, (AT, ABOUT), document.deleted(404))


def _subjects(api: SaverApi) -> Iterator[_Route]:
    link = answers(EmbedLink, *BODY_REFUSED)
    everything = "/v1/subjects/{subject:path}"  # which may have slashes in it
    yield _Route(everything, "DELETE", api.delete_subject, (ABOUT_PATH,), document.deleted(404))
    yield _Route("/v1/embed-links", "POST", api.add_embed_link, (), link, document.LINK_FOR)
