"""`POST /v1/classify` and `GET /v1/model`."""

import json
import time

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pixonomy.results.serving_results import ServedAnswers, ServedModel
from pixonomy.serving.body import headers_of
from pixonomy.serving.openapi import TOKEN_OR_NONE, answers, upload_body
from pixonomy.serving.outermost import IMAGES
from pixonomy.serving.service import Service
from pixonomy.serving.upload import read_upload

CLASSIFY, MODEL = "/v1/classify", "/v1/model"


def classify_routes(service: Service) -> APIRouter:
    """Return the routes of the API."""
    router = APIRouter()

    async def classify(request: Request) -> Response:
        """Tell which category each image shows, and how sure."""
        return await _classify(service, request)

    async def model(request: Request) -> Response:
        """Tell which model answers, with which categories, and how right it was in its test."""
        service.access.admit(request.scope, headers_of(request.scope), "classify")
        return JSONResponse(service.pool.model.as_json())

    router.add_api_route(
        CLASSIFY,
        classify,
        methods=["POST"],
        response_class=Response,
        responses=answers(ServedAnswers, 400, 401, 403, 408, 411, 413, 415, 422, 429, 503),
        openapi_extra={
            "requestBody": upload_body(service.settings.body),
            "security": TOKEN_OR_NONE,
        },
    )
    router.add_api_route(
        MODEL,
        model,
        response_class=Response,
        responses=answers(ServedModel, 401, 403, 429),
        openapi_extra={"security": TOKEN_OR_NONE},
    )
    return router


async def _classify(service: Service, request: Request) -> Response:
    began = time.perf_counter()
    headers = headers_of(request.scope)
    service.access.admit(request.scope, headers, "classify")
    service.require_room()
    with service.pending.taken() as take:
        upload = await read_upload(headers, request.receive, service.settings.body, take)
        service.metrics.add_seconds("reading", time.perf_counter() - began)
        request.scope[IMAGES] = len(upload.images)
        found = await service.classify(upload.images)
    service.metrics.add_seconds("total", time.perf_counter() - began)
    images = [{"index": place, **one.answer.as_json()} for place, one in enumerate(found)]
    content = json.dumps({"model": found[0].model, "images": images}, ensure_ascii=False)
    return Response(content.encode(), media_type="application/json")
