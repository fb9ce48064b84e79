import json

import pytest

from pixonomy.results.data_results import SplitResult
from pixonomy.results.json_schema import schema_of, schema_text
from result_schema import PATH, find_mismatches


def test_the_schema_in_the_docs_is_up_to_date() -> None:
    assert PATH.read_text("utf-8") == schema_text(), (
        "python -m pixonomy.results > docs/results.schema.json"
    )


def test_every_class_and_field_says_what_it_is() -> None:
    classes = json.loads(schema_text())["$defs"]
    assert len(classes) > 40
    plain = {"CellCounts", "DemoCollection", "DemoAudit"}  # the first line says all of it
    unsaid = [
        f"{name}.{key}"
        for name, one in classes.items()
        for key, about in one["properties"].items()
        if name not in plain and "description" not in about
    ]
    assert unsaid == []


def test_a_field_that_is_left_out_is_not_required_and_never_null() -> None:
    schema = schema_of(SplitResult)
    assert "held_out" not in schema["required"]
    assert schema["properties"]["held_out"]["$ref"] == "#/$defs/HeldOutValues"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"device": None, "validation": None}, []),
        ({"steps": 1.5}, ["TrainResult.steps: 1.5 is no integer"]),
        ({"seconds": True}, ["TrainResult.seconds: True is no number"]),
        ({"run": None}, ["TrainResult.run: None is no string"]),
        ({"other": 1}, ["TrainResult: other is not known"]),
    ],
)
def test_json_of_other_keys_or_types_is_told(changes: dict[str, object], found: list[str]) -> None:
    told = {
        "run": "r", "bundle": "r/bundle", "steps": 9, "seconds": 1, "device": "cpu",
        "validation": {"n": 4, "accuracy": 1.0, "loss": 0.1},
    }  # fmt: skip
    assert find_mismatches(told | changes, "TrainResult") == found
    del told["validation"]
    assert "TrainResult: no validation" in find_mismatches(told, "TrainResult")
