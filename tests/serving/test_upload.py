"""The images of a request, by the type of its body."""

import asyncio

import pytest
from starlette.types import Message

from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.body import PendingBytes
from pixonomy.serving.multipart_form import Upload
from pixonomy.serving.serve_settings import BodyLimits
from pixonomy.serving.upload import read_upload

FORM = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n123\r\n--x--\r\n'


def read(kind: str | None, body: bytes, limits: BodyLimits | None = None) -> Upload:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def run() -> Upload:
        headers = {"content-length": str(len(body))}
        if kind is not None:
            headers["content-type"] = kind
        with PendingBytes(1000).taken() as take:
            return await read_upload(headers, receive, limits or BodyLimits(), take)

    return asyncio.run(run())


@pytest.mark.parametrize("kind", ["image/jpeg", "IMAGE/PNG; q=1", "application/octet-stream"])
def test_a_raw_body_is_one_image(kind: str) -> None:
    assert read(kind, b"123") == Upload([b"123"])


@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", 'Multipart/Form-Data;boundary="x"']
)
def test_a_form_has_its_images_in_parts(kind: str) -> None:
    assert read(kind, FORM) == Upload([b"123"])


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        (None, b"1", 415),
        ("text/html", b"1", 415),
        ("multipart/mixed; boundary=x", FORM, 415),
        ("image/png", b"", 422),
        ("image/png", b"12345", 413),
        ("multipart/form-data", FORM, 400),
        ("multipart/form-data; boundary=x", b"--x--\r\n", 422),
    ],
)
def test_what_holds_no_image_is_refused(kind: str | None, body: bytes, status: int) -> None:
    with pytest.raises(RequestRefused) as refused:
        read(kind, body, BodyLimits(image=4))
    assert refused.value.status == status


def test_a_form_may_be_larger_than_one_image_but_not_than_a_request() -> None:
    assert read("multipart/form-data; boundary=x", FORM, BodyLimits(image=4)).images == [b"123"]
    with pytest.raises(RequestRefused) as refused:
        read("multipart/form-data; boundary=x", FORM, BodyLimits(request=50))
    assert refused.value.status == 413
