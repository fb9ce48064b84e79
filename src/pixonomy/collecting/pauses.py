"""Headers of a reply go in; how long their host asks to be left alone comes out."""

import email.utils
from collections.abc import Mapping


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that Retry-After asks for, as a number or a date; None without."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except ValueError:
        return None


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
    return max(0.0, wait)


def _period(limit: str) -> float:
    unit = limit.partition("/")[2].strip()
    return {"sec": 1.0, "min": 60.0, "hour": 3600.0, "day": 86400.0}.get(unit, 60.0)


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
