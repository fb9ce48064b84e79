"""Reads the images of a request: its whole body, or the parts of a form."""

from collections.abc import Mapping

from python_multipart.multipart import parse_options_header
from starlette.types import Receive

from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.body import Take, read_chunks, require_body
from pixonomy.serving.multipart_form import IMAGE_FIELD, Upload, read_form
from pixonomy.serving.serve_settings import BodyLimits

_RAW, _FORM = b"application/octet-stream", b"multipart/form-data"


async def read_upload(
    headers: Mapping[str, str], receive: Receive, limits: BodyLimits, take: Take
) -> Upload:
    """Return the images of a request, at least one, and the fields of its form.

    Args:
        headers: of the request, by lower-case names.
        take: see `body.PendingBytes`.

    Raises:
        RequestRefused: as soon as the body is of another type, too large, malformed or empty.
        ClientGone: if the client leaves before all has arrived.
    """
    require_body(headers)
    kind, options = parse_options_header(headers.get("content-type"))
    if kind == _FORM:
        chunks = read_chunks(headers, receive, limits.request, take)
        upload = await read_form(chunks, options.get(b"boundary"), limits)
    elif kind == _RAW or kind.startswith(b"image/"):
        chunks = read_chunks(headers, receive, limits.image, take)
        body = b"".join([chunk async for chunk in chunks])
        upload = Upload([body] if body else [])
    else:
        raise _wrong_type(kind.decode("latin-1")[:60])
    if not upload.images:
        message = f"The body holds no image; in a form, images are parts named {IMAGE_FIELD!r}."
        raise RequestRefused(422, "no_image", message)
    return upload


def _wrong_type(kind: str) -> RequestRefused:
    return RequestRefused(
        415,
        "wrong_type",
        f"Content-Type is {kind!r}: expected an image/… or application/octet-stream with one "
        "image as the body, or multipart/form-data.",
    )
