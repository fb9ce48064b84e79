"""Everything that goes wrong has one shape."""

import json

import pytest
from starlette.exceptions import HTTPException

from pixonomy.serving.api_errors import (
    STATUSES,
    ClientGone,
    RequestRefused,
    as_response,
    raw_response,
    try_again,
)


def test_a_refusal_has_a_kind_and_a_message() -> None:
    answer = as_response(RequestRefused(415, "wrong_type", "No.", {"x-more": "1"}))
    assert answer.status_code == 415
    assert json.loads(bytes(answer.body)) == {"error": {"kind": "wrong_type", "message": "No."}}
    assert answer.headers["x-more"] == "1"


@pytest.mark.parametrize(("seconds", "told"), [(0.0, "1"), (0.2, "1"), (3.01, "4")])
def test_who_may_come_again_is_told_when_in_whole_seconds(seconds: float, told: str) -> None:
    assert try_again(429, "too_often", "Later.", seconds).headers == {"retry-after": told}


def test_a_fault_of_ours_tells_nothing_of_itself() -> None:
    answer = as_response(ValueError("a secret"))
    assert answer.status_code == 500
    assert b"secret" not in answer.body


def test_other_errors_of_the_framework_and_clients_that_left_are_answered_too() -> None:
    assert as_response(HTTPException(405)).status_code == 405
    assert json.loads(bytes(as_response(HTTPException(418)).body))["error"]["kind"] == "refused"
    assert as_response(ClientGone()).status_code == 499


@pytest.mark.parametrize("status", [400, 408, 503])
def test_a_raw_response_is_a_whole_one(status: int) -> None:
    head, _, body = raw_response(status, "kind", "Gâteaux.").partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0].startswith(f"HTTP/1.1 {status} ")
    assert f"content-length: {len(body)}" in lines
    assert "connection: close" in lines
    assert ("retry-after: 1" in lines) == (status == 503)
    assert json.loads(body) == {"error": {"kind": "kind", "message": "Gâteaux."}}
    assert status in STATUSES
