"""Stops asking for what keeps failing, and says from when on it may be tried again.

A circuit breaker (M. Nygard, Release It!, 2007).
"""

import time
from dataclasses import dataclass

RUN_SECONDS = 24 * 3600.0
"""Longer than anybody waits for a host in a run."""

_AGAIN_SECONDS = 60.0  # after which a host that was silent is tried once more


@dataclass(slots=True)
class Circuit:
    """Whether something is asked at all.

    Attributes:
        reason: why not; empty where it is.
        again_at: when it may be asked again, by the monotonic clock.
        is_asked: it was the host that named that time.
        failures: how often it was closed because nothing came of it.
        is_reported: it is to be told at the end: something was left for it.
    """

    reason: str = ""
    again_at: float = 0.0
    is_asked: bool = False
    failures: int = 0
    is_reported: bool = False

    def wait(self) -> float:
        """Return how long it is closed from now on, in seconds."""
        return max(0.0, self.again_at - time.monotonic()) if self.reason else 0.0

    def close(self, reason: str, seconds: float | None = None) -> None:
        """Ask no more for so long; without a time it is tried once more, later in this run."""
        self.is_asked = seconds is not None
        if seconds is None:
            seconds = RUN_SECONDS if self.failures else _AGAIN_SECONDS
            self.failures += 1
        self.reason, self.again_at = reason, time.monotonic() + seconds
