"""Reads a tar's members with the links among them resolved to the files that they lead to.

Tools that replace duplicates by links leave archives in which the second name of an image is a
link.
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from pixonomy.sources.damage import Damage
from pixonomy.sources.tar_members import TarMember, scan_tar

_MOST_LINKS = 200_000  # followed in one archive: some hundred megabytes of names
_MOST_STEPS = 40  # from link to link, as many as Linux goes


class LinkedTar:
    """A tar whose links to its own members are followed.

    Only once a link is met the whole archive is walked for its target, and only links and what
    they lead to are remembered.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Take an open tar."""
        self.file = file
        self._targets: dict[int, TarMember] | None = None

    def scan(self) -> Iterator[TarMember | Damage]:
        """Yield the members in their order; damage comes last, and ends the walk.

        A link to a member has its own name and header, and the kind, offset and size of what it
        leads to. One that leads nowhere in the archive stays a link.
        """
        for member in scan_tar(self.file):
            if isinstance(member, TarMember) and member.kind in ("link", "symlink"):
                yield self._follow(member)
            else:
                yield member

    def _follow(self, link: TarMember) -> TarMember:
        if self._targets is None:
            self._targets = _find_targets(self.file)
        target = self._targets.get(link.header)
        if target is None:
            return link
        return replace(link, kind=target.kind, offset=target.offset, size=target.size)


@dataclass
class _Names:
    """What the names that links lead to stand for, as far as the archive has been unpacked."""

    files: dict[str, TarMember] = field(default_factory=dict)
    symlinks: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, member: TarMember | None, symlink: str | None = None) -> None:
        self.files.pop(name, None)
        self.symlinks.pop(name, None)
        if member is not None:
            self.files[name] = member
        elif symlink is not None:
            self.symlinks[name] = symlink

    def find(self, name: str | None) -> TarMember | None:
        for _ in range(_MOST_STEPS):
            if name is None or name not in self.symlinks:
                break
            name = self.symlinks[name]
        return self.files.get(name) if name is not None else None


def _find_targets(file: BinaryIO) -> dict[int, TarMember]:
    """Return what links lead to, by the place of their headers.

    A hard link leads to what its target is when the archive has been unpacked so far, as `tar`
    has it; a symbolic one to what it is in the end.
    """
    wanted = _find_wanted(file)
    names = _Names()
    found: dict[int, TarMember] = {}
    later: list[tuple[int, str]] = []
    for member in scan_tar(file):
        if isinstance(member, Damage):
            break
        name = _plain(member.name)
        if member.kind not in ("link", "symlink"):
            if name in wanted:
                names.put(name, member if member.kind != "other" else None)
            continue
        target = _target(member)
        if target is None or len(found) + len(later) >= _MOST_LINKS:
            continue
        reached = names.files.get(target) if member.kind == "link" else None
        if reached is None:
            later.append((member.header, target))
        else:
            found[member.header] = reached
        if name in wanted:
            names.put(name, reached, target)
    for header, target in later:
        reached = names.find(target)
        if reached is not None:
            found[header] = reached
    return found


def _find_wanted(file: BinaryIO) -> set[str]:
    """Return the names that links lead to."""
    wanted: set[str] = set()
    for member in scan_tar(file):
        target = _target(member) if isinstance(member, TarMember) else None
        if target is not None:
            wanted.add(target)
            if len(wanted) >= _MOST_LINKS:
                break
    return wanted


def _target(member: TarMember) -> str | None:
    """Return the name that a link leads to, as seen from the root of the archive."""
    if member.kind not in ("link", "symlink") or not member.target:
        return None
    if member.kind == "link":
        return _plain(member.target)
    folder = posixpath.dirname(member.name)
    target = posixpath.normpath(posixpath.join(folder, member.target))
    return None if target.startswith("../") else _plain(target)


def _plain(name: str) -> str:
    """Return a name without what makes no difference: ./ before it, and / as tar takes it off."""
    return posixpath.normpath(name.lstrip("/"))
