"""Runs a prepared collection until each keyword has enough, or it is stopped."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from yarl import URL

from pixonomy.collecting.client import Client
from pixonomy.collecting.collector import Collector, CollectSettings
from pixonomy.collecting.politeness import Politeness
from pixonomy.collecting.provider import Provider
from pixonomy.collecting.search_results import Kind, Pace
from pixonomy.collecting.setup import CollectChoices
from pixonomy.collecting.state_db import StateDatabase
from pixonomy.collecting.tar_writer import ShardWriter
from pixonomy.errors import PixonomyError
from pixonomy.progress import Context


@dataclass(frozen=True)
class Work:
    """What a run needs.

    Attributes:
        keywords: (category, keyword).
        state: the folder of the state database.
    """

    state_db: StateDatabase
    writer: ShardWriter
    providers: list[Provider]
    keywords: Sequence[tuple[str, str]]
    choices: CollectChoices
    user_agent: str
    private_hosts: Sequence[str]
    proxies: Mapping[str, URL]
    state: Path


def run_collection(work: Work, context: Context) -> dict[str, str]:
    """Collect; return the hosts that were left while images still wait there, and why.

    Raises:
        KeyboardInterrupt: what was kept until then is noted.
    """
    left: dict[str, str] = {}

    async def run() -> None:
        left.update(await _run(work, context))

    with _one_reason():
        run_loop(run)
    return left


async def _run(work: Work, context: Context) -> dict[str, str]:
    choices = work.choices
    by_name = {one.name: one for one in work.providers}

    def spend(provider: str) -> None:
        day = datetime.fromtimestamp(choices.clock(), UTC).date().isoformat()
        work.state_db.spend(provider, day, by_name[provider].terms.daily_requests)

    def pace(provider: str, kind: Kind) -> Pace:
        return by_name[provider].pace(kind)

    with ThreadPoolExecutor(max(1, context.cores), "look") as threads:
        async with Client(work.user_agent, work.private_hosts, proxies=work.proxies) as client:
            collector = Collector(
                work.state_db,
                work.writer,
                work.providers,
                Politeness(client, pace, spend, choices.retry_policy, choices.clock),
                CollectSettings(choices.per_keyword, licenses=choices.licenses),
                threads,
                context.progress,
                context.report,
                choices.clock,
            )
            await collector.run(work.keywords)
            return collector.left


@contextmanager
def _one_reason() -> Iterator[None]:
    """Raise, of errors that ended several tasks at once, the first one that people are told."""
    try:
        yield
    except ExceptionGroup as group:
        known = group.subgroup(PixonomyError)
        if known is None:
            raise
        while isinstance(known, ExceptionGroup):
            known = known.exceptions[0]  # type: ignore[assignment]
        raise known from group


def run_loop(work: Callable[[], Coroutine[object, None, None]]) -> None:
    """Run a coroutine to its end, in a thread where this one runs a loop already (notebooks)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work())
        return
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(work())).result()
