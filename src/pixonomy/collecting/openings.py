"""Reads what a host says to robots, once and before anything else is asked of it, and notes it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pixonomy.collecting.client import Limits
from pixonomy.collecting.faults import is_ours
from pixonomy.collecting.hosts import Hosts, Place
from pixonomy.collecting.rate_limits import RetryPolicy
from pixonomy.collecting.search_results import Kind, Left, Refused, Reply, Trouble, Unreachable
from pixonomy.collecting.site_rules import read_rules

_TRIES = 3
_UNREAD = "its robots.txt cannot be read"
_LEAST_BYTES = 1000  # that a host's rules take in memory, whatever it says


@dataclass
class Openings:
    """Opens hosts.

    Attributes:
        agent: the name robots.txt would call us by.
        clock: seconds since 1970.
        ask: sends one request in the turn of whatever host it goes to.
    """

    agent: str
    hosts: Hosts
    retry_policy: RetryPolicy
    clock: Callable[[], float]
    ask: Callable[[str, Limits, Kind, str], Awaitable[Reply]]
    _tasks: dict[str, "asyncio.Task[None]"] = field(default_factory=dict, init=False)

    def begin(
        self, place: Place, url: str, kind: Kind, provider: str
    ) -> "asyncio.Task[None] | None":
        """Begin to open a host; None where it is open. Several that ask share one task.

        The task raises `Left` where its robots.txt cannot be read: then nothing is fetched there.
        """
        key = place.origin.name
        if place.is_open:
            return None
        if key not in self._tasks:
            task = asyncio.create_task(self._open(place, url, kind, provider))
            self._tasks[key] = task
            task.add_done_callback(lambda done: self._end(key, done))
        return self._tasks[key]

    def _end(self, key: str, task: "asyncio.Task[None]") -> None:
        del self._tasks[key]
        if not task.cancelled():
            task.exception()  # whoever waits for it is told

    async def _open(self, place: Place, url: str, kind: Kind, provider: str) -> None:
        size = _LEAST_BYTES

        async def ask(address: str, limits: Limits) -> Reply:
            nonlocal size
            reply = await self.ask(address, limits, kind, provider)
            size += len(reply.body)
            return reply

        why = ""
        for tries in range(1, _TRIES + 1):
            try:
                self.hosts.note_rules(place, await read_rules(url, self.agent, ask), size)
                return
            except Refused as reason:
                self.hosts.note_rules(place, reason, size)
                return
            except Left as left:  # of this host, or of one that its robots.txt leads to
                why = str(left)
                break
            except Trouble as trouble:
                why = str(trouble)
                if place.closed_seconds() > 0:
                    break
                if tries < _TRIES and not isinstance(trouble, Unreachable):
                    await asyncio.sleep(self.retry_policy.pause(tries))
            except Exception as error:
                if is_ours(error):
                    raise
                odd = Refused(f"its robots.txt could not be handled ({type(error).__name__})")
                self.hosts.note_rules(place, odd, size)
                return
        if place.closed_seconds() <= 0:
            explained = why if why.startswith(_UNREAD) else f"{_UNREAD} ({why})"
            place.origin.circuit.close(f"{explained}, so nothing is fetched there")
        raise place.leave(self.clock)
