"""What the service does beside answering: it looks for new tokens, and deletes what is over."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from pixonomy.serving.request_log import RequestLog
from pixonomy.state.state_errors import StateUnavailable
from pixonomy.state.store import Store
from pixonomy.state.tokens import TokenStore

_LOOK_SECONDS = 0.5  # so that a token that is revoked opens nothing a second later
_SWEEP_SECONDS = 600.0


@dataclass(frozen=True)
class State:
    """What a service keeps, and the tokens beside it."""

    store: Store
    tokens: TokenStore


async def keep_up(
    state: State | None,
    keep_days: int | None,
    log: RequestLog,
    sweep_seconds: float = _SWEEP_SECONDS,
) -> None:
    """Keep a state in order until it is cancelled; what fails is logged, and tried again.

    Args:
        keep_days: after which what is kept is deleted; None: never.
    """
    if state is None:
        return

    def sweep() -> None:
        if keep_days is not None:
            state.store.expire(keep_days)
        state.store.sweep()

    await asyncio.gather(
        _repeat(state.tokens.refresh, _LOOK_SECONDS, "tokens", log),
        _repeat(sweep, sweep_seconds, "sweep", log),
    )


async def _repeat(work: Callable[[], object], seconds: float, name: str, log: RequestLog) -> None:
    """Do work in a thread every so many seconds, and log when it begins to fail."""
    has_failed = False
    while True:
        try:
            await asyncio.to_thread(work)
            has_failed = False
        except StateUnavailable:
            if not has_failed:
                log.warn("state_unavailable", work=name)
            has_failed = True
        except Exception as error:
            log.fault(name, error)
        await asyncio.sleep(seconds)
