"""S3-compatible storage on this machine, for the tests of what lies there."""

import os
import ssl
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pixonomy.storage.s3 import connect


class Storage:
    """A real S3-compatible server on this machine, which keeps a list of what it was asked.

    Args:
        port: 0: any that is free. What lies in one server lies in the next, too.

    Attributes:
        asked: (method, path, Range, If-Match) of each request.
        broken: of how many answers to come only the first half arrives.
        has_ranges: whether Range is understood.
        has_conditions: whether If-Match is.
    """

    def __init__(self, port: int = 0) -> None:
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            MotoRequestHandler,
            create_backend_app,
        )
        from werkzeug.serving import make_server

        class Quiet(MotoRequestHandler):
            def log(self, *_: Any) -> None:
                pass

        self.asked: list[tuple[str, str, str | None, str | None]] = []
        self.broken, self.has_ranges, self.has_conditions = 0, True, True
        self._application = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", port, self._answer, True, request_handler=Quiet)
        self.port: int = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        serve = partial(self._server.serve_forever, poll_interval=0.02)
        threading.Thread(target=serve, daemon=True).start()

    def _answer(self, asked: dict[str, Any], begin: Any) -> Iterable[bytes]:
        method, path = asked["REQUEST_METHOD"], asked["PATH_INFO"]
        self.asked.append((method, path, asked.get("HTTP_RANGE"), asked.get("HTTP_IF_MATCH")))
        if not self.has_ranges:
            asked.pop("HTTP_RANGE", None)
        if not self.has_conditions:
            asked.pop("HTTP_IF_MATCH", None)
        answer: Iterable[bytes] = self._application(asked, begin)
        if method == "GET" and self.broken > 0:
            self.broken -= 1
            whole = b"".join(answer)
            return iter([whole[: len(whole) // 2]])
        return answer

    def put(self, path: str, data: bytes = b"") -> None:
        """Put an object, or a bucket where `path` names no more."""
        self.send("PUT", path, data)

    def send(self, method: str, path: str, data: bytes) -> None:
        """Ask the server for something else."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        headers = {"Content-Type": "application/octet-stream", "Authorization": "AWS a:b"}
        url = f"{self.url}/{urllib.parse.quote(path)}"
        opener.open(urllib.request.Request(url, data, headers, method=method)).close()
        self.asked.clear()

    def close_doors(self, after: str = "0") -> None:
        """Know no key any more, after so many requests."""
        self.send("POST", "moto-api/reset-auth", after.encode())

    def stop(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Scripted:
    """A server that gives the answers it was told to, the last of them for ever.

    Attributes:
        answers: (status, headers).
        asked: (method, path) of each request.
    """

    answers: list[tuple[int, dict[str, str]]]
    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def scripted_server(
    answers: list[tuple[int, dict[str, str]]], context: ssl.SSLContext | None = None
) -> Iterator[Scripted]:
    """Serve answers that real storage gives on bad days, encrypted where there is a context."""
    script = Scripted(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            place = min(len(script.asked), len(script.answers) - 1)
            script.asked.append((self.command, self.path))
            status, headers = script.answers[place]
            self.send_response(status)
            for name, value in ({"Content-Length": "0"} | headers).items():
                self.send_header(name, value)
            self.end_headers()

        do_HEAD = do_GET = do_PUT = answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        script.url = f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield script
        server.shutdown()


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """Return S3-compatible storage with the empty bucket `bucket`; all calls lead there."""
    server = Storage()
    server.close_doors("inf")
    server.send("POST", "moto-api/reset", b"")
    server.put("bucket")
    settings = {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "key-of-the-test",
        "AWS_SECRET_ACCESS_KEY": "secret-of-the-test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    connect.cache_clear()  # clients know the endpoint they were made for
    yield server
    connect.cache_clear()
    server.stop()
