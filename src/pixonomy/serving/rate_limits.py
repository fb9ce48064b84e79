"""How often one token, or one address, may ask: a moving window, in memory.

The rates are those of the library `limits`, and so is the strategy. Its own storage in memory looks
through all keys in a thread of its own at nearly every hit and never forgets a key: with 10,000 of
them that takes half a core. Ours forgets the key that was used longest ago.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable

from limits import RateLimitItem, parse
from limits.storage import MovingWindowSupport, Storage
from limits.strategies import MovingWindowRateLimiter

from pixonomy.errors import SettingError

MOST_KEYS = 10_000


class RateLimits:
    """Counts the requests of each key.

    Args:
        rate: as `limits` writes it: "120/minute", "10 per second".
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
        self._rate = _read_rate(rate)
        self._windows = _Windows(most_keys, clock)
        self._limiter = MovingWindowRateLimiter(self._windows)
        self._clock = clock

    def hit(self, key: str) -> float | None:
        """Count a request of a key; return None, or how many seconds it has to wait instead.

        A refused request does not count.
        """
        if self._limiter.hit(self._rate, key):
            return None
        return max(0.0, self._limiter.get_window_stats(self._rate, key).reset_time - self._clock())


class _Windows(Storage, MovingWindowSupport):
    """When each key was used within its window: the latest first out of `most_keys` keys."""

    def __init__(self, most_keys: int, clock: Callable[[], float]) -> None:
        super().__init__()
        self._most_keys, self._clock = most_keys, clock
        self._used: OrderedDict[str, deque[float]] = OrderedDict()

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        used = self._used.setdefault(key, deque())
        self._used.move_to_end(key)
        if len(self._used) > self._most_keys:
            self._used.popitem(last=False)
        now = self._clock()
        while used and used[0] <= now - expiry:
            used.popleft()
        is_free = len(used) + amount <= limit
        if is_free:
            used.extend([now] * amount)
        return is_free

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        now = self._clock()
        recent = [one for one in self._used.get(key, ()) if one > now - expiry]
        return (recent[0] if recent else now), len(recent)
