"""Finds the file below a folder that a written path means, where exactly one can be meant.

Names are compared as most people's disks do: case and Unicode's form make no difference, and the
ending of an image file may be missing. Folders are listed once each.
"""

import os
import unicodedata
from collections import defaultdict
from typing import NamedTuple

from pixonomy.sources.names import is_image

_MOST_NAMES = 5_000_000  # that are remembered: some 2 GB


class Match(NamedTuple):
    """A file, or why there is none.

    Attributes:
        path: relative to the folder that was searched, as it is on disk; None: not found.
        how: what differs from the path that was asked for.
        rivals: names that it could mean alike.
    """

    path: str | None
    how: frozenset[str] = frozenset()
    rivals: tuple[str, ...] = ()


NOTHING = Match(None)


class _Folder(NamedTuple):
    names: frozenset[str]
    by_key: dict[str, list[str]]
    by_stem: dict[str, list[str]]


class Lookup:
    """Finds files below folders; remembers what lies in each."""

    def __init__(self) -> None:
        self._folders: dict[str, _Folder | None] = {}
        self._matches: dict[tuple[str, str], Match] = {}
        self._count = 0

    def find(self, base: str, path: str) -> Match:
        """Return the file that a path with slashes means; ".." goes up.

        Args:
            base: an absolute folder.
        """
        folder, _, name = path.rstrip("/").rpartition("/")
        above = self._find_folder(base, folder)
        if above.path is None or name in ("", ".", ".."):
            return above if above.path is None else NOTHING
        found = self._match(os.path.join(base, above.path), name, is_file=True)  # noqa: PTH118
        if found.path is None:
            return found
        return Match(_join(above.path, found.path), above.how | found.how)

    def _find_folder(self, base: str, path: str) -> Match:
        if (known := self._matches.get((base, path))) is not None:
            return known
        found = Match("")
        for part in path.split("/"):
            if part in ("", "."):
                continue
            one = Match("..") if part == ".." else self._match(_join(base, found.path or ""), part)
            if one.path is None:
                found = one
                break
            found = Match(_join(found.path or "", one.path), found.how | one.how)
        self._matches[base, path] = found
        return found

    def _match(self, folder: str, name: str, is_file: bool = False) -> Match:
        listed = self._list(folder)
        if listed is None:
            return NOTHING
        if name in listed.names:
            return Match(name)
        key = _key(name)
        for how, found in (
            ("case", listed.by_key.get(key, [])),
            ("ending", listed.by_stem.get(key, []) if is_file else []),
        ):
            if len(found) == 1:
                is_form = how == "case" and _composed(found[0]) == _composed(name)
                return Match(found[0], frozenset(["form" if is_form else how]))
            if found:
                return Match(None, rivals=tuple(sorted(found)))
        return NOTHING

    def _list(self, folder: str) -> _Folder | None:
        if folder not in self._folders:
            self._folders[folder] = self._read(folder)
        return self._folders[folder]

    def _read(self, folder: str) -> _Folder | None:
        if self._count > _MOST_NAMES:
            return None
        try:
            names = frozenset(filter(_is_text, os.listdir(folder)))  # noqa: PTH208 - names alone
        except (OSError, ValueError):
            return None
        by_key, by_stem = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
        for name in names:
            by_key[_key(name)].append(name)
            if is_image(name):
                by_stem[_key(name.rpartition(".")[0])].append(name)
        self._count += len(names)
        return _Folder(names, dict(by_key), dict(by_stem))


def _join(folder: str, name: str) -> str:
    return os.path.join(folder, name)  # noqa: PTH118 - called for each of a million paths


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _key(name: str) -> str:
    return name.casefold() if name.isascii() else _composed(_composed(name).casefold())


def _is_text(name: str) -> bool:
    return name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)
