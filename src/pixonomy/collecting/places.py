"""Limits how many keywords are searched at a time.

One that does nothing but wait for hosts that may never answer gives its place to the next.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

MOST_BESIDE = 32
"""Keywords without a place: each holds some hundred rows in memory."""


@dataclass
class Places:
    """So many keywords at a time.

    Attributes:
        count: of the places.
        beside: how many more keywords may go on without one.
    """

    count: int
    beside: int = MOST_BESIDE
    _gate: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._gate = asyncio.Semaphore(self.count)

    @asynccontextmanager
    async def take(self) -> AsyncIterator[Callable[[], None]]:
        """Wait for a place and hold it; what is yielded gives it away before the end."""
        await self._gate.acquire()
        is_given = False

        def give() -> None:
            nonlocal is_given
            if not is_given and self.beside > 0:
                is_given = True
                self.beside -= 1
                self._gate.release()

        try:
            yield give
        finally:
            if is_given:
                self.beside += 1
            else:
                self._gate.release()
