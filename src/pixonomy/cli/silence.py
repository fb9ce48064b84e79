"""Reports that work goes on, and at what, where no progress has come for long."""

import os
import threading
import time
from collections.abc import Callable

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
                self._report(self._tell(quiet))

    def _tell(self, quiet: float) -> str:
        at = f" (at {self._at})" if self._at else ""
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
        busy = f"; the machine is busy, with a load of {load:.1f} on {self._cores} cores"
        return f"No progress for {quiet:.0f} s{at}, still working{busy * (load > self._cores)}."
