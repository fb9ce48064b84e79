"""Checks JSON against the schema of results in `docs/`; knows what that schema makes use of."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PATH = Path(__file__).parents[1] / "docs" / "results.schema.json"
_OF_COMMAND = {
    "audit": ("AuditResult",),
    "browse": ("BrowseResult",),
    "classify": ("ClassifyResult",),
    "collect": (
        "CollectResult", "CollectPlanResult", "CollectStatusResult", "TryPageResult",
        "TryRefusedResult",
    ),
    "compare": ("CompareResult",),
    "demo": ("DemoResult",),
    "evaluate": ("EvaluateResult", "EvaluateOnResult"),
    "export": ("ExportResult",),
    "fit": ("EvaluateResult", "FitWordsResult"),
    "index": ("ManifestResult",),
    "join": ("JoinResult",),
    "predict": ("PredictResult",),
    "prepare": ("PrepareResult",),
    "sample": ("SampleResult",),
    "split": ("SplitResult",),
    "study": ("StudyResult",),
    "taxonomy": ("TaxonomyResult",),
    "train": ("TrainResult",),
}  # fmt: skip
_PYTHON = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,),
    "null": (type(None),), "object": (dict,), "array": (list,),
}  # fmt: skip


def find_mismatches(told: Any, name: str) -> list[str]:
    """Return where JSON is not what the schema says of a class of results."""
    known = json.loads(PATH.read_text("utf-8"))["$defs"]
    return [*_mismatches(told, known[name], known, name)]


def _mismatches(told: Any, shape: Mapping[str, Any], known: Any, at: str) -> Iterator[str]:
    if "$ref" in shape:
        yield from _mismatches(told, known[shape["$ref"].rpartition("/")[2]], known, at)
    if "anyOf" in shape:
        tries = [[*_mismatches(told, one, known, at)] for one in shape["anyOf"]]
        yield from min(tries, key=len)
    if "enum" in shape and told not in shape["enum"]:
        yield f"{at}: {told!r} is none of {shape['enum']}"
    kinds = _PYTHON.get(shape.get("type", ""))
    if kinds and (not isinstance(told, kinds) or (isinstance(told, bool) and bool not in kinds)):
        yield f"{at}: {told!r} is no {shape['type']}"
    elif shape.get("type") == "array":
        for place, one in enumerate(told):
            yield from _mismatches(one, shape["items"], known, f"{at}[{place}]")
    elif shape.get("type") == "object":
        yield from _mismatches_of_object(told, shape, known, at)


def _mismatches_of_object(
    told: Mapping[str, Any], shape: Mapping[str, Any], known: Any, at: str
) -> Iterator[str]:
    yield from (f"{at}: no {name}" for name in shape.get("required", ()) if name not in told)
    properties, others = shape.get("properties", {}), shape["additionalProperties"]
    for name, value in told.items():
        if name in properties:
            yield from _mismatches(value, properties[name], known, f"{at}.{name}")
        elif others is False:
            yield f"{at}: {name} is not known"
        else:
            yield from _mismatches(value, others, known, f"{at}.{name}")


def check_output(command: object, told: Any) -> None:
    """Fail where what a command printed is not what the schema promises of it."""
    tries = [find_mismatches(told, name) for name in _OF_COMMAND.get(str(command), ())]
    assert not tries or min(tries, key=len) == []
