"""Reads the fields of a form without files, `application/x-www-form-urlencoded`."""

from urllib.parse import parse_qsl

from starlette.requests import Request

from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.body import PendingBytes, headers_of, read_chunks

_MOST_BYTES = 32_768
_MOST_FIELDS = 60
_FORM = "application/x-www-form-urlencoded"


async def read_form_fields(request: Request, pending: PendingBytes) -> dict[str, str]:
    """Return the fields by their names; of equal names the last.

    Args:
        pending: what bodies of all requests may take.

    Raises:
        RequestRefused: 415 for another type, 413 beyond 32 kB, 400 for what is no form.
    """
    headers = headers_of(request.scope)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM:
        raise RequestRefused(415, "wrong_type", f"Content-Type is {kind[:60]!r}: expected {_FORM}.")
    with pending.taken() as take:
        chunks = read_chunks(headers, request.receive, _MOST_BYTES, take)
        body = b"".join([chunk async for chunk in chunks])
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"),
            keep_blank_values=True,
            errors="replace",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError as error:
        message = f"A form has at most {_MOST_FIELDS} fields."
        raise RequestRefused(400, "malformed", message) from error
    return dict(pairs)
