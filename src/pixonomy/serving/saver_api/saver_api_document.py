"""What the OpenAPI document says of the saver's API: its parameters, bodies and answers."""

from pixonomy.goals.goal_fields import MAX_AMOUNT, NAME_LETTERS
from pixonomy.json_types import Json, JsonObject
from pixonomy.serving.openapi import CATEGORY, Responses, refusals
from pixonomy.serving.saver_api.saver_requests import KEY_PATTERN, SUBJECT_PATTERN, TEXT_LETTERS

TOKEN_REFUSED = (401, 403, 422, 429, 503)
"""How any request of this API may be refused."""

BODY_REFUSED = (*TOKEN_REFUSED, 408, 411, 413, 415)
"""How one with a body may be."""

_CONTROL = r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # what is no space among them
_SUBJECT: JsonObject = {"type": "string", "pattern": f"^{SUBJECT_PATTERN}$"}
_ID: JsonObject = {"type": ["string", "null"], "description": "Of an upload that is kept."}
_LABEL: JsonObject = {"anyOf": [CATEGORY, {"type": "null"}]}
_CONSENT: JsonObject = {"type": ["boolean", "null"], "description": "null: as it was."}
_SUM: JsonObject = {
    "type": ["number", "null"],
    "minimum": 0,
    "maximum": MAX_AMOUNT,
    "multipleOf": 0.01,
    "description": "In the goal's currency.",
}
_FIELDS: JsonObject = {
    "name": {
        "type": "string",
        "maxLength": NAME_LETTERS,
        "pattern": rf"^[^{_CONTROL}]*[^\s{_CONTROL}][^{_CONTROL}]*$",
    },
    "label": _LABEL,
    "amount": _SUM,
    "currency": {"type": ["string", "null"], "pattern": "^[A-Za-z]{3}$"},
    "by": {
        "type": ["string", "null"],
        "format": "date",
        "description": "Neither past nor more than 50 years away.",
    },
    "saved": _SUM,
}
_VERSION: JsonObject = {
    "type": "integer",
    "minimum": 1,
    "maximum": (1 << 31) - 1,
    "description": "Of the goal which was read before it is changed.",
}


def _body(properties: JsonObject, *required: Json) -> JsonObject:
    schema: JsonObject = {
        "type": "object",
        "properties": properties,
        "required": [*required],
        "additionalProperties": False,
    }
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _query(name: str, schema: JsonObject, meaning: str) -> JsonObject:
    is_needed = "default" not in schema
    return {
        "name": name, "in": "query", "required": is_needed, "description": meaning,
        "schema": schema,
    }  # fmt: skip


def _path(name: str, schema: JsonObject, meaning: str) -> JsonObject:
    return {"name": name, "in": "path", "required": True, "description": meaning, "schema": schema}


ABOUT = _query("subject", _SUBJECT, "The app's id for its user; a keyed hash of it alone is kept.")
KEEP = _query(
    "keep", {"type": "boolean", "default": False}, "Whether the image is kept with a goal."
)
IMPROVE = _query(
    "improve",
    {"type": "boolean", "default": False},
    "Whether the image may be used to make the answers better.",
)
AT = _path("id", {"type": "string", "minLength": 1}, "Of what is kept.")
ABOUT_PATH = _path("subject", _SUBJECT, "The app's id for its user.")
ONCE: JsonObject = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Chosen by the app: the same request with the same key counts once, for a day.",
    "schema": {"type": "string", "pattern": f"^{KEY_PATTERN}$"},
}

NEW_GOAL = _body({**_FIELDS, "upload": _ID}, "name")
CHANGED_GOAL = _body({**_FIELDS, "version": _VERSION}, "version")
CONSENTS = _body({"keep": _CONSENT, "improve": _CONSENT})
CORRECTION = _body(
    {
        "upload": {"type": "string"},
        "label": _LABEL,
        "text": {"type": ["string", "null"], "maxLength": TEXT_LETTERS},
    },
    "upload",
    "label",
)
LINK_FOR = _body({"subject": _SUBJECT}, "subject")


def deleted(*refused: int) -> Responses:
    """Return what a route answers that deletes."""
    gone: Responses = {204: {"description": "It is deleted."}}
    return gone | refusals(*TOKEN_REFUSED, *refused)


def jpeg(*refused: int) -> Responses:
    """Return what a route answers that gives an image."""
    content: JsonObject = {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}
    found: Responses = {200: {"description": "A JPEG.", "content": content}}
    return found | refusals(*TOKEN_REFUSED, *refused)
