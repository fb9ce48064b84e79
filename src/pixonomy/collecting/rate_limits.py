"""Reads from a reply's headers how long its host asks to be left alone, and when to retry."""

import email.utils
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_QUIET = 30 * 86_400.0
"""No host is left alone for longer than that, in seconds, whatever it says."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long is waited.

    Attributes:
        attempts: for one address; and for a host that answered before and is silent now.
        attempts_at_strangers: for a host of images that has not answered yet in this run, or that
            takes all the time there is for a reply.
        first_seconds: the pause after the first failure; it doubles, with jitter.
        longest_seconds: the longest such pause.
        most_seconds: who asks to be left alone for longer is not asked again in this run.
        soon_seconds: who rests for longer is not waited for while there is something else to do.
        reply_seconds: for one request, to the last byte.
        connect_seconds: for a connection.
        stranger_seconds: for a connection to a host of images that has not answered yet in this
            run; one that takes as long to no end is not asked twice.
        silent_seconds: that such a host may bring nothing once it is connected.
    """

    attempts: int = 5
    attempts_at_strangers: int = 2
    first_seconds: float = 1.0
    longest_seconds: float = 60.0
    most_seconds: float = 600.0
    soon_seconds: float = 5.0
    reply_seconds: float = 60.0
    connect_seconds: float = 15.0
    stranger_seconds: float = 5.0
    silent_seconds: float = 10.0

    def pause(self, failures: int) -> float:
        """Return how long to wait after so many failures, in seconds."""
        longest = min(self.longest_seconds, self.first_seconds * 2.0 ** min(failures - 1, 60))
        return float(longest * random.uniform(0.5, 1.0))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that Retry-After asks for, as a number or a date; None without."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        pass
    else:
        return None if math.isnan(seconds) else min(max(0.0, seconds), LONGEST_QUIET)
    try:
        until = email.utils.parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return min(max(0.0, until - now), LONGEST_QUIET)


def rate_pause(headers: Mapping[str, str], now: float) -> float:
    """Return how long a host's own counters ask to wait, in seconds: 0 while any request is left.

    Known are the pair X-RateLimit-Remaining and -Reset (seconds since 1970, or from now), and
    Openverse's X-RateLimit-Limit-NAME ("20/min") with X-RateLimit-Available-NAME.
    """
    wait = 0.0
    if headers.get("x-ratelimit-remaining") == "0":
        reset = _number(headers.get("x-ratelimit-reset"))
        wait = max(wait, reset - now if reset > 1e9 else reset)
    for name, value in headers.items():
        if name.startswith("x-ratelimit-available-") and value == "0":
            limit = headers.get(name.replace("available", "limit"), "")
            wait = max(wait, _period(limit))
    return min(max(0.0, wait), LONGEST_QUIET)


def _period(limit: str) -> float:
    unit = limit.partition("/")[2].strip()
    return {"sec": 1.0, "min": 60.0, "hour": 3600.0, "day": 86400.0}.get(unit, 60.0)


def _number(text: str | None) -> float:
    try:
        number = float(text or 0)
    except ValueError:
        return 0.0
    return 0.0 if math.isnan(number) else number
