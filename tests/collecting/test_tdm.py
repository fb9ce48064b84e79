import json
from typing import Any

import pytest

from pixonomy.collecting.search_results import Refused
from pixonomy.collecting.tdm import TdmFile, check_reservation


def is_reserved(rules: Any, path: str) -> bool:
    try:
        TdmFile.parse(json.dumps(rules).encode()).check(f"https://example.org{path}")
    except Refused:
        return True
    return False


# The example of the report, section 5.2.2.
RULES = [
    {"location": "/directory-a/", "tdm-reservation": 1},
    {"location": "/directory-b/html/", "tdm-reservation": 1, "tdm-policy": "https://p.org/1"},
    {"location": "/directory-b/images/*.jpg", "tdm-reservation": 0},
    {"location": "/directory-b/", "tdm-reservation": "1"},
    {"location": "/exactly$", "tdm-reservation": 1},
]


@pytest.mark.parametrize(
    ("path", "reserved"),
    [("/directory-a/x.pdf", True), ("/directory-b/images/1.jpg", False), ("/directory-b/x", True),
     ("/elsewhere", False), ("/exactly", True), ("/exactly/not", False)],
)  # fmt: skip
def test_the_first_rule_that_fits_counts(path: str, reserved: bool) -> None:
    assert is_reserved(RULES, path) is reserved


def test_a_reservation_is_told_with_the_way_to_a_leave() -> None:
    file = TdmFile.parse(json.dumps(RULES).encode())
    with pytest.raises(Refused, match=r"tdmrep.json reserves .* had by https://p.org/1"):
        file.check("https://example.org/directory-b/html/x")


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"location": "/", "tdm-reservation": 1}', b"[" * 100_000, b"[1, null]",
             b"<html>", b'[{"location": 3, "tdm-reservation": 1}]', b"\xff\xfe",
             b'[{"location": "/", "tdm-reservation": 2}]', b'[{"location": "/"}]']
)  # fmt: skip
def test_a_file_that_is_none_says_nothing(body: bytes) -> None:
    TdmFile.parse(body).check("https://example.org/")


@pytest.mark.parametrize(
    ("value", "reserved"),
    [
        ("1", True),
        (" 1 ", True),
        ("0, 1", True),
        ("0", False),
        ("2", False),
        ("", False),
        ("yes", False),
    ],
)
def test_only_1_reserves(value: str, reserved: bool) -> None:
    if reserved:
        with pytest.raises(Refused, match="text and data mining"):
            check_reservation(value, "", "its header")
    else:
        check_reservation(value, "", "its header")
