"""The OpenAPI document's own parts: bodies, answers and the schemas of the results."""

from collections.abc import Iterable
from typing import cast

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from pixonomy.json_types import Json, JsonObject
from pixonomy.results import answer_results, kept_results, model_results, serving_results
from pixonomy.results.json_record import Result
from pixonomy.results.json_schema import schema_of
from pixonomy.results.serving_results import Refusal
from pixonomy.serving.api_errors import STATUSES
from pixonomy.serving.multipart_form import IMAGE_FIELD
from pixonomy.serving.serve_settings import BodyLimits

VERSION = "1"
_TOKEN_SCHEME = "token"
TOKEN: list[dict[str, list[str]]] = [{_TOKEN_SCHEME: []}]
"""The security of a route that takes a token."""

TOKEN_OR_NONE: list[dict[str, list[str]]] = [{}, *TOKEN]
"""The security of a route that takes a token where the service was started so."""

_CATEGORY = "Category"
CATEGORY: JsonObject = {"$ref": f"#/components/schemas/{_CATEGORY}"}
"""The schema of a category that the model answers with."""

_RETRY = {
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_HEADERS = {429: _RETRY, 503: _RETRY}
_SCHEMAS = "#/components/schemas/"
_RESULTS = (answer_results.Candidate, answer_results.Goal, model_results.TestFigures)

Responses = dict[int | str, dict[str, object]]


def answers(kind: type[Result], *refused: int) -> Responses:
    """Return what a route answers: a result, or a refusal of these statuses."""
    found: Responses = {200: {"description": "The answer.", "content": _json(kind)}}
    return found | refusals(*refused)


def refusals(*statuses: int) -> Responses:
    """Return the answers of these statuses."""
    return {
        status: {
            "description": STATUSES[status],
            "content": _json(Refusal),
            **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
        }
        for status in statuses
    }


def upload_body(limits: BodyLimits) -> JsonObject:
    """Return the body of a request that brings images."""
    raw: JsonObject = {"schema": {"type": "string", "format": "binary", "minLength": 1}}
    image: JsonObject = {"type": "string", "format": "binary"}
    images: JsonObject = {
        "type": "array", "items": image, "minItems": 1, "maxItems": limits.images,
    }  # fmt: skip
    form: JsonObject = {
        "type": "object",
        "properties": {IMAGE_FIELD: images},
        "required": [IMAGE_FIELD],
    }
    types = ("image/jpeg", "image/png", "image/webp", "image/gif", "application/octet-stream")
    return {
        "required": True,
        "description": (
            f"One image of at most {limits.image:,} bytes of any type `image/*`, or a form with up "
            f"to {limits.images} of them, of {limits.request:,} bytes in all."
        ),
        "content": {**dict.fromkeys(types, raw), "multipart/form-data": {"schema": form}},
    }


def describe(app: FastAPI, categories: Iterable[str]) -> dict[str, object]:
    """Return the OpenAPI 3.1 document of an application, whose model has these categories."""
    names: JsonObject = {"description": "A category of the model.", "enum": [*sorted(categories)]}
    document: dict[str, object] = get_openapi(
        title="Pixonomy",
        version=VERSION,
        description="Which category a photograph shows, and how sure that is.",
        routes=app.routes,
    )
    document["components"] = {
        "schemas": {_CATEGORY: names, **{kind.__name__: _schema(kind) for kind in _kinds()}},
        "securitySchemes": {_TOKEN_SCHEME: {"type": "http", "scheme": "bearer"}},
    }
    return document


def _kinds() -> Iterable[type[Result]]:
    modules = (serving_results, kept_results)
    own = [one for module in modules for one in vars(module).values() if _is_result(one)]
    return sorted({*own, *_RESULTS}, key=lambda one: one.__name__)


def _is_result(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, Result) and found is not Result


def _schema(kind: type[Result]) -> Json:
    return _within_components(cast(Json, schema_of(kind)))


def _within_components(shape: Json) -> Json:
    """Return a schema whose references lead into the document."""
    if isinstance(shape, dict):
        return {
            key: str(value).replace("#/$defs/", _SCHEMAS)
            if key == "$ref"
            else _within_components(value)
            for key, value in shape.items()
        }
    return [_within_components(one) for one in shape] if isinstance(shape, list) else shape


def _json(kind: type[Result]) -> dict[str, object]:
    return {"application/json": {"schema": {"$ref": _SCHEMAS + kind.__name__}}}
