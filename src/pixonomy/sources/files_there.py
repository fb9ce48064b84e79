"""Looks at the files behind many paths: whether they are there, how large and how old they are."""

import errno
import os
import stat
import time
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

MOST_LOOKED_AT = 100_000
"""Rows up to which each file is looked at: a look takes microseconds, on a network far more."""

OUTSIDE = "outside --root"
_NO_FILE = "no regular file"
_NOWHERE = "\0"  # what no path begins with that can be read
_OBJECT = "s3://"  # not on this machine: not looked at


@dataclass(frozen=True)
class FilesThere:
    """What is at each path.

    Attributes:
        length: of each row's file in bytes; null where it was not looked at.
        modified_ns: when it was last written (`st_mtime_ns`); null where it was not looked at.
        indexed_ns: when its folder was listed, where the file itself was not looked at.
        missing: the paths of which no file is there, each once.
        problems: of paths that must not, or cannot, be read: why.
    """

    length: pl.Series
    modified_ns: pl.Series
    indexed_ns: pl.Series
    missing: list[str]
    problems: dict[str, str]


class _Fence:
    """Tells paths that lead out of a folder; each folder is resolved once."""

    def __init__(self, root: str, is_confined: bool) -> None:
        self._root, self._real = root, os.path.realpath(root)
        self.is_confined = is_confined
        self._known: dict[str, bool] = {}

    def is_outside(self, path: str, is_link: bool) -> bool:
        """Tell whether a file lies outside."""
        if not self.is_confined:
            return False
        folder = path if is_link else path[: path.rfind("/") + 1]
        if folder not in self._known:
            self._known[folder] = self._leads_out(folder)
        return self._known[folder]

    def _leads_out(self, path: str) -> bool:
        try:
            real = os.path.realpath(_join(self._root, path))
        except (OSError, ValueError):
            return True
        return real != self._real and not real.startswith(f"{self._real.rstrip('/')}/")


def stat_files(paths: pl.Series, root: str, is_confined: bool) -> FilesThere:
    """Look at each file, or, from 100,000 rows on, at what lies in each folder.

    Args:
        paths: of text; null for none.
        root: the folder that relative paths hang from; absolute.
        is_confined: what leads out of `root` is a problem, be it by a link.
    """
    fence = _Fence(root, is_confined)
    if paths.len() > MOST_LOOKED_AT:
        return _list(paths, root, fence)
    written = paths.to_list()
    looks = {path: _stat(path, root, fence) for path in dict.fromkeys(written) if path is not None}
    known = [looks.get(path) for path in written]
    sizes = [one.st_size if isinstance(one, os.stat_result) else None for one in known]
    times = [one.st_mtime_ns if isinstance(one, os.stat_result) else None for one in known]
    return FilesThere(
        pl.Series(sizes, dtype=pl.Int64),
        pl.Series(times, dtype=pl.Int64),
        pl.Series([None], dtype=pl.Int64).new_from_index(0, paths.len()),
        [path for path, one in looks.items() if one is None and not path.startswith(_OBJECT)],
        {path: one for path, one in looks.items() if isinstance(one, str)},
    )


def _stat(path: str, root: str, fence: _Fence) -> os.stat_result | str | None:
    """Return the state of a regular file, what is wrong with it, or None if there is none."""
    if path.startswith(_OBJECT):
        return None
    full = _join(root, path)
    try:
        status = os.stat(full)  # noqa: PTH116
    except ValueError:  # a NUL in it
        return None
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM):
            return "no permission to read the file"
        return OUTSIDE if fence.is_outside(path, is_link=False) else None
    if fence.is_outside(path, is_link=os.path.islink(full)):  # noqa: PTH114
        return OUTSIDE
    return status if stat.S_ISREG(status.st_mode) else _NO_FILE


def _list(paths: pl.Series, root: str, fence: _Fence) -> FilesThere:
    now = time.time_ns()
    missing, outside = _compare(paths, root, fence)
    problems = dict.fromkeys(outside, OUTSIDE)
    lost: list[str] = []
    for path in missing:
        is_looked_at = fence.is_confined or len(lost) < MOST_LOOKED_AT
        found = _stat(path, root, fence) if is_looked_at else None
        if isinstance(found, str):
            problems[path] = found
        elif not path.startswith(_OBJECT) and found is None:
            lost.append(path)
    nothing = pl.Series([None], dtype=pl.Int64).new_from_index(0, paths.len())
    listed = pl.Series([now], dtype=pl.Int64).new_from_index(0, paths.len())
    return FilesThere(nothing, nothing, listed, lost, problems)


def _compare(paths: pl.Series, root: str, fence: _Fence) -> tuple[Iterable[str], set[str]]:
    """Return the paths that no listed folder has, and those that lead out of the root."""
    listed: dict[str, frozenset[str] | None] = {}
    missing, outside = dict[str, None](), set[str]()
    folder, names, length = _NOWHERE, frozenset[str](), len(_NOWHERE)
    for path in paths.to_list():
        # Most rows lie in the folder of the row before; a name in it holds no slash.
        if path is None or (path.startswith(folder) and path[length:] in names):
            continue
        length = path.rfind("/") + 1
        folder = path[:length]
        if folder not in listed:
            is_barred = fence.is_outside(folder, is_link=False)
            listed[folder] = None if is_barred else _read(_join(root, folder), fence.is_confined)
        found = listed[folder]
        names = found or frozenset()
        if found is None:
            outside.add(path)
        elif path[length:] not in names:
            missing[path] = None
    return missing, outside


def _join(root: str, path: str) -> str:
    return os.path.join(root, path)  # noqa: PTH118 - a million Paths take seconds


def _read(folder: str, is_confined: bool) -> frozenset[str]:
    """Return the names of files in a folder; where it matters, without those that are links."""
    try:
        with os.scandir(folder) as entries:
            if not is_confined:
                return frozenset([one.name for one in entries if one.is_file()])
            return frozenset(one.name for one in entries if one.is_file() and not one.is_symlink())
    except (OSError, ValueError):
        return frozenset()
