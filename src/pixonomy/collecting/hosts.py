"""Decides when each host may be asked again, by what it answered, and why some are left alone.

A circuit breaker (M. Nygard, Release It!, 2007): what a host does is noted for the host, not for
the image that happened to be asked for. Pauses and rate limits go by the host's name; whether
anybody is there, and what robots.txt says, by the origin: scheme, host and port.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pixonomy.collecting.circuits import RUN_SECONDS, Circuit
from pixonomy.collecting.door import host_name, parse
from pixonomy.collecting.lanes import Lane
from pixonomy.collecting.rate_limits import RetryPolicy
from pixonomy.collecting.search_results import Kind, Left, NoReply, Pace, Refused, Unreachable
from pixonomy.collecting.site_rules import SiteRules

MOST_FAILING = 5  # images in a row that a host fails to give

_MOST_IDLE = 5.0  # seconds: shorter rests are not worth a note
_RULES_SECONDS = 24 * 3600.0  # as long a robots.txt is believed
_OFF = 50  # hosts in a row that our own network did not reach
_MOST_RULES = 16 * 1024**2  # bytes of robots.txt that are kept in memory, read


@dataclass(slots=True)
class Host:
    """A host by its name: its pace, and the quiet that it asked for."""

    name: str
    quiet_until: float = 0.0
    strikes: int = 0  # rounds of requests that it was too busy for
    struck_at: float = -math.inf
    circuit: Circuit = field(default_factory=Circuit)
    lanes: dict[bool, Lane] = field(default_factory=dict)  # of its interface, and of all else
    hosts_by_origin: "dict[str, Origin]" = field(default_factory=dict)

    def is_idle(self, now: float) -> bool:
        """Tell whether nothing would be lost by forgetting it."""
        is_under_way = any(one.active or one.next_at > now for one in self.lanes.values())
        hosts_by_origin = self.hosts_by_origin.values()
        is_closed = self.circuit.reason or any(one.circuit.reason for one in hosts_by_origin)
        is_resting = max(self.quiet_until, *(one.rest_until for one in hosts_by_origin), 0.0) > now
        return not (is_under_way or is_closed or is_resting)


@dataclass(slots=True)
class Origin:
    """A scheme, host and port: whether anybody is there, and what its robots.txt says."""

    name: str
    host: Host
    rest_until: float = 0.0
    silent: int = 0  # rounds of requests that nobody answered
    silent_at: float = -math.inf
    failing: int = 0  # images in a row that it failed to give
    has_answered: bool = False
    circuit: Circuit = field(default_factory=Circuit)
    rules: SiteRules | Refused | None = None
    rules_until: float = 0.0
    rules_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes: an origin, and the line that it stands in there."""

    origin: Origin
    lane: Lane

    @property
    def is_open(self) -> bool:
        """Whether its robots.txt has been read."""
        return self.origin.rules is not None and time.monotonic() < self.origin.rules_until

    def is_strange(self, kind: Kind) -> bool:
        """Tell whether it is a host of images that has not answered yet in this run."""
        return kind == "media" and not self.origin.has_answered

    def closed_seconds(self) -> float:
        """Return how long nothing is asked there in any case."""
        return max(self.origin.circuit.wait(), self.origin.host.circuit.wait())

    def wait(self) -> float:
        """Return how long it has to be left alone from now on, in seconds."""
        until = max(self.origin.rest_until, self.origin.host.quiet_until)
        return max(0.0, self.closed_seconds(), until - time.monotonic())

    def leave(self, clock: Callable[[], float]) -> Left:
        """Return what says that it is left, and have that told at the end."""
        host, origin = self.origin.host, self.origin
        circuit = max(host.circuit, origin.circuit, key=Circuit.wait)
        circuit.is_reported = True
        wait = circuit.wait()
        until = clock() + wait if circuit.is_asked else None
        name = host.name if circuit is host.circuit else _short(origin.name)
        return Left(f"{name}: {circuit.reason}", name, until, round(wait, 1))


@dataclass
class Hosts:
    """All hosts of a run.

    Attributes:
        pace: provider and kind → how fast a host may be asked.
        clock: seconds since 1970.
        keep: told of each quiet that outlasts the run: host, until when (seconds since 1970), why.
        is_off: our own network seems to be off.
    """

    pace: Callable[[str, Kind], Pace]
    retry_policy: RetryPolicy
    clock: Callable[[], float]
    keep: Callable[[str, float, str], None] = lambda _host, _until, _reason: None
    is_off: bool = field(default=False, init=False)
    _hosts: dict[str, Host] = field(default_factory=dict, init=False)
    _reached: int = field(default=0, init=False)
    _has_lost: bool = field(default=False, init=False)  # one that answered before is silent now
    _unreached: set[str] = field(default_factory=set, init=False)  # in a row
    _ours: set[str] = field(default_factory=set, init=False)  # of them, by our network's fault
    _rules_bytes: int = field(default=0, init=False)

    def remember(self, resting: Mapping[str, tuple[float, str]]) -> None:
        """Leave hosts alone that asked an earlier run for it: until when, and why."""
        for name, (until, reason) in resting.items():
            wait = until - self.clock()
            host = self._hosts.setdefault(name, Host(name))
            if wait > self.retry_policy.most_seconds:
                host.circuit.close(reason, wait)
            elif wait > 0:
                host.quiet_until = time.monotonic() + wait

    def place(self, url: str, kind: Kind, provider: str) -> Place:
        """Return where a request goes.

        Raises:
            Refused: for no proper address.
        """
        address = parse(url)
        name, key, is_api = host_name(address), str(address.origin()), kind == "api"
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = Host(name)
        if key not in host.hosts_by_origin:
            host.hosts_by_origin[key] = Origin(key, host)
        if is_api not in host.lanes:
            pace = self.pace(provider, kind)
            host.lanes[is_api] = Lane(pace.at_once, 1 / pace.per_second)
        return Place(host.hosts_by_origin[key], host.lanes[is_api])

    def note_answer(self, place: Place, busy: float | None, quiet: float, reason: str) -> None:
        """Note that somebody is there, and how long it wants to be left alone.

        Args:
            busy: it had no time for us, and wants to be left alone for so many seconds.
            quiet: so it does for these, by its own counters.
        """
        origin, host = place.origin, place.origin.host
        origin.has_answered, origin.silent, origin.circuit.reason = True, 0, ""
        self._reached += 1
        self._unreached.clear()
        self._ours.clear()
        self._has_lost = False
        if busy is None:
            host.strikes, host.circuit.reason = 0, ""
        if host.strikes >= self.retry_policy.attempts:
            host.circuit.close(reason)
        self.note_quiet(host, max(busy or 0.0, quiet), reason)

    def note_quiet(self, host: Host, seconds: float, reason: str) -> None:
        """Note that a host wants to be left alone for so long."""
        if seconds > self.retry_policy.most_seconds:
            host.circuit.close(reason, seconds)
        host.quiet_until = max(host.quiet_until, time.monotonic() + seconds)
        if seconds > _MOST_IDLE:
            self.keep(host.name, self.clock() + seconds, reason)

    def strike(self, place: Place, began: float) -> float:
        """Count that a host was too busy for a request; return the pause it is owed, in seconds."""
        host = place.origin.host
        if began >= host.struck_at:  # those under way together are one strike
            host.strikes, host.struck_at = host.strikes + 1, time.monotonic()
        return self.retry_policy.pause(host.strikes)

    def note_silence(self, place: Place, began: float, trouble: Exception, kind: Kind) -> None:
        """Note that nobody answered a request."""
        origin, now = place.origin, time.monotonic()
        if began < origin.silent_at:
            return  # those under way together are one round
        origin.silent, origin.silent_at = origin.silent + 1, now
        origin.rest_until = now + self.retry_policy.pause(origin.silent)
        # One that was connected to and then kept us for a whole reply's time costs most of all.
        is_brief = place.is_strange(kind) or (kind == "media" and isinstance(trouble, NoReply))
        most = self.retry_policy.attempts_at_strangers if is_brief else self.retry_policy.attempts
        is_slow = now - began >= self.retry_policy.stranger_seconds
        if is_slow and place.is_strange(kind):
            most = 1
        if origin.silent >= min(most, self.retry_policy.attempts):
            seconds = RUN_SECONDS if isinstance(trouble, NoReply) else None
            origin.circuit.close(str(trouble), seconds)
            origin.circuit.is_asked = False
            origin.silent -= 1  # when it is tried again, once is enough
            self._note_unreached(origin, trouble)

    def _note_unreached(self, origin: Origin, trouble: Exception) -> None:
        self._unreached.add(origin.host.name)
        if isinstance(trouble, Unreachable) and trouble.is_ours:
            self._ours.add(origin.host.name)
        self._has_lost = self._has_lost or origin.has_answered
        # Many dead hosts at the end of a list are no sign of it where others have just answered.
        is_likely = self._has_lost or not self._reached
        self.is_off = is_likely and len(self._ours) == len(self._unreached) >= _OFF

    def note_given(self, place: Place) -> None:
        """Note that a host gave what it was asked for, or said rightly that it does not."""
        place.origin.failing = 0

    def note_failure(self, place: Place, reason: str) -> None:
        """Note that a host failed to give an image, after all attempts."""
        place.origin.failing += 1
        if place.origin.failing >= MOST_FAILING:
            explained = f"{reason}, {MOST_FAILING} times in a row"
            place.origin.circuit.close(explained)
            place.origin.failing -= 1

    def left(self) -> dict[str, str]:
        """Return the hosts for which something was left, why, and when they may be asked again."""
        found = {}
        for host in self._hosts.values():
            if host.circuit.is_reported and host.circuit.reason:
                found[host.name] = host.circuit.reason + self._until(host.circuit)
            for origin in host.hosts_by_origin.values():
                if origin.circuit.is_reported and origin.circuit.reason:
                    found.setdefault(_short(origin.name), origin.circuit.reason)
        return found

    def _until(self, circuit: Circuit) -> str:
        if not circuit.is_asked:
            return ""
        until = datetime.fromtimestamp(self.clock() + circuit.wait()).astimezone()
        return f"; not before {until:%Y-%m-%d %H:%M %Z}"

    @property
    def unreached(self) -> int:
        """How many hosts could not be reached, where nobody else answered either.

        One alone may well be down; only where it looks like our own network it is counted.
        """
        if self._reached or not (len(self._unreached) > 1 or self._ours):
            return 0
        return len(self._unreached)

    def note_rules(self, place: Place, rules: SiteRules | Refused, size: int) -> None:
        """Note what a host says to robots; forget what others said where it is too much."""
        origin = place.origin
        self._rules_bytes += size - origin.rules_bytes
        origin.rules, origin.rules_bytes = rules, size
        origin.rules_until = time.monotonic() + _RULES_SECONDS
        if isinstance(rules, SiteRules):
            place.lane.slow_down(rules.delay_seconds)
        if self._rules_bytes > _MOST_RULES:
            self._forget(origin.host)

    def _forget(self, but: Host) -> None:
        """Drop the hosts that came first and owe and are owed nothing, until half the bytes go."""
        now = time.monotonic()
        for name, host in list(self._hosts.items()):
            if host is not but and host.is_idle(now):
                del self._hosts[name]
                self._rules_bytes -= sum(one.rules_bytes for one in host.hosts_by_origin.values())
                if self._rules_bytes < _MOST_RULES // 2:
                    return


def _short(origin: str) -> str:
    """Return an origin as people call it: without the usual scheme and port."""
    return origin.partition("://")[2]
