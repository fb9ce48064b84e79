"""A running pool of workers, for tests, with what it reports."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from pixonomy.serving.pool import PoolEvent, PoolSettings, WorkerDied, WorkerPool


class Running:
    """A pool, and all that it has reported."""

    def __init__(self, pool: WorkerPool, events: list[PoolEvent]) -> None:
        self.pool, self.events = pool, events

    @property
    def deaths(self) -> list[str]:
        """Why workers died, in turn."""
        return [one.reason for one in self.events if isinstance(one, WorkerDied)]

    async def until(self, holds: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(seconds):
            while not holds():
                await asyncio.sleep(0.01)


@asynccontextmanager
async def running(bundle: Path, settings: PoolSettings | None = None) -> AsyncIterator[Running]:
    """Run a pool of one worker, or as the settings say."""
    events: list[PoolEvent] = []
    pool = await WorkerPool.start(bundle, settings or PoolSettings(workers=1), events.append)
    try:
        yield Running(pool, events)
    finally:
        await pool.close(0.0)


def workers() -> list[psutil.Process]:
    """Return the workers of this process, the oldest first."""
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if "pixonomy.serving.worker" in child.cmdline():
                found.append(child)
    return sorted(found, key=lambda one: one.create_time())
