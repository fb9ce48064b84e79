"""How often one token, or one address, may ask: a moving window for each, in memory.

Rates are written as the library `limits` reads them. Its own storage in memory looks through all
keys in a new thread at nearly every hit and never forgets one: 10,000 keys take half a core so.
Here the key that was used longest ago is forgotten.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable

from limits import RateLimitItem, parse_many

from pixonomy.errors import SettingError

MOST_KEYS = 10_000
_MOST_HITS = 100_000  # in a window: each is remembered


class RateLimits:
    """Counts the requests of each key.

    Args:
        rate: "120/minute", "10 per second".
        most_keys: that are remembered; beyond it the one used longest ago begins anew.
        clock: seconds, never going back.

    Raises:
        SettingError: if the rate is none.
    """

    def __init__(
        self,
        rate: str,
        most_keys: int = MOST_KEYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Count nothing yet."""
        found = _read_rate(rate)
        self._hits, self._seconds = found.amount, found.get_expiry()
        self._most_keys, self._clock = most_keys, clock
        self._windows: OrderedDict[str, deque[float]] = OrderedDict()

    def hit(self, key: str) -> float | None:
        """Count a request of a key; return None, or how many seconds it has to wait instead.

        A refused request does not count.
        """
        window, now = self._window(key), self._clock()
        while window and window[0] <= now - self._seconds:
            window.popleft()
        if len(window) >= self._hits:
            return window[0] + self._seconds - now
        window.append(now)
        return None

    def _window(self, key: str) -> deque[float]:
        """Return when a key was used, the earliest first."""
        window = self._windows.setdefault(key, deque())
        self._windows.move_to_end(key)
        if len(self._windows) > self._most_keys:
            self._windows.popitem(last=False)
        return window


def _read_rate(text: str) -> RateLimitItem:
    try:
        found = parse_many(text)
    except ValueError:
        found = []
    if len(found) != 1 or not 0 < found[0].amount <= _MOST_HITS:
        raise SettingError(
            f"A rate is one such as 120/minute or 10/second, of 1 to {_MOST_HITS:,} requests, "
            f"not {text!r}."
        )
    return found[0]
