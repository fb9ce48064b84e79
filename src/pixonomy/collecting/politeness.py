"""The politeness policy: all requests go through here, and none goes out against it.

Robots.txt and opt-outs, rate limits (so many requests at a time and a second for each host),
Retry-After, growing waits between tries, a budget for each day, and redirects that are checked as
if they had been asked for.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from pixonomy.collecting.client import MEDIA_BYTES, Client, Limits
from pixonomy.collecting.door import join
from pixonomy.collecting.hosts import Hosts, Place
from pixonomy.collecting.openings import Openings
from pixonomy.collecting.optout import check_headers
from pixonomy.collecting.rate_limits import RetryPolicy, rate_pause, retry_after
from pixonomy.collecting.search_results import (
    GaveUp,
    Gone,
    Kind,
    Left,
    NoReply,
    Pace,
    Refused,
    Reply,
    Trouble,
    Unreachable,
)

AGENT = "pixonomy"
"""The name robots.txt would call us by."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({429, 503})
_MOST_REDIRECTS = 5

Budget = Callable[[str], None]
"""Counts a request to a provider's interface; raises `BudgetSpent` where there are no more."""


@dataclass
class Politeness:
    """Asks politely.

    Attributes:
        client: what sends.
        pace: provider and kind → how fast a host may be asked.
        budget: asked before every request to a provider's interface.
        clock: seconds since 1970.
        hosts: what is known of each host in this run.
    """

    client: Client
    pace: Callable[[str, Kind], Pace]
    budget: Budget
    retry_policy: RetryPolicy
    clock: Callable[[], float]
    hosts: Hosts = field(init=False)
    _openings: Openings = field(init=False)

    def __post_init__(self) -> None:
        self.hosts = Hosts(self.pace, self.retry_policy, self.clock)
        self._openings = Openings(AGENT, self.hosts, self.retry_policy, self.clock, self._ask_alone)

    async def get(
        self,
        url: str,
        kind: Kind,
        provider: str,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        asked: Counter[str] | None = None,
    ) -> Reply:
        """Ask for an address until it answers, or patience ends.

        Args:
            headers: sent to this host alone, not to one it redirects to.
            form: sent by POST.
            asked: how often each address has been asked for; counted on.

        Returns:
            A reply of status 200.

        Raises:
            Refused: where it must not be fetched or used.
            Gone: where it is not there.
            Left: where its host is not asked in this run.
            GaveUp: where it did not work, however often it was asked.
            BudgetSpent: where the provider must not be asked again today.
        """
        asked = Counter() if asked is None else asked
        while True:
            asked[url] += 1
            try:
                return await self._follow(url, kind, provider, headers, form)
            except Left:
                raise
            except Trouble as trouble:
                if asked[url] >= self.retry_policy.attempts:
                    raise GaveUp(str(trouble), trouble.wait_seconds) from None
                # What a host is owed has been noted for all requests to it: asking waits.
                if trouble.wait_seconds is None and not isinstance(trouble, Unreachable):
                    await asyncio.sleep(self.retry_policy.pause(asked[url]))

    async def take(self, url: str, provider: str, place: Place) -> Reply:
        """Ask once for an image, of a place whose turn the caller has taken; leave it.

        Raises:
            Refused, Gone, Left, Trouble: as `get`.
        """
        return await self._follow(url, "media", provider, taken=place)

    async def rest(self, url: str, provider: str, seconds: float, reason: str) -> None:
        """Leave the host of an interface alone that asked for it in words of its own.

        Raises:
            Left: where that is longer than anybody waits.
        """
        place = self.hosts.place(url, "api", provider)
        self.hosts.note_quiet(place.origin.host, seconds, reason)
        if place.closed_seconds() > 0:
            raise place.leave(self.clock)

    def opening(self, url: str, kind: Kind, provider: str) -> "asyncio.Task[None] | None":
        """Begin to read what a host says to robots; None where that has been read.

        Raises:
            Refused: for no proper address.
        """
        return self._openings.begin(self.hosts.place(url, kind, provider), url, kind, provider)

    async def _follow(
        self,
        url: str,
        kind: Kind,
        provider: str,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        taken: Place | None = None,
    ) -> Reply:
        first: str | None = None
        for _ in range(_MOST_REDIRECTS + 1):
            place = taken or self.hosts.place(url, kind, provider)
            first = first or place.origin.name
            own = headers if place.origin.name == first else None
            reply = await self._ask(url, kind, provider, own, form, place=place, is_in=bool(taken))
            if reply.status not in _REDIRECTS:
                return reply
            location = reply.headers.get("location", "")
            if not location:
                raise Refused("a redirect that leads nowhere")
            url, form, taken = join(url, location), None, None
        raise Refused(f"more than {_MOST_REDIRECTS} redirects")

    async def _ask(
        self,
        url: str,
        kind: Kind,
        provider: str,
        headers: Mapping[str, str] | None,
        form: Mapping[str, str] | None,
        *,
        place: Place,
        is_in: bool,
    ) -> Reply:
        limits = Limits(MEDIA_BYTES) if kind == "media" else Limits()
        async with self._turn(place, is_in, url, kind, provider):
            if kind == "api":
                self.budget(provider)
            reply = await self._send(place, url, kind, limits, headers, form)
        if reply.status not in _REDIRECTS:
            _check_status(reply)
        if kind != "api":
            check_headers(reply.headers, AGENT)
        return reply

    @asynccontextmanager
    async def _turn(
        self, place: Place, is_in: bool, url: str, kind: Kind, provider: str
    ) -> AsyncIterator[None]:
        """Wait until the host may be asked, and what it says to robots allows the address."""
        try:
            if kind != "api":  # an interface that is offered for it is no place that is crawled
                await self._heed_robots(place, url, kind, provider)
            if not is_in:
                await place.lane.enter(lambda: self._quiet(place))
                is_in = True
            yield
        finally:
            if is_in:
                place.lane.leave()

    def _quiet(self, place: Place) -> float:
        if place.closed_seconds() > 0:
            raise place.leave(self.clock)
        return place.wait()

    async def _send(
        self,
        place: Place,
        url: str,
        kind: Kind,
        limits: Limits,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request, and note what that says of the host."""
        began, retry_policy = time.monotonic(), self.retry_policy
        limits = _shorten(limits, retry_policy, place.is_strange(kind))
        try:
            reply = await self.client.fetch(url, limits, headers, form)
        except (Unreachable, NoReply) as trouble:
            self.hosts.note_silence(place, began, trouble, kind)
            raise
        self._note_answer(place, reply, began)
        return reply

    def _note_answer(self, place: Place, reply: Reply, began: float) -> None:
        """Note how long the host asks, or is owed, to be left alone.

        Raises:
            Trouble: where it is busy; `Left` where it is not asked again in this run.
        """
        now, busy = self.clock(), None
        reason = "it asked to be left alone"
        if reply.status in _BUSY:
            owed, busy = self.hosts.strike(place, began), retry_after(reply.headers, now)
            busy = owed if busy is None else busy
            reason = f"the host is busy (status {reply.status})"
        self.hosts.note_answer(place, busy, rate_pause(reply.headers, now), reason)
        if busy is None:
            return
        if place.closed_seconds() > 0:
            raise place.leave(self.clock)
        raise Trouble(reason, busy)

    async def _heed_robots(self, place: Place, url: str, kind: Kind, provider: str) -> None:
        opening = self.opening(url, kind, provider)
        if opening is not None:
            await asyncio.shield(opening)
        rules = place.origin.rules
        if isinstance(rules, Refused):
            raise rules
        if rules is not None:
            rules.check(url)

    async def _ask_alone(self, url: str, limits: Limits, kind: Kind, provider: str) -> Reply:
        """Send one request in its host's turn, whatever that says to robots."""
        place = self.hosts.place(url, kind, provider)
        await place.lane.enter(lambda: self._quiet(place))
        try:
            return await self._send(place, url, kind, limits)
        finally:
            place.lane.leave()


def _shorten(limits: Limits, retry_policy: RetryPolicy, is_strange: bool) -> Limits:
    """Return limits within our patience; there is less of it for strangers."""
    connect = retry_policy.stranger_seconds if is_strange else retry_policy.connect_seconds
    return replace(
        limits,
        seconds=min(limits.seconds, retry_policy.reply_seconds),
        connect_seconds=min(limits.connect_seconds, retry_policy.connect_seconds, connect),
        silent_seconds=retry_policy.silent_seconds if is_strange else None,
    )


def _check_status(reply: Reply) -> None:
    status = reply.status
    if status == 200:
        return
    if status in (401, 403):
        raise Refused(f"no access (status {status})", status)
    if status in (404, 410):
        raise Gone(f"not there (status {status})")
    if status >= 500 or status == 408:
        raise Trouble(f"the host failed (status {status})")
    raise Refused(f"unexpected status {status}", status)
