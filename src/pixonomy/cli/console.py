"""Prints results, messages and progress on the two standard streams."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from pixonomy.cli.visible import visible
from pixonomy.errors import SettingError
from pixonomy.progress import Context, Hosts

_FIRST_SECONDS = 30.0  # of silence; each further sentence takes twice as long as the one before


class Silence:
    """Watches work from a thread of its own, which ends with the process.

    Args:
        report: told each sentence.
        first_seconds: without progress before the first sentence.
        cores: that this process may use: a load beyond them slows it down.
    """

    def __init__(
        self, report: Callable[[str], None], cores: int = 1, first_seconds: float = _FIRST_SECONDS
    ) -> None:
        """Prepare; nothing is watched yet."""
        self._report, self._cores, self._first = report, cores, first_seconds
        self._is_over = threading.Event()
        self._at = ""
        self._last = time.monotonic()
        self._next = first_seconds

    def start(self) -> None:
        """Watch from now on."""
        self._last = time.monotonic()
        threading.Thread(target=self._watch, daemon=True, name="silence").start()

    def note(self, work: str, done: int, total: int) -> None:
        """Take progress; see `pixonomy.progress.Progress`."""
        self._at = f"{work}, {done:,} of {total:,}" if total else f"{work}, {done:,} done"
        self._last, self._next = time.monotonic(), self._first

    def close(self) -> None:
        """Watch no longer."""
        self._is_over.set()

    def _watch(self) -> None:
        while not self._is_over.wait(self._first / 30):
            quiet = time.monotonic() - self._last
            if quiet >= self._next:
                self._next = 2 * quiet
                self._report(self._announce(quiet))

    def _announce(self, quiet: float) -> str:
        at = f" (at {self._at})" if self._at else ""
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
        busy = f"; the machine is busy, with a load of {load:.1f} on {self._cores} cores"
        return f"No progress for {quiet:.0f} s{at}, still working{busy * (load > self._cores)}."


if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from pixonomy.results.json_record import Result

_QUIET_SECONDS = 2.0  # work shorter than this shows no bar


class Bars:
    """Progress bars on standard error, only on a terminal and only for long work."""

    def __init__(self) -> None:
        """Prepare; nothing is shown yet."""
        self._began: dict[str, float] = {}
        self._tasks: dict[str, TaskID] = {}
        self._progress: Progress | None = None  # Rich takes long to import

    def __call__(self, work: str, done: int, total: int) -> None:
        """Show how far `work` is; see `pixonomy.progress.Progress`."""
        _silence().note(work, done, total)
        if not sys.stderr.isatty():
            return
        began = self._began.setdefault(work, time.monotonic())
        if self._progress is None and time.monotonic() - began < _QUIET_SECONDS:
            return
        progress = self._start()
        if work not in self._tasks:
            self._tasks[work] = progress.add_task(visible(work), total=total or None)
        progress.update(self._tasks[work], completed=done, total=total or None)
        if 0 < total <= done:
            progress.remove_task(self._tasks.pop(work))
            self._began.pop(work)

    def close(self) -> None:
        """Take the bars off the screen."""
        if self._progress is not None:
            self._progress.stop()

    def _start(self) -> "Progress":
        if self._progress is None:
            self._progress = _make_progress()
            self._progress.start()
        return self._progress


def _make_progress() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed} of {task.total}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


bars = Bars()


def context(device: str | None = None) -> Context:
    """Return what the verbs may use here: all cores, the bars, standard error, a device."""
    from pixonomy.executors.local import can_start_processes, count_cores
    from pixonomy.pillow_messages import silence_pillow

    silence_pillow()
    if count_cores() > 1 and not can_start_processes():
        report(
            "/dev/shm is missing or cannot be written, so that pictures are read by one process "
            "alone, which is slower; mount it (docker run --tmpfs /dev/shm) to use all cores."
        )
    _silence().start()
    return Context(count_cores(), bars, report, device=device)


@contextmanager
def native_messages_aside() -> Iterator[None]:
    """Send what libraries print past Python to standard error, as long as the block runs.

    Standard output belongs to the result; Gloo tells there that hosts have come together.
    """
    copy = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(copy, 1)
        os.close(copy)


def read_hosts(text: str | None) -> Hosts:
    """Return which of several hosts this is, of a text such as "10.0.0.1:1234,4,0".

    Raises:
        SettingError: if it is none.
    """
    if not text:
        return Hosts()
    coordinator, *numbers = text.split(",")
    if len(numbers) == 2 and all(one.strip().isdigit() for one in numbers) and ":" in coordinator:
        world, rank = map(int, numbers)
        if 0 <= rank < world:
            return Hosts(coordinator.strip(), world, rank)
    raise SettingError(
        f"PIXONOMY_HOSTS is ADDRESS:PORT,HOSTS,RANK, such as 10.0.0.1:1234,4,0, not {text!r}."
    )


def report(sentence: str) -> None:
    """Tell a person something, on standard error, with nothing in it that a terminal obeys."""
    print(visible(sentence), file=sys.stderr, flush=True)


@cache
def _silence() -> Silence:
    from pixonomy.executors.local import count_cores

    return Silence(report, count_cores())


def show(result: "Result | Mapping[str, object]", lines: list[str], as_json: bool) -> None:
    """Print a verb's result: one JSON object, or lines for people."""
    bars.close()
    _silence().close()
    # The verbs run with standard output turned away from libraries that print.
    stream = sys.__stdout__ or sys.stdout
    content = result if isinstance(result, Mapping) else result.as_json()
    text = json.dumps(content, ensure_ascii=False) if as_json else "\n".join(map(visible, lines))
    stream.buffer.write((text + "\n").encode("utf-8", "replace"))
    stream.flush()


def percent(share: float) -> str:
    """Return a share, 0 to 1, as people read it."""
    return f"{100 * share:.1f} %"
