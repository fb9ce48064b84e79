"""Forms without files: their fields, bounded, or one sentence."""

import asyncio

import pytest
from starlette.requests import Request
from starlette.types import Message

from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.body import PendingBytes
from pixonomy.serving.saver_pages.form_body import read_form_fields

FORM = b"application/x-www-form-urlencoded"


def read(body: bytes, kind: bytes = FORM) -> dict[str, str]:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    return asyncio.run(read_form_fields(request, PendingBytes(10**6)))


def test_fields_are_read_with_spaces_accents_and_empty_values() -> None:
    assert read(b"name=Caf%C3%A9+au+lait&by=&saved=1") == {
        "name": "Café au lait",
        "by": "",
        "saved": "1",
    }
    assert read(b"a=1&a=2", FORM + b"; charset=utf-8") == {"a": "2"}


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert read(b"name=%ff%00\xff") == {"name": "\ufffd\0\ufffd"}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"a=1", b"text/plain", 415),
        (b"a=" + b"x" * 40_000, FORM, 413),
        (b"&".join(b"a=1" for _ in range(100)), FORM, 400),
        (b"", FORM, 422),
    ],
)
def test_what_is_no_small_form_is_refused(body: bytes, kind: bytes, status: int) -> None:
    with pytest.raises(RequestRefused) as refused:
        read(body, kind)
    assert refused.value.status == status
