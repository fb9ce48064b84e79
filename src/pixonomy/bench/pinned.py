"""Runs a service, or the bare work that it does, in processes of their own on one core.

What they cost is read from Linux's /proc: CPU time holds on a machine that others use, too.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.error import HTTPError
from urllib.request import urlopen

from pixonomy.bench.http_load import Server
from pixonomy.errors import DataError

_THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # as workers have them
_MEGABYTE = 1 << 20
_START_SECONDS = 60.0


@contextmanager
def on_cores(cores: set[int]) -> Iterator[None]:
    """Keep this thread, and the processes that it starts, on some cores."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def cpu_seconds(process: int) -> float:
    """Return the seconds of CPU that the threads of a process have used, its children left out."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return sum(int((one / "schedstat").read_text().split()[0]) for one in threads) / 1e9


def resident_megabytes(process: int) -> float:
    """Return the memory that a process has in RAM, mapped files included."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / _MEGABYTE
    return 0.0


def children(process: int) -> list[int]:
    """Return the processes that a process has started, and that still run."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    return sorted(int(one) for task in tasks for one in (task / "children").read_text().split())


@dataclass(frozen=True)
class Cost:
    """What some work cost."""

    cpu_seconds: float
    seconds: float


class BareLoop:
    """A process that decodes an image and asks the network, again and again, and nothing else."""

    def __init__(self, bundle: Path, image: Path, cores: set[int]) -> None:
        """Start it."""
        command = [sys.executable, "-m", "pixonomy.bench.bare_loop", str(bundle), str(image)]
        with on_cores(cores):
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, **_THREADS},
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, images: int) -> Cost:
        """Do so many images, and return what they cost together.

        Raises:
            DataError: if the process has ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(images, file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise DataError("The bare loop has ended before its time.")
        return Cost(**json.loads(line))


@dataclass(frozen=True)
class ServiceProcess:
    """A running service.

    Attributes:
        process: of the web process.
        ready_seconds: from its start until `/ready` was green.
        log: what it has logged.
    """

    server: Server
    process: int
    ready_seconds: float
    log: Path

    @property
    def workers(self) -> list[int]:
        """The processes that classify."""
        return children(self.process)


@contextmanager
def serving(
    bundle: Path, log: Path, cores: set[int], options: Sequence[str] = ("--workers", "1")
) -> Iterator[ServiceProcess]:
    """Run `pixonomy serve` on some cores while the block lasts.

    Raises:
        DataError: if it does not begin.
    """
    command = [sys.executable, "-m", "pixonomy", "serve", str(bundle), "--port", "0", "--json"]
    began = time.perf_counter()
    with log.open("w") as stream:
        with on_cores(cores):
            process = subprocess.Popen(
                [*command, *options], stdout=subprocess.PIPE, stderr=stream, text=True
            )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            started: dict[str, str] = json.loads(line or "{}")
            if "address" not in started:
                raise DataError(f"The service did not begin: {line} {log.read_text()}")
            address = started["address"]
            _wait_until_ready(address, began)
            host, _, port = address.removeprefix("http://").rpartition(":")
            server = Server(host, int(port))
            yield ServiceProcess(server, process.pid, time.perf_counter() - began, log)
        finally:
            process.terminate()
            process.communicate()


def _wait_until_ready(address: str, began: float) -> None:
    while True:
        try:
            with urlopen(f"{address}/ready", timeout=_START_SECONDS):
                return
        except HTTPError as error:
            if time.perf_counter() - began > _START_SECONDS:
                raise DataError("The service was not ready in a minute.") from error
            time.sleep(0.01)
