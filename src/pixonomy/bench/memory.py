"""Measures the most memory that a command or a piece of work takes."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pixonomy.errors import DataError

_EVERY_SECONDS = 0.02


@dataclass
class Peak:
    """The most memory seen, in bytes: of a process and its children, without mapped files."""

    anonymous_bytes: int = 0


@dataclass(frozen=True)
class Watched:
    """What a command did: how long it took, what it printed, how much memory it had."""

    seconds: float
    output: str
    anonymous_bytes: int


def watch(command: Sequence[str], folder: Path | None = None) -> Watched:
    """Run a command to its end, in a folder or in this process's own.

    Raises:
        DataError: if it fails.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder
    )
    with watch_memory(process.pid) as peak:
        output, errors = process.communicate()
        seconds = time.perf_counter() - began
    if process.returncode:
        raise DataError(f"{' '.join(command)} failed: {errors.strip() or output.strip()}")
    return Watched(seconds, output, peak.anonymous_bytes)


@contextmanager
def watch_memory(process: int | None = None) -> Iterator[Peak]:
    """Watch a process and its children (None: this one) as long as the block runs."""
    peak = Peak()
    is_over = threading.Event()

    def sample() -> None:
        while not is_over.is_set():
            used = _anonymous_bytes(os.getpid() if process is None else process)
            peak.anonymous_bytes = max(peak.anonymous_bytes, used)
            is_over.wait(_EVERY_SECONDS)

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        is_over.set()
        thread.join()


def _anonymous_bytes(process: int) -> int:
    """Sum what a process and all below it hold; 0 where there is no Linux to tell."""
    total = 0
    pending = [process]
    while pending:
        here = Path(f"/proc/{pending.pop()}")
        try:
            for line in (here / "status").read_text().splitlines():
                if line.startswith("RssAnon:"):
                    total += int(line.split()[1]) * 1024
            for thread in (here / "task").iterdir():
                pending.extend(map(int, (thread / "children").read_text().split()))
        except (OSError, ValueError):  # it has just ended
            continue
    return total
