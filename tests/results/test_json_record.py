from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from pixonomy.results.json_record import LEFT_OUT_WHEN_NONE, Result


@dataclass(frozen=True, kw_only=True)
class Inner(Result):
    label: str
    share: float | None = None


@dataclass(frozen=True, kw_only=True)
class Outer(Result):
    path: str
    counts: Mapping[str, int]
    rows: tuple[Inner, ...]
    first: Inner | None
    extra: int | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)


OUTER = Outer(path="a", counts={"x": 1}, rows=(Inner(label="b"),), first=None)
JSON = {"path": "a", "counts": {"x": 1}, "rows": [{"label": "b", "share": None}], "first": None}


def test_json_has_the_fields_in_their_order_and_null_where_nothing_is_known() -> None:
    assert OUTER.as_json() == JSON
    assert list(OUTER.as_json()) == ["path", "counts", "rows", "first"]


def test_a_field_that_is_left_out_is_there_once_it_is_known() -> None:
    assert "extra" not in OUTER
    assert list(replace(OUTER, extra=0).as_json())[-1] == "extra"


def test_a_record_is_read_back_from_its_json_and_other_keys_are_passed_over() -> None:
    assert Outer.from_json({**JSON, "of a later version": 1}) == OUTER
    whole = replace(OUTER, first=Inner(label="c", share=0.5), extra=3)
    assert Outer.from_json(whole.as_json()) == whole


def test_a_record_without_a_field_that_must_be_there_is_refused() -> None:
    with pytest.raises(TypeError, match="path"):
        Outer.from_json({"counts": {}, "rows": [], "first": None})


def test_a_record_is_read_by_its_keys_as_the_json_is() -> None:
    assert OUTER["rows"][0]["label"] == "b"
    assert {**OUTER} == dict(OUTER) == JSON
    assert set(OUTER) == set(JSON)
    with pytest.raises(KeyError, match="Outer has no 'row'"):
        OUTER["row"]
