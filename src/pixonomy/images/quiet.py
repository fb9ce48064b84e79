"""Keeps Pillow's warnings of odd metadata from the user, and nobody else's.

`warnings.catch_warnings` swaps a list of the whole process: threads that use it at once can leave
all warnings off for good. Here one filter stands in front while any thread decodes.
"""

import re
import threading
import warnings
from contextlib import suppress
from typing import Any

_FILTER: Any = ("ignore", None, Warning, re.compile(r"PIL\.|pixonomy\.images\."), 0)
_lock = threading.Lock()
_inside: dict[int, int] = {}  # the list that holds the filter, by its id: how many threads need it


class Quiet:
    """While it is entered, what Pillow's modules warn of is ignored; any number of threads may.

    The filter goes out of the very list that it went into, even if somebody has swapped that.
    """

    def __enter__(self) -> None:
        filters: Any = warnings.filters
        self._filters = filters
        with _lock:
            count = _inside.get(id(self._filters), 0)
            if not count:
                self._filters.insert(0, _FILTER)
            _inside[id(self._filters)] = count + 1

    def __exit__(self, *_: object) -> None:
        with _lock:
            count = _inside.pop(id(self._filters)) - 1
            if count:
                _inside[id(self._filters)] = count
                return
            with suppress(ValueError):
                self._filters.remove(_FILTER)
