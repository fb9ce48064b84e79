"""The service's log: a JSON object a line, with nothing in it by which a person could be known.

No address, no path with names in it, no token, no file name and no image: a request is a random
id, one of the routes that the service has, a status and how long it took.
"""

import io
import logging
import secrets
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO, cast

import structlog

_PARSER = "python_multipart.multipart"  # warns of each malformed body, which is answered


def make_request_id() -> str:
    """Return a new id, 16 hexadecimal digits."""
    return secrets.token_hex(8)


class _Unfailing(io.TextIOBase):
    """A stream whose disk may fill up or whose reader may end: images are answered all the same."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):  # ValueError: it is closed
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


class RequestLog:
    """Writes lines to a stream."""

    def __init__(self, stream: TextIO) -> None:
        """Take the stream."""
        self._log = structlog.wrap_logger(
            structlog.WriteLogger(cast(TextIO, _Unfailing(stream))),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(),
            ],
            wrapper_class=structlog.BoundLogger,
            cache_logger_on_first_use=True,
        )

    def note(self, event: str, **facts: str | float | None) -> None:
        """Write what happened."""
        self._log.info(event, **facts)

    def warn(self, event: str, **facts: str | float | None) -> None:
        """Write what should not happen."""
        self._log.warning(event, **facts)

    def fault(self, request_id: str, error: BaseException) -> None:
        """Write where a fault of ours happened; not its words, in which a request may be quoted."""
        frames = traceback.extract_tb(error.__traceback__)
        places = [f"{one.filename.rpartition('/')[2]}:{one.lineno} {one.name}" for one in frames]
        self._log.error(
            "fault", request_id=request_id, kind=type(error).__name__, at=" > ".join(places)
        )


@contextmanager
def library_messages(log: RequestLog) -> Iterator[None]:
    """Turn what libraries log into lines of the service's log, as long as the block runs."""
    root, handler = logging.getLogger(), _LibraryMessages(log)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


class _LibraryMessages(logging.Handler):
    """Writes which library warns; in its words, a request may be quoted."""

    def __init__(self, log: RequestLog) -> None:
        super().__init__(logging.WARNING)
        self._to = log

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != _PARSER:
            place = f"{record.module}:{record.lineno}"
            self._to.warn("library", logger=record.name, at=place)
