"""An address goes in; a reply comes out, asked for politely: all requests go through here.

Robots.txt and opt-outs, so many requests at a time and a second for each host, Retry-After, pauses
that grow, a budget for each day, redirects that are checked as if they had been asked for.
"""

import asyncio
import math
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from aiolimiter import AsyncLimiter

from pixonomy.collecting.client import MEDIA_BYTES, Client, Limits
from pixonomy.collecting.finds import Gone, Kind, Pace, Refused, Reply, Trouble
from pixonomy.collecting.optout import Robots, check_headers
from pixonomy.collecting.pauses import rate_pause, retry_after

AGENT = "pixonomy"
"""The name robots.txt would call us by."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({429, 503})
_MOST_REDIRECTS = 5
_ROBOTS_BYTES = 512 * 1024
_ROBOTS_SECONDS = 24 * 3600.0  # as long a robots.txt is believed


@dataclass(frozen=True)
class Patience:
    """How often and how long is waited.

    Attributes:
        attempts: for one address.
        first_seconds: the pause after the first failure; it doubles, with jitter.
        longest_seconds: the longest such pause.
        most_seconds: who asks to be left alone for longer is not asked again in this run.
    """

    attempts: int = 5
    first_seconds: float = 1.0
    longest_seconds: float = 60.0
    most_seconds: float = 600.0

    def pause(self, failures: int) -> float:
        """Return how long to wait after so many failures, in seconds."""
        longest = min(self.longest_seconds, self.first_seconds * 2.0 ** (failures - 1))
        return float(longest * random.uniform(0.5, 1.0))


@dataclass
class _Host:
    """What is known of a host in this run."""

    gate: asyncio.Semaphore
    limiter: AsyncLimiter
    quiet_until: float = 0.0
    strikes: int = 0  # times it said that it is busy, one after the other
    is_closed: bool = False  # it asked for more quiet than a run lasts
    robots: Robots | None = None
    robots_until: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


Budget = Callable[[str], None]
"""Counts a request to a provider's interface; raises `BudgetSpent` where there are no more."""


@dataclass
class Manners:
    """Asks politely.

    Attributes:
        client: what sends.
        pace: provider and kind → how fast a host may be asked.
        budget: asked before every request to a provider's interface.
        clock: seconds since 1970.
    """

    client: Client
    pace: Callable[[str, Kind], Pace]
    budget: Budget
    patience: Patience
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _hosts: dict[tuple[str, bool], _Host] = field(default_factory=dict, init=False)

    async def get(
        self,
        url: str,
        kind: Kind,
        provider: str,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Reply:
        """Ask for an address until it answers, or patience ends.

        Args:
            headers: sent to this host alone, not to one it redirects to.
            form: sent by POST.

        Returns:
            A reply of status 200.

        Raises:
            Refused: where it must not be fetched or used.
            Gone: where it is not there.
            Trouble: where it did not work.
            BudgetSpent: where the provider must not be asked again today.
        """
        for failures in range(1, self.patience.attempts + 1):
            try:
                return await self._follow(url, kind, provider, headers, form)
            except Trouble as trouble:
                if failures == self.patience.attempts:
                    raise
                wait = trouble.wait_seconds
                if wait is not None and wait > self.patience.most_seconds:
                    raise
                # What a busy host is owed has been noted for all requests to it: asking waits.
                if wait is None:
                    await self.sleep(self.patience.pause(failures))
        raise AssertionError("unreachable")

    async def _follow(
        self,
        url: str,
        kind: Kind,
        provider: str,
        headers: Mapping[str, str] | None,
        form: Mapping[str, str] | None,
    ) -> Reply:
        origin = _origin(url)
        for _ in range(_MOST_REDIRECTS + 1):
            own = headers if _origin(url) == origin else None
            reply = await self._ask(url, kind, provider, own, form)
            if reply.status not in _REDIRECTS:
                return reply
            url, form = urljoin(url, reply.headers.get("location", "")), None
        raise Refused(f"more than {_MOST_REDIRECTS} redirects")

    async def _ask(
        self,
        url: str,
        kind: Kind,
        provider: str,
        headers: Mapping[str, str] | None,
        form: Mapping[str, str] | None,
    ) -> Reply:
        host = self._host(url, kind, provider)
        if kind != "api":  # an interface that is offered for it is no place that is crawled
            await self._heed_robots(host, url)
        limits = Limits(MEDIA_BYTES) if kind == "media" else Limits()
        async with self._turn(host):
            if kind == "api":
                self.budget(provider)
            reply = await self.client.fetch(url, limits, headers, form)
        busy = self._note_pauses(host, reply)
        if reply.status not in _REDIRECTS:
            _check_status(reply, busy)
        if kind != "api":
            check_headers(reply.headers, AGENT)
        return reply

    def _host(self, url: str, kind: Kind, provider: str) -> _Host:
        name = _origin(url)
        key = (name, kind == "api")
        if key not in self._hosts:
            pace = self.pace(provider, kind)
            limiter = AsyncLimiter(1, 1 / pace.per_second)
            self._hosts[key] = _Host(asyncio.Semaphore(pace.at_once), limiter)
        return self._hosts[key]

    @asynccontextmanager
    async def _turn(self, host: _Host) -> AsyncIterator[None]:
        """Wait until the host may be asked."""
        async with host.gate:
            while (wait := host.quiet_until - self.clock()) > 0:
                await self.sleep(wait)
            async with host.limiter:
                pass
            # It may have asked for quiet while we stood in line.
            while (wait := host.quiet_until - self.clock()) > 0:
                await self.sleep(wait)
            if host.is_closed:
                raise Trouble("the host asked to be left alone for long", math.inf)
            yield

    def _note_pauses(self, host: _Host, reply: Reply) -> float | None:
        """Leave the host alone as long as it asks for, or is owed; return that where it is busy."""
        now, busy = self.clock(), None
        if reply.status in _BUSY:
            host.strikes += 1
            busy = retry_after(reply.headers, now)
            busy = self.patience.pause(host.strikes) if busy is None else busy
        else:
            host.strikes = 0
        wait = max(busy or 0.0, rate_pause(reply.headers, now))
        if wait <= self.patience.most_seconds:
            host.quiet_until = max(host.quiet_until, now + wait)
        else:
            host.is_closed = True
        return busy

    async def _heed_robots(self, host: _Host, url: str) -> None:
        async with host.lock:
            if host.robots is None or self.clock() > host.robots_until:
                host.robots = await self._read_robots(host, url)
                host.robots_until = self.clock() + _ROBOTS_SECONDS
                delay = host.robots.delay_seconds
                if delay * host.limiter.max_rate > host.limiter.time_period:
                    host.limiter = AsyncLimiter(1, delay)
                    host.gate = asyncio.Semaphore(1)
        parts = urlsplit(url)
        host.robots.check(url, parts.path or "/")

    async def _read_robots(self, host: _Host, url: str) -> Robots:
        """Read robots.txt; without one all is allowed, with a broken host nothing (RFC 9309)."""
        place = urljoin(url, "/robots.txt")
        for failures in range(1, self.patience.attempts + 1):
            try:
                async with self._turn(host):
                    reply = await self.client.fetch(place, Limits(_ROBOTS_BYTES))
            except Trouble:
                await self.sleep(self.patience.pause(failures))
                continue
            for _ in range(_MOST_REDIRECTS):
                if reply.status not in _REDIRECTS:
                    break
                place = urljoin(place, reply.headers.get("location", ""))
                reply = await self.client.fetch(place, Limits(_ROBOTS_BYTES))
            if reply.status == 200:
                return Robots.parse(reply.body.decode("utf-8", "replace"), AGENT)
            if 400 <= reply.status < 500 and reply.status != 429:
                return Robots.parse("", AGENT)
            if self._note_pauses(host, reply) is None:
                await self.sleep(self.patience.pause(failures))
        raise Trouble("its robots.txt cannot be read, so nothing is fetched there")


def _check_status(reply: Reply, busy: float | None) -> None:
    status = reply.status
    if status == 200:
        return
    if status in _BUSY:
        raise Trouble(f"the host is busy (status {status})", busy)
    if status in (401, 403):
        raise Refused(f"no access (status {status})")
    if status in (404, 410):
        raise Gone(f"not there (status {status})")
    if status >= 500 or status == 408:
        raise Trouble(f"the host failed (status {status})")
    raise Refused(f"unexpected status {status}")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
