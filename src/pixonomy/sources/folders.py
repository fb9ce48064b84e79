"""Remembers what was found out about the folders in an archive, for the many images in each."""

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from pixonomy.sources.names import is_hidden, split_member

K = TypeVar("K")
V = TypeVar("V")

_MOST_FOLDERS = 10_000  # remembered at once


class Remembered(Generic[K, V]):
    """What was found out about folders, for the many images that lie in each."""

    def __init__(self, find_out: Callable[[K], V]) -> None:
        """Take what finds it out."""
        self._find_out = find_out
        self._known: dict[K, V] = {}

    def get(self, key: K) -> V:
        """Return what is said of a folder."""
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST_FOLDERS:
                self._known.clear()
            found = self._known[key] = self._find_out(key)
        return found


class Folders(NamedTuple):
    """The folders between an archive and a member, outermost first.

    Attributes:
        is_hidden: whether one of them is one that nobody means.
    """

    parts: tuple[str, ...]
    is_hidden: bool


def read_folders(path: str) -> Folders:
    """Return the folders of the path that they are in a name."""
    parts = split_member(path)
    return Folders(tuple(parts), is_hidden(parts))
