"""Asks for a host's robots.txt and tdmrep.json, and says what they forbid."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urljoin

from pixonomy.collecting.client import Limits
from pixonomy.collecting.door import join
from pixonomy.collecting.robots import ROBOTS_BYTES, Robots
from pixonomy.collecting.search_results import Left, NoReply, Refused, Reply, Trouble
from pixonomy.collecting.tdm import TDM_BYTES, TDM_PATH, TdmFile

Ask = Callable[[str, Limits], Awaitable[Reply]]
"""Sends one request in the turn of the host that the address belongs to, whichever that is, and
notes the quiet it asks for; raises `Trouble` and `Refused` as the client does."""

ROBOTS_SECONDS = 20.0
"""So long a robots.txt may take with its redirects, to its last byte; it is asked for three times
at most. A host of images that brings nothing at first has less: `RetryPolicy.silent_seconds`."""

TDM_SECONDS = 10.0

_LONG = 32 * 1024  # bytes; to read more takes longer than a loop should stand still
_MOST_REDIRECTS = 5  # RFC 9309, section 2.3.1.2
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class SiteRules:
    """What a host says to us about its addresses."""

    robots: Robots
    tdm: TdmFile

    def check(self, url: str) -> None:
        """Refuse an address that is not for us.

        Raises:
            Refused: with the rule that forbids it.
        """
        self.robots.check(url)
        self.tdm.check(url)

    @property
    def delay_seconds(self) -> float:
        """How long to wait between two requests; 0 where it does not say."""
        return self.robots.delay_seconds


async def read_rules(url: str, agent: str, ask: Ask) -> SiteRules:
    """Read what the host of an address says to us.

    Args:
        agent: the name we go by.

    Raises:
        Trouble: if robots.txt cannot be read: then nothing may be fetched (RFC 9309, 2.3.1.4).
        Refused: if it leads where nothing may be asked.
    """
    robots = await _read_robots(urljoin(url, "/robots.txt"), agent, ask)
    try:
        reply = await ask(urljoin(url, TDM_PATH), Limits(TDM_BYTES, TDM_SECONDS))
    except Left:
        raise
    except (Refused, Trouble):  # one that does not come is none (its section 5.2)
        return SiteRules(robots, TdmFile())
    return SiteRules(robots, TdmFile.parse(reply.body) if reply.status == 200 else TdmFile())


async def _read_robots(place: str, agent: str, ask: Ask) -> Robots:
    """Read robots.txt; without one all is allowed, with a broken host nothing."""
    reply = await _follow(place, ask)
    if reply.status == 200:
        if len(reply.body) < _LONG:
            return Robots.parse(reply.body, agent)
        return await asyncio.to_thread(Robots.parse, reply.body, agent)
    if reply.status < 500 and reply.status != 429:  # 2.3.1.3; redirects without end count as none
        return Robots.parse(b"", agent)
    raise Trouble(f"status {reply.status}")


async def _follow(place: str, ask: Ask) -> Reply:
    left = ROBOTS_SECONDS
    for _ in range(_MOST_REDIRECTS + 1):
        reply = await ask(place, Limits(ROBOTS_BYTES, left, is_truncated=True))
        left -= reply.seconds
        if reply.status not in _REDIRECTS:
            break
        if left <= 0:
            raise NoReply(f"not there within {ROBOTS_SECONDS:g} seconds")
        place = join(place, reply.headers.get("location", ""))
    return reply
