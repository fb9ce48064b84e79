"""Reads the parts of a multipart form as they arrive: images and short fields, no file names."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from pixonomy.serving.api_errors import RequestRefused
from pixonomy.serving.serve_settings import BodyLimits

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


@dataclass
class _Part:
    """A part that is being read; of its file name it is known only whether there is one."""

    name: str = ""
    has_file: bool = False
    is_unpicked: bool = False  # an empty file name: browsers send one where nothing was picked
    is_typed: bool = False
    size: int = 0
    pieces: list[bytes] = field(default_factory=list)

    @property
    def is_image(self) -> bool:
        return self.name == IMAGE_FIELD

    def read_header(self, name: bytes, value: bytes) -> None:
        self.is_typed |= name.lower() == b"content-type"
        if name.lower() == b"content-disposition":
            _, options = parse_options_header(value)
            self.name = options.get(b"name", b"").decode("utf-8", "replace")
            self.has_file = b"filename" in options
            self.is_unpicked = options.get(b"filename") == b""

    def check(self) -> None:
        """Refuse a file in a part of another name, and a text where an image belongs."""
        if self.has_file and not self.is_image and not self.is_unpicked:
            raise _wrong_part(
                f"A file stands in the part {self.name[:40]!r}: images belong in parts named "
                f"{IMAGE_FIELD!r}."
            )
        if self.is_image and not (self.has_file or self.is_typed):
            raise _wrong_part(
                f"The part {IMAGE_FIELD!r} is text, not a file: with curl, -F image=@photo.jpg "
                "sends the file."
            )

    def add(self, piece: bytes, limits: BodyLimits) -> None:
        most = limits.image if self.is_image else _MOST_FIELD_BYTES
        self.size += len(piece)
        if self.size > most:
            what = "An image" if self.is_image else "A field of a form"
            raise RequestRefused(413, "too_large", f"{what} has at most {most:,} bytes.")
        self.pieces.append(piece)


class _Parts:
    """Collects parts from the callbacks of a push parser."""

    def __init__(self, limits: BodyLimits) -> None:
        self.upload = Upload()
        self.is_complete = False
        self._limits = limits
        self._count = 0
        self._part = _Part()
        self._header_name, self._header_value = b"", b""

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
        self._part = _Part()
        self._count += 1
        if self._count > self._limits.parts:
            raise _too_many(413, f"A form has at most {self._limits.parts} parts.")

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        self._part.read_header(self._header_name, self._header_value)
        self._header_name, self._header_value = b"", b""

    def _end_headers(self) -> None:
        self._part.check()

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        self._part.add(data[start:end], self._limits)

    def _end(self) -> None:
        part, self._part = self._part, _Part()
        value = b"".join(part.pieces)
        if not part.is_image:
            self.upload.fields[part.name] = value.decode("utf-8", "replace")
        elif value or not part.is_unpicked:
            if len(self.upload.images) == self._limits.images:
                raise _too_many(422, f"A request has at most {self._limits.images} images.")
            self.upload.images.append(value)

    def _complete(self) -> None:
        self.is_complete = True


def _malformed(why: str) -> RequestRefused:
    return RequestRefused(400, "malformed", f"The multipart body cannot be read: {why}.")


def _wrong_part(message: str) -> RequestRefused:
    return RequestRefused(422, "wrong_part", message)


def _too_many(status: int, message: str) -> RequestRefused:
    return RequestRefused(status, "too_many", message)
