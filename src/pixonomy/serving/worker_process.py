"""Starts a worker's process, and finds out how it ended."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pixonomy.serving.messages import OUT_OF_MEMORY

DeathReason = Literal["memory", "time", "signal", "killed", "exit", "protocol", "start"]
"""Why a worker ended: it ran out of memory or time, crashed (`signal`), was ended from outside
(`killed`), ended itself, sent nonsense, or could not begin."""

_END_SECONDS = 1.0
_FROM_OUTSIDE = {-signal.SIGKILL, -signal.SIGTERM}
_PASSED_ON = {
    "PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
    "SYSTEMROOT", "VIRTUAL_ENV", "ORT_DISABLE_TELEMETRY",
}  # fmt: skip
_PASSED_ON_KINDS = ("LC_", "OMP_", "GOMP_", "KMP_", "OPENBLAS_", "MKL_", "OPENCV_")
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"), "1")


@dataclass(frozen=True)
class WorkerSettings:
    """How a worker is started.

    Attributes:
        bundle: the folder that it loads.
        seconds: it may take for one image, or for asking the network.
        memory: bytes that it may have above what it has after loading.
        decoder: see `worker.find_decoder`.
        explains: whether it is to make maps, for which it keeps the weights of the head.
    """

    bundle: Path
    seconds: float
    memory: int
    decoder: str | None
    explains: bool = False


class WorkerProcess:
    """A process that runs `serving.worker`, the child of this one."""

    def __init__(self, settings: WorkerSettings, descriptor: int) -> None:
        """Start it.

        Args:
            descriptor: of its end of the pair of sockets.

        Raises:
            OSError: if the operating system starts no more processes.
        """
        asked = {
            "socket": descriptor,
            "parent": os.getpid(),
            "bundle": os.fspath(settings.bundle.absolute()),
            "memory": settings.memory,
            "decoder": settings.decoder,
            "explains": settings.explains,
        }
        # The same modules as in this process, and none from the folder that it was started in.
        paths = {"PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
        self._oom_kills = count_oom_kills()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pixonomy.serving.worker", json.dumps(asked)],
            pass_fds=[descriptor],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**_harmless(os.environ), **paths, **_ONE_THREAD},
        )

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    async def end(self) -> DeathReason:
        """Wait until it has ended, whose socket is closed, or end it; return why it ended."""
        with suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(self._process.wait, _END_SECONDS)
        self._process.kill()
        return self._explain(await asyncio.to_thread(self._process.wait))

    def _explain(self, status: int) -> DeathReason:
        if status == OUT_OF_MEMORY:
            return "memory"
        if status == -signal.SIGKILL and count_oom_kills() > self._oom_kills:
            return "memory"
        if status in _FROM_OUTSIDE:
            return "killed"
        return "signal" if status < 0 else "exit"


def _harmless(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a process needs to run at all: no keys, no addresses, no passwords.

    Whoever takes a worker over with an image finds none of the service's secrets in it.
    """
    return {
        name: value
        for name, value in environment.items()
        if name in _PASSED_ON or name.startswith(_PASSED_ON_KINDS)
    }


def count_oom_kills() -> int:
    """Return how many processes the kernel has ended for lack of memory; 0 where unknown."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text(encoding="ascii").splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0
