"""Finds where files lie here that a table names by paths of another machine or folder.

`C:/Users/me/pics/cars/0.jpg` may be `pics/cars/0.jpg` here. The part in front that is not here has
to be the same for all paths of a table, and one place to fit: nothing is pieced together.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from pixonomy.sources.lookup import Lookup
from pixonomy.sources.splits import SPLIT_NAMES, split_word

_SAMPLE = 200
_MOST_FOLDERS = 100  # directly in the root, that are searched
_DEEPEST = 30


@dataclass(frozen=True)
class Rebase:
    """Where to look instead.

    Attributes:
        prefix: what is cut off in front, with its slash; "" for nothing.
        folder: what the rest hangs from, relative to the root: "", ".." or the name of a folder.
    """

    prefix: str
    folder: str

    def apply(self, path: str) -> str | None:
        """Return the path that is looked for below the root."""
        if not path.startswith(self.prefix):
            return None
        rest = path[len(self.prefix) :].lstrip("/")
        return f"{self.folder}/{rest}" if self.folder else rest


def find_rebase(
    paths: Sequence[str], root: str, lookup: Lookup, is_confined: bool
) -> Rebase | tuple[str, ...]:
    """Return the change that finds files and cuts off least.

    Args:
        paths: with slashes; of none of them is a file there. At least one.
        is_confined: the folder above the root is not looked at.

    Returns:
        The folders that would do alike, where there are several; none if nothing is found.
    """
    sample = paths[:: max(1, len(paths) // _SAMPLE)]
    parts = _common([path.split("/")[:-1] for path in paths])[:_DEEPEST]
    folders = _folders(root, is_confined)
    for count in range(len(parts) + 1):
        prefix = "".join(f"{part}/" for part in parts[:count])
        fitting = [
            one
            for folder in folders
            if not _leads_into_another_split(parts[:count], folder)
            if any(_fits(path, one := Rebase(prefix, folder), root, lookup) for path in sample)
        ]
        if fitting and (len(fitting) == 1 or fitting[0].folder == ""):
            return fitting[0]
        if fitting:
            return tuple(one.folder for one in fitting)
    return ()


def _leads_into_another_split(prefix: Sequence[str], folder: str) -> bool:
    """Tell a change from `train/0.jpg` to `test/0.jpg`, which is another image."""
    words = {SPLIT_NAMES[word] for part in prefix if (word := split_word(part)) is not None}
    word = split_word(folder)
    return word is not None and bool(words) and SPLIT_NAMES[word] not in words


def _common(folders: Sequence[list[str]]) -> list[str]:
    """Return the outer folders that all have: those of the first and the last in order."""
    pairs = zip(min(folders), max(folders), strict=False)
    return [one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)]


def _fits(path: str, change: Rebase, root: str, lookup: Lookup) -> bool:
    changed = change.apply(path)
    return changed is not None and lookup.find(root, changed).path is not None


def _folders(root: str, is_confined: bool) -> list[str]:
    try:
        with os.scandir(root) as entries:
            inner = sorted(one.name for one in entries if one.name[0] != "." and one.is_dir())
    except OSError:
        inner = []
    return ["", *([] if is_confined or root == "/" else [".."]), *inner[:_MOST_FOLDERS]]
