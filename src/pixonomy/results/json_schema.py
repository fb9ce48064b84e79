"""The JSON Schema (draft 2020-12) of all results, made from their classes."""

import json
from collections import abc
from dataclasses import fields
from types import NoneType, UnionType
from typing import Literal, TypedDict, Union, get_args, get_origin, get_type_hints

from pixonomy.results import (
    answer_results,
    backup_results,
    bundle_results,
    collection_results,
    comparison_results,
    data_results,
    kept_results,
    model_results,
    page_results,
    serving_results,
    token_results,
    word_results,
)
from pixonomy.results.docstrings import attribute_meanings, first_sentence
from pixonomy.results.json_record import Result, is_left_out_when_none, known_kind

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PLAIN = {
    str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null",
}  # fmt: skip

_MODULES = (
    answer_results, backup_results, bundle_results, collection_results, comparison_results,
    data_results, kept_results, model_results, page_results, serving_results, token_results,
    word_results,
)  # fmt: skip

Schema = dict[str, object]


class RecordSchema(TypedDict):
    """The schema of a class: an object with these keys and no others."""

    type: str
    description: str
    properties: dict[str, Schema]
    required: list[str]
    additionalProperties: bool


def schema_text() -> str:
    """Return the schema as indented JSON: an entry in `$defs` for each class of results."""
    schema = {
        "$schema": _DRAFT,
        "title": "What the commands of Pixonomy print with --json",
        "$defs": {name: schema_of(kind) for name, kind in sorted(_kinds().items())},
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def schema_of(kind: type[Result]) -> RecordSchema:
    """Return the schema of a class; others are named by reference."""
    hints, meanings = get_type_hints(kind), attribute_meanings(kind)
    names = [one.name for one in fields(kind)]
    optional = [name for name in names if is_left_out_when_none(name, kind)]
    properties = {}
    for name in names:
        # A field that is left out where it is None never is null.
        shape = _shape(known_kind(hints[name]) if name in optional else hints[name])
        meaning: Schema = {"description": meanings[name]} if name in meanings else {}
        properties[name] = shape | meaning
    return {
        "type": "object",
        "description": f"{first_sentence(kind)}.",
        "properties": properties,
        "required": [name for name in names if name not in optional],
        "additionalProperties": False,
    }


def _kinds() -> dict[str, type[Result]]:
    return {
        name: found
        for module in _MODULES
        for name, found in vars(module).items()
        if isinstance(found, type) and issubclass(found, Result) and found is not Result
    }


def _shape(kind: object) -> Schema:
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return {"anyOf": [_shape(part) for part in parts]}
    if origin is Literal:
        return {"enum": list(parts)}
    if origin is tuple:
        return {"type": "array", "items": _shape(parts[0])}
    if origin is abc.Mapping:
        return {"type": "object", "additionalProperties": _shape(parts[1])}
    if kind is object:
        return {}
    assert isinstance(kind, type)
    return {"type": _PLAIN[kind]} if kind in _PLAIN else {"$ref": f"#/$defs/{kind.__name__}"}
