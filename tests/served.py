"""A real service for the tests: `pixonomy serve` in a process of its own, on a free port."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx


@dataclass(frozen=True)
class Tokens:
    """Tokens that services of the tests know."""

    classify: str
    operate: str
    state: Path


@dataclass
class Served:
    """A running service.

    Attributes:
        address: where it answers.
        log: the file with its log.
    """

    address: str
    process: "subprocess.Popen[str]"
    log: Path

    def ask(self, path: str, **call: object) -> httpx.Response:
        """Send a request: GET, or POST where it has content or files."""
        method = call.pop("method", "POST" if call.keys() & {"content", "files"} else "GET")
        return httpx.request(str(method), self.address + path, timeout=60, **call)  # type: ignore[arg-type]

    def classify(self, *images: bytes) -> httpx.Response:
        """Send images as a form."""
        return self.ask("/v1/classify", files=[("image", ("x", one)) for one in images])

    def lines(self) -> list[dict[str, object]]:
        """Return what it has logged."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    def end(self) -> int:
        """Send SIGTERM and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=25)


@contextmanager
def served(bundle: Path, folder: Path, *options: object) -> Iterator[Served]:
    """Serve a bundle while the block lasts; the log goes to `folder`."""
    log = folder / "log.jsonl"
    command = [sys.executable, "-m", "pixonomy", "serve", str(bundle), "--port", "0", "--json"]
    with (
        log.open("w") as stream,
        subprocess.Popen(
            [*command, *map(str, options)], stdout=subprocess.PIPE, stderr=stream, text=True
        ) as process,
    ):
        assert process.stdout is not None
        started = process.stdout.readline()
        assert started, log.read_text()
        try:
            yield Served(json.loads(started)["address"], process, log)
        finally:
            process.kill()


def wait_until(is_so: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something is so; fail if it does not become so."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)
