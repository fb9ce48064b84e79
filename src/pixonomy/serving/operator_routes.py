"""`GET /metrics` and `POST /operator/model`, for tokens with the scope `operate`."""

import re
from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pixonomy.errors import SettingError
from pixonomy.json_types import JsonObject
from pixonomy.results.serving_results import ServedModel
from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.body import headers_of
from pixonomy.serving.bundle_store import BundleStore
from pixonomy.serving.counters import CONTENT_TYPE
from pixonomy.serving.json_body import read_json_body
from pixonomy.serving.openapi import TOKEN, Responses, answers, refusals
from pixonomy.serving.pool import BundleRefused
from pixonomy.serving.service import Service

METRICS, OPERATOR_MODEL = "/metrics", "/operator/model"

_DIGEST = "[0-9a-f]{64}"
_NO_DIGEST = "no_digest", 'The body is {"digest": "…"}, of 64 hexadecimal digits.'
_BODY: JsonObject = {
    "required": True,
    "description": "The digest of a bundle in the folder of models.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {"digest": {"type": "string", "pattern": f"^{_DIGEST}$"}},
                "required": ["digest"],
            }
        }
    },
}
_TEXT: JsonObject = {"text/plain": {"schema": {"type": "string"}}}
_METRICS_ANSWER: Responses = {200: {"description": "The counters.", "content": _TEXT}}


def operator_routes(service: Service) -> APIRouter:
    """Return the routes of whoever runs the service."""
    router = APIRouter()

    async def metrics(request: Request) -> Response:
        """Give the counters in the text format of Prometheus."""
        service.access.admit(request.scope, headers_of(request.scope), "operate")
        return Response(service.metrics.exposition(), media_type=CONTENT_TYPE)

    async def load_model(request: Request) -> Response:
        """Load another bundle and turn to it without losing a request."""
        service.access.admit(request.scope, headers_of(request.scope), "operate")
        return await _load_model(service, request)

    router.add_api_route(
        METRICS,
        metrics,
        response_class=Response,
        responses=_METRICS_ANSWER | refusals(401, 403, 429),
        openapi_extra={"security": TOKEN},
    )
    router.add_api_route(
        OPERATOR_MODEL,
        load_model,
        methods=["POST"],
        response_class=Response,
        responses=answers(ServedModel, 401, 403, 404, 408, 409, 411, 413, 415, 422, 429),
        openapi_extra={"requestBody": _BODY, "security": TOKEN},
    )
    return router


async def _load_model(service: Service, request: Request) -> Response:
    body = await read_json_body(request, service.pending, *_NO_DIGEST)
    bundle = _find(service, _read_digest(body.content))
    try:
        loaded = await service.pool.swap(bundle)
    except BundleRefused as error:
        raise RequestRefused(409, "bundle_refused", str(error)) from error
    return JSONResponse(loaded.as_json())


def _find(service: Service, digest: str) -> Path:
    models = service.settings.models
    if models is None:
        message = "The service was started without --models: it knows no other model."
        raise RequestRefused(404, "no_such_model", message)
    try:
        return BundleStore(models).find(digest)
    except SettingError as error:
        raise RequestRefused(404, "no_such_model", str(error)) from error


def _read_digest(content: Mapping[str, object]) -> str:
    digest = content.get("digest")
    if not isinstance(digest, str) or not re.fullmatch(_DIGEST, digest):
        raise RequestRefused(422, *_NO_DIGEST)
    return digest
