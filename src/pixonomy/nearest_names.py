"""Suggests the known name that comes closest to one that is refused."""

from collections.abc import Iterable
from difflib import get_close_matches


def suggest(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" to end a message with; "" where no known name is near.

    Case does not count. Nearness is that of `difflib.get_close_matches`.
    """
    by_lower = {one.lower(): one for one in known}
    near = get_close_matches(name.lower(), by_lower, n=1)
    return f" Did you mean {by_lower[near[0]]!r}?" if near else ""
