"""Reads the parts of a multipart form as they arrive: images and short fields, no file names."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.settings import BodyLimits

IMAGE_FIELD = "image"
"""The name of the parts that hold images."""

_MOST_FIELD_BYTES = 4096
_MOST_SECONDS = 1.0  # of CPU: 48 MB take a tenth of it, unless they are full of half-boundaries


@dataclass
class Upload:
    """What a request brought.

    Attributes:
        images: encoded, in their order.
        fields: the values of a form's other parts by their names.
    """

    images: list[bytes] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)


async def read_form(
    chunks: AsyncIterator[bytes], boundary: bytes | None, limits: BodyLimits
) -> Upload:
    """Return the images and the fields of a multipart body.

    Args:
        chunks: of the body, see `body.read_chunks`.
        boundary: what its Content-Type says stands between the parts.

    Raises:
        RequestRefused: as soon as it is malformed, or a part or their number is too large.
    """
    if not boundary:
        raise _malformed("Content-Type names no boundary")
    parts, seconds = _Parts(limits), 0.0
    try:
        parser = parts.parser(boundary)
        async for chunk in chunks:
            began = time.thread_time()
            parser.write(chunk)
            seconds += time.thread_time() - began
            if seconds > _MOST_SECONDS:
                raise _malformed("it takes too long to take apart")
    except FormParserError:
        raise _malformed("its parts are not as its boundary says") from None
    if not parts.is_complete:
        raise _malformed("its last boundary is missing")
    return parts.upload


class _Parts:
    """Collects parts from the callbacks of a push parser."""

    def __init__(self, limits: BodyLimits) -> None:
        self.upload = Upload()
        self.is_complete = False
        self._limits = limits
        self._count = 0
        self._begin()

    def parser(self, boundary: bytes) -> MultipartParser:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._add_header_name,
                "on_header_value": self._add_header_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._end_headers,
                "on_part_data": self._add_data,
                "on_part_end": self._end,
                "on_end": self._complete,
            },
        )

    def _begin(self) -> None:
        self._header_name, self._header_value = b"", b""
        self._name, self._is_unnamed_file, self._is_file, self._is_typed = "", False, False, False
        self._data: list[bytes] = []
        self._bytes, self._most = 0, 0

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        name = self._header_name.lower()
        self._is_typed |= name == b"content-type"
        if name == b"content-disposition":
            _, options = parse_options_header(self._header_value)
            self._name = options.get(b"name", b"").decode("utf-8", "replace")
            self._is_file = b"filename" in options
            self._is_unnamed_file = options.get(b"filename") == b""
        self._header_name, self._header_value = b"", b""

    def _end_headers(self) -> None:
        self._count += 1
        if self._count > self._limits.parts:
            raise _too_many(413, f"A form has at most {self._limits.parts} parts.")
        is_image = self._name == IMAGE_FIELD
        self._most = self._limits.image if is_image else _MOST_FIELD_BYTES
        if self._is_file and not is_image and not self._is_unnamed_file:
            raise _unlike(
                f"A file stands in the part {self._name[:40]!r}: images belong in parts named "
                f"{IMAGE_FIELD!r}."
            )
        if is_image and not (self._is_file or self._is_typed):
            raise _unlike(
                f"The part {IMAGE_FIELD!r} is text, not a file: with curl, -F image=@photo.jpg "
                "sends the file."
            )

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        self._bytes += end - start
        if self._bytes > self._most:
            what = "An image" if self._name == IMAGE_FIELD else "A field of a form"
            raise RequestRefused(413, "too_large", f"{what} has at most {self._most:,} bytes.")
        self._data.append(data[start:end])

    def _end(self) -> None:
        value = b"".join(self._data)
        self._data = []
        if self._name != IMAGE_FIELD:
            self.upload.fields[self._name] = value.decode("utf-8", "replace")
        elif value or not self._is_unnamed_file:  # browsers send a part where nothing was picked
            if len(self.upload.images) == self._limits.images:
                raise _too_many(422, f"A request has at most {self._limits.images} images.")
            self.upload.images.append(value)

    def _complete(self) -> None:
        self.is_complete = True


def _malformed(why: str) -> RequestRefused:
    return RequestRefused(400, "malformed", f"The multipart body cannot be read: {why}.")


def _unlike(message: str) -> RequestRefused:
    return RequestRefused(422, "wrong_part", message)


def _too_many(status: int, message: str) -> RequestRefused:
    return RequestRefused(status, "too_many", message)
