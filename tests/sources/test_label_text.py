import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.sources.label_text import decode_text, label_of_text, label_of_value, plain_keys


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("cat", "cat"),
        (" pa\u0302te\u0301 ", "pâté"),
        ("7.0", "7.0"),
        (7, "7"),
        (7.0, "7"),
        (1000003437.0, "1000003437"),
        (0.5, "0.5"),
        (-0.0, "0"),
        (float("nan"), None),
        (float("inf"), None),
        (True, None),
        (None, None),
        ("", None),
        ("x" * 201, None),
        (10**300, None),
        (["cat"], "cat"),
        ([3.0], "3"),
        ([["cat"]], "cat"),
        ([], None),
        ('["cat"]', "cat"),
        ("['cat']", "cat"),
        ("[misc]", "[misc]"),
        ({"id": 3, "name": "cat"}, "cat"),
        ({"id": 3, "name": None}, "3"),
        ({"ID": 3}, "3"),
        ({"class_name": ["cat"]}, "cat"),
        ([{"id": 3, "name": "cat"}], "cat"),
        ({"x": 1}, None),
        ([[[[[["cat"]]]]]], None),
    ],
)
def test_the_label_that_a_json_value_is(value: Any, label: str | None) -> None:
    assert label_of_value(value) == (label, "")


@pytest.mark.parametrize(
    ("value", "several"),
    [
        (["a", "b"], '["a", "b"]'),
        ([0, 1, 0], "[0, 1, 0]"),
        ("['a','b']", '["a", "b"]'),
        ("[a, b]", "[a, b]"),
        ({"name": ["a", "b"], "id": 3}, '["a", "b"]'),
        (["x" * 99, "y"], '["' + "x" * 57 + "…"),
    ],
)
def test_several_labels_are_none_and_are_shown(value: Any, several: str) -> None:
    assert label_of_value(value) == (None, several)


@pytest.mark.parametrize(
    ("data", "label"),
    [
        (b" cat\r\n", "cat"),
        (b"7.0\n", "7"),
        (b"-7.00", "-7"),
        (b"7.5", "7.5"),
        (b"v7.0", "v7.0"),
        (b"\xef\xbb\xbfcat", "cat"),
        ("Käfer".encode("utf-16"), "Käfer"),
        (b"p\xe2t\xe9", "pâté"),
        (b"p\xeat\xe8", "pêtè"),
        (b"\x81", "\\x81"),
        (b"cat\0", "cat"),
        (b'["1"]', "1"),
        (b"two\nlines", None),
        (b"", None),
        (b"0 0.5 0.5 0.25 0.25", None),
        (b"3 1 2 3 4 5 6", None),
        (b"room 101", "room 101"),
    ],
)
def test_the_label_that_a_text_is(data: bytes, label: str | None) -> None:
    assert label_of_text(data).label == label


def test_keys_are_compared_without_case_and_signs() -> None:
    assert plain_keys({"Class_Name": 1, "className": 2, "label-id": 3}) == {
        "classname": 2,
        "labelid": 3,
    }


@given(st.binary(max_size=200))
def test_any_bytes_are_one_line_or_none(data: bytes) -> None:
    label = label_of_text(data).label
    assert label is None or (label == label.strip() and 0 < len(label) <= 200)
    decode_text(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_one_label_or_none(value: Any) -> None:
    found = label_of_value(json.loads(json.dumps(value)))
    assert found.label is None or found.several == ""
