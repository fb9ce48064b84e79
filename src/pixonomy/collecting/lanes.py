"""Keeps to a host's rate limit: so many requests at a time, and so far apart."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Lane:
    """Where requests to a host stand in line.

    Attributes:
        at_once: requests at a time.
        interval: seconds between the beginnings of two.
        active: requests now.
        next_at: when the next may begin, by the monotonic clock.
    """

    at_once: int
    interval: float
    active: int = 0
    next_at: float = 0.0
    _line: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    _freed: asyncio.Event | None = field(default=None, repr=False)

    @property
    def is_full(self) -> bool:
        """Whether somebody has to leave first; who stands in line goes before who does not."""
        return self.active >= self.at_once or self._line.locked()

    def slow_down(self, seconds: float) -> None:
        """Ask one at a time, so many seconds apart."""
        if seconds > self.interval:
            self.at_once, self.interval = 1, seconds

    def take(self) -> None:
        """Begin a request; for those who have seen that one may begin."""
        self.active += 1
        self.next_at = time.monotonic() + self.interval

    def leave(self) -> None:
        """End a request."""
        self.active -= 1
        if self._freed is not None:
            self._freed.set()

    async def enter(self, quiet_seconds: Callable[[], float]) -> None:
        """Stand in line, wait until a request may begin, and begin it.

        Args:
            quiet_seconds: how long the host has to be left alone from now on; raises where for
                longer than anybody waits.
        """
        async with self._line:
            while True:
                wait = max(quiet_seconds(), self.next_at - time.monotonic())
                if self.active >= self.at_once:
                    self._freed = asyncio.Event()
                    await self._freed.wait()
                elif wait > 0:
                    await asyncio.sleep(wait)
                else:
                    self.take()
                    return
