"""Length-prefixed messages on the socket between the service and one of its workers."""

import json
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import NamedTuple

from pixonomy.errors import PixonomyError
from pixonomy.results.json_record import Result
from pixonomy.results.serving_results import ClassifiedImage, ServedModel

LARGEST = 32 << 20
"""Bytes that a message may have: above any image that is let in, and any answer."""

OUT_OF_MEMORY = 70
"""The exit status of a worker that ran out of memory where nothing could be saved."""

_HEADER = struct.Struct(">BI")  # kind, bytes that follow


class Kind(IntEnum):
    """What a message is about.

    To a worker: an IMAGE, as it was uploaded, after a WANTED where more than its answer is. From
    it: an ANSWER for each, in their order, as JSON, after what was WANTED and could be made: the
    COPY, a JPEG, and the MAP, a PNG. Before the first, READY with JSON about its model, or REFUSED
    with why it cannot work.
    """

    IMAGE = 1
    ANSWER = 2
    READY = 3
    REFUSED = 4
    WANTED = 5
    COPY = 6
    MAP = 7


class Wanted(IntFlag):
    """What is wanted beside an answer; the content of a WANTED is one byte of it.

    COPY: the image encoded anew, see `kept_copy`; MAP: what the answer rests on.
    """

    NOTHING = 0
    COPY = 1
    MAP = 2


class Message(NamedTuple):
    """One message."""

    kind: Kind
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Answer(Result):
    """The content of an ANSWER; seconds of its stages."""

    row: ClassifiedImage
    decoding: float
    network: float


@dataclass(frozen=True, kw_only=True)
class Ready(Result):
    """The content of a READY: what the worker answers with, and its answer for `ready.jpg`."""

    model: ServedModel
    row: ClassifiedImage


@dataclass(frozen=True, kw_only=True)
class Refused(Result):
    """The content of a REFUSED: an error, by its kind (the class) and its message."""

    kind: str
    message: str


class Garbled(PixonomyError):
    """What came is no message: the other side is broken."""


def head(kind: Kind, size: int) -> bytes:
    """Return what goes before the content of a message, which has `size` bytes."""
    return _HEADER.pack(kind, size)


class MessageReader:
    """Puts messages together out of what arrives in pieces."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, piece: bytes) -> Iterator[Message]:
        """Take a piece, yield what is whole.

        Raises:
            Garbled: if it is of no known kind, or larger than `LARGEST`.
        """
        self._buffer += piece
        while len(self._buffer) >= _HEADER.size:
            kind, size = _read_head(self._buffer)
            end = _HEADER.size + size
            if len(self._buffer) < end:
                return
            content = bytes(self._buffer[_HEADER.size : end])
            del self._buffer[:end]
            yield Message(kind, content)


def receive(connection: socket.socket) -> Message | None:
    """Wait for one message; None where the other side has closed.

    Raises:
        Garbled: see `MessageReader.feed`.
    """
    start = _receive_bytes(connection, _HEADER.size)
    if start is None:
        return None
    kind, size = _read_head(start)
    content = _receive_bytes(connection, size)
    return None if content is None else Message(kind, bytes(content))


def send(connection: socket.socket, kind: Kind, about: Result) -> None:
    """Send a worker's message, waiting until the other side has taken it."""
    send_bytes(connection, kind, json.dumps(about.as_json()).encode())


def send_bytes(connection: socket.socket, kind: Kind, content: bytes) -> None:
    """Send a worker's message whose content is no JSON."""
    connection.sendall(head(kind, len(content)) + content)


def _read_head(start: bytearray) -> tuple[Kind, int]:
    kind, size = _HEADER.unpack_from(start)
    if kind not in _KINDS or size > LARGEST:
        raise Garbled(f"A message of kind {kind} with {size} bytes is none.")
    return _KINDS[kind], size


_KINDS = {int(one): one for one in Kind}


def _receive_bytes(connection: socket.socket, size: int) -> bytearray | None:
    content = bytearray(size)
    view, have = memoryview(content), 0
    while have < size:
        count = connection.recv_into(view[have:])
        if not count:
            return None
        have += count
    return content
