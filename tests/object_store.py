"""S3-compatible storage on this machine, for the tests of what lies there."""

import os
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import pytest


class Storage:
    """A real S3-compatible server on this machine, which keeps a list of what it was asked.

    Attributes:
        asked: (method, path, Range, If-Match) of each request.
        broken: of how many answers to come only the first half arrives.
        has_ranges: whether Range is understood.
    """

    def __init__(self) -> None:
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
        self.broken, self.has_ranges = 0, True
        self._application = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, True, request_handler=Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        serve = partial(self._server.serve_forever, poll_interval=0.02)
        threading.Thread(target=serve, daemon=True).start()

    def _answer(self, asked: dict[str, Any], begin: Any) -> Iterable[bytes]:
        method, path = asked["REQUEST_METHOD"], asked["PATH_INFO"]
        self.asked.append((method, path, asked.get("HTTP_RANGE"), asked.get("HTTP_IF_MATCH")))
        if not self.has_ranges:
            asked.pop("HTTP_RANGE", None)
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


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """Return S3-compatible storage with the empty bucket `bucket`; all calls lead there."""
    import s3fs

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
    s3fs.S3FileSystem.clear_instance_cache()
    yield server
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()
