"""The log: what stands in it, and what does not."""

import io
import json
import logging
import os
from contextlib import suppress

from pixonomy.serving.request_log import RequestLog, library_messages, make_request_id


def test_a_line_is_an_object_with_its_time_and_level() -> None:
    stream = io.StringIO()
    RequestLog(stream).note("request", status=200, detail=None)
    line = json.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "request", "status": 200, "detail": None, "level": "info"}


def test_each_request_has_an_id_of_its_own() -> None:
    assert len({make_request_id() for _ in range(1000)}) == 1000


def test_libraries_warn_without_words_of_a_request() -> None:
    stream = io.StringIO()
    with library_messages(RequestLog(stream)):
        logging.getLogger("somebody").warning("a secret of %s", "maria")
        logging.getLogger("python_multipart.multipart").warning("a secret")
        logging.getLogger("somebody").info("nothing")
    logging.getLogger("somebody").warning("nobody listens")
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert (line["event"], line["logger"], line["level"]) == ("library", "somebody", "warning")
    assert "secret" not in stream.getvalue()


def test_a_log_that_has_no_reader_stops_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w", buffering=1)
    RequestLog(stream).note("request")
    with suppress(OSError):
        stream.close()


def test_a_log_that_is_closed_stops_nothing() -> None:
    stream = io.StringIO()
    log = RequestLog(stream)
    stream.close()
    log.note("request")
