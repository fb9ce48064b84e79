"""How long a request may take to arrive.

uvicorn waits for ever for what a client does not send. This subclass of its HTTP protocol closes a
connection that sends nothing, and answers 408 where a header or a body comes too slowly. A body
earns time by what has arrived: a slow phone is served, a client that drips is not.
"""

import asyncio
from collections.abc import Callable
from enum import Enum, auto
from typing import ClassVar, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pixonomy.serving.api_errors import raw_response
from pixonomy.serving.client_address import UNKNOWN
from pixonomy.serving.connection_limits import Door, DoorLimits, OnRefused
from pixonomy.serving.outermost import TOO_SLOW

_LOOK_AGAIN_SECONDS = 1.0
_FREE_CHUNKS, _SMALLEST_CHUNKS = 1000, 64  # each costs as much time as 10 kB; bytes on average


class _Phase(Enum):
    BETWEEN = auto()  # requests: before the first, or after a whole one
    HEADER = auto()
    BODY = auto()
    REFUSED = auto()


class _Refused(Exception):
    """Ends the parsing of a request that goes beyond a limit."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message


def deadlines(limits: DoorLimits, on_refused: OnRefused | None = None) -> "type[DeadlineProtocol]":
    """Return the protocol with these limits, for `uvicorn.Config(http=…)`.

    Args:
        limits: of time, bytes and connections.
        on_refused: is called with the status and the kind of each request refused here.
    """

    class LimitedProtocol(DeadlineProtocol):
        door = Door(limits, on_refused)

    return LimitedProtocol


class DeadlineProtocol(HttpToolsProtocol):
    """One connection.

    Whatever is refused here is answered with the JSON of the API, where an answer can still be
    written, and then closed.
    """

    door: ClassVar[Door]

    _phase = _Phase.BETWEEN
    _address: str | None = None  # once it is counted in
    _timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None
    _refused: _Refused | None = None
    _has_advanced = False
    _header_bytes = _quiet_bytes = _body_bytes = _chunks = 0
    _body_began = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection in, or answer that there are too many."""
        super().connection_made(transport)
        address = self.client[0] if self.client else UNKNOWN
        too_many = self.door.enter(address)
        if too_many is None:
            self._address = address
            self._arm(self.door.limits.silence_seconds, self._end)
            return
        self._phase = _Phase.REFUSED
        self.door.count_refusal(503, "too_many_connections")
        transport.write(raw_response(503, "too_many_connections", too_many))
        transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the connection out."""
        self._disarm()
        if self._write_timer is not None:
            self._write_timer.cancel()
        if self._address is not None:
            self.door.leave(self._address)
            self._address = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived."""
        if self._phase is _Phase.REFUSED:
            return
        self._has_advanced = False
        super().data_received(data)
        self._quiet_bytes = 0 if self._has_advanced else self._quiet_bytes + len(data)
        # A line that does not end would grow in the parser; trailers and chunk extensions, too.
        if self._quiet_bytes > self.door.limits.header_bytes:
            self._refuse(400, "header_too_large", self._header_message())

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be parsed, or goes beyond a limit."""
        refused = self._refused or _Refused("malformed", msg)
        self._refuse(400, refused.kind, refused.message)

    # What the parser has found

    def on_message_begin(self) -> None:
        """Begin a request: its header has so many seconds from now."""
        super().on_message_begin()
        self._advance(_Phase.HEADER)
        self._header_bytes = self._body_bytes = self._chunks = 0
        self._arm(self.door.limits.header_seconds, self._header_too_slow)

    def on_url(self, url: bytes) -> None:
        """Take a piece of the request line."""
        self._count_header(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer behind a body in chunks."""
        self._count_header(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin the body, if there is one."""
        if len(self.pipeline) >= self.door.limits.pipelined:
            raise self._beyond("too_many_requests", "Too many requests were sent ahead.")
        super().on_headers_complete()
        self._advance(_Phase.BODY)
        self._body_began = self.loop.time()
        self._arm(self.door.limits.body_seconds, self._check_body)

    def on_chunk_header(self) -> None:
        """Begin a chunk."""
        self._has_advanced = True
        self._chunks += 1
        if self._chunks > _FREE_CHUNKS and self._body_bytes < _SMALLEST_CHUNKS * self._chunks:
            raise self._beyond(
                "chunks_too_small",
                f"The body comes in {self._chunks:,} chunks of less than {_SMALLEST_CHUNKS} bytes.",
            )

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._has_advanced = True
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request."""
        super().on_message_complete()
        self._advance(_Phase.BETWEEN)
        self._disarm()
        if self.cycle is not None and self.cycle.response_complete:
            self._arm(self.door.limits.idle_seconds, self._end)

    # What the application has done

    def on_response_complete(self) -> None:
        """Wait for the next request, or for the rest of one that was answered early."""
        super().on_response_complete()
        self._unset_keepalive_if_required()  # any byte would stop that clock, even an empty line
        limits = self.door.limits
        if self.transport.is_closing():
            self._arm(limits.flush_seconds, self.transport.abort)
        elif self.cycle.response_complete and self._phase is _Phase.BODY:
            self._arm(limits.linger_seconds, self._end)
        elif self.cycle.response_complete and self._phase is _Phase.BETWEEN:
            self._arm(limits.idle_seconds, self._end)

    def pause_writing(self) -> None:
        """Wait for the client to take what it is sent."""
        super().pause_writing()
        seconds = self.door.limits.flush_seconds
        self._write_timer = self.loop.call_later(seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on writing."""
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()

    # Deadlines and refusals

    def _header_too_slow(self) -> None:
        seconds = self.door.limits.header_seconds
        self._refuse(408, "too_slow", f"The header did not arrive within {seconds:g} s.")

    def _check_body(self) -> None:
        allowed = self.door.limits.body_allowance(self._body_bytes)
        left = self._body_began + allowed - self.loop.time()
        if left > 0:
            self._arm(left, self._check_body)
        elif self.flow.read_paused:  # we have not read: that is not the client's fault
            self._body_began += _LOOK_AGAIN_SECONDS
            self._arm(_LOOK_AGAIN_SECONDS, self._check_body)
        else:
            arrived = f"{self._body_bytes:,} bytes of it within {allowed:.0f} s"
            self._refuse(408, "too_slow", f"The body came too slowly: {arrived}.")

    def _count_header(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > self.door.limits.header_bytes:
            raise self._beyond("header_too_large", self._header_message())

    def _header_message(self) -> str:
        return f"Request line and headers have at most {self.door.limits.header_bytes:,} bytes."

    def _beyond(self, kind: str, message: str) -> _Refused:
        """Return what to raise in a callback: the parser tells only that there was something."""
        self._refused = _Refused(kind, message)
        return self._refused

    def _can_answer(self) -> bool:
        """Tell whether nothing of an answer is on its way, to this request or an earlier one."""
        if self.transport.is_closing():
            return False
        if self._phase is _Phase.BODY:
            return not (self.cycle.response_started or self.pipeline)
        return self.cycle is None or self.cycle.response_complete

    def _refuse(self, status: int, kind: str, message: str) -> None:
        if self._phase is _Phase.REFUSED:
            return
        is_answered = self._can_answer()
        if self._phase is _Phase.BODY and status == 408:
            cast(dict[str, object], self.cycle.scope)[TOO_SLOW] = True
        self._phase = _Phase.REFUSED
        self._leave_requests()
        self.door.count_refusal(status, kind)
        if not is_answered:
            self._end()
            return
        self.transport.write(raw_response(status, kind, message))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        # Closed at once, what the client still sends would make it miss the answer.
        self.flow.resume_reading()
        self._arm(self.door.limits.linger_seconds, self.transport.abort)

    def _leave_requests(self) -> None:
        """Have the application see that the client is gone, and write nothing more."""
        for cycle in (self.cycle, *(waiting for waiting, _ in self.pipeline)):
            if cycle is not None:
                cycle.disconnected = True
                cycle.message_event.set()
        self.pipeline.clear()

    def _advance(self, phase: _Phase) -> None:
        self._phase = phase
        self._has_advanced = True

    def _end(self) -> None:
        self.transport.close()
        self._arm(self.door.limits.flush_seconds, self.transport.abort)

    def _arm(self, seconds: float, action: Callable[[], None]) -> None:
        self._disarm()
        self._timer = self.loop.call_later(seconds, action)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
