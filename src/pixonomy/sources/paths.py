"""Find the files that the paths in a person's table mean, and say what had to be changed for it.

A path that names a file is taken as it is. Of the others, in this order: backslashes, `file://`,
the case of letters and a missing ending, percent signs, and a folder that is not here. What was
changed is reported; where two files could be meant, neither is taken.
"""

import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import polars as pl

from pixonomy.dataset.seen import MISSING
from pixonomy.sources.files_there import FilesThere, stat_files
from pixonomy.sources.lookup import NOTHING, Lookup, Match
from pixonomy.sources.rebase import Rebase, find_rebase
from pixonomy.storage.files import printable

NO_NAME = "the table names no file"
ADDRESS = "a web address, not a file"

_ADDRESS = r"^(?i:[a-z][a-z0-9+.-]+://)"
_FILE_URL = re.compile(r"file:(//[^/\\]*)?/", re.IGNORECASE)
_SAMPLE = 5_000  # of the paths without a file, that are tried first
_DRIVE = re.compile(r"/[a-z]:/", re.IGNORECASE)
_CHANGES = {
    "backslashes": "backslashes; read as slashes",
    "url": "file:// in front; read as paths",
    "root": "a slash in front; read as paths below the root",
    "case": "other capital letters than the files; the files were taken",
    "form": "another form of Unicode than the files; the files were taken",
    "ending": "no ending; the files with one were taken",
    "percent": "signs written as %20 and the like; read as the signs",
}


@dataclass(frozen=True)
class FoundFiles:
    """What is known of the file of each row.

    Attributes:
        files: one row a row: path (of text, relative to the root or absolute; as it was written
            where no file is), length in bytes, modified_ns, indexed_ns, problem.
        missing: how many rows name a file that is not there.
        remarks: what was changed.
        usable: how many rows name a file that is there, or an object in a store.
    """

    files: pl.DataFrame
    missing: int
    remarks: tuple[str, ...]
    usable: int


@dataclass
class _Repaired:
    """Paths that were changed, by how they were written, and why others were not."""

    paths: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def add(self, written: str, found: Match, changes: frozenset[str]) -> None:
        if found.path is None:
            if found.rivals:
                named = ", ".join(found.rivals[:3])
                self.problems[written] = f"several files could be meant: {named}"
            return
        self.paths[written] = found.path
        for change in changes | found.how:
            self.counts[change] += 1
            self.examples.setdefault(change, written)

    def describe(self, column: str) -> tuple[str, ...]:
        changes = (
            f"{self.counts[change]} {'path' if self.counts[change] == 1 else 'paths'} in column "
            f"{column!r} have {text} ({_shown(self.examples[change])})."
            for change, text in _CHANGES.items()
            if change in self.counts
        )
        return (*self.remarks, *changes)


def find_files(paths: pl.Series, root: Path, column: str, is_confined: bool = False) -> FoundFiles:
    """Find the file of each path.

    Up to 100,000 rows each file is looked at; beyond, each folder is listed: then `length` and
    `modified_ns` are null and `indexed_ns` says when.

    Args:
        paths: of text, without blanks around them; null for none.
        root: the folder that relative paths hang from; absolute.
        column: of the table, for sentences.
        is_confined: a path out of `root` is a row with a problem, be it by a link.
    """
    there = stat_files(paths, str(root), is_confined)
    repaired = _Repaired()
    if there.missing:
        is_any = len(there.missing) + len(there.problems) < paths.drop_nulls().n_unique()
        repaired = _repair(there, str(root), is_any, is_confined)
    if repaired.paths:
        known = paths.is_in(list(repaired.paths))
        changed = paths.filter(known).replace_strict(repaired.paths, return_dtype=pl.String)
        paths = paths.scatter(known.arg_true(), changed)
        there = stat_files(paths, str(root), is_confined)
    files = _describe(paths, there, repaired.problems)
    missing = int((files["problem"] == MISSING).sum())
    usable = files["problem"].null_count()
    return FoundFiles(files, missing, repaired.describe(column), usable)


def _describe(paths: pl.Series, there: FilesThere, problems: Mapping[str, str]) -> pl.DataFrame:
    is_missing = paths.is_in(there.missing) if there.missing else pl.lit(value=False)
    path = pl.col("path")
    files = pl.DataFrame({
        "path": paths, "length": there.length, "modified_ns": there.modified_ns,
        "indexed_ns": there.indexed_ns,
    }).with_columns(
        pl.when(path.is_null()).then(pl.lit(NO_NAME))
        .when(is_missing & path.str.contains(_ADDRESS)).then(pl.lit(ADDRESS))
        .when(is_missing).then(pl.lit(MISSING))
        .alias("problem")
    )  # fmt: skip
    special = {**problems, **there.problems}
    if not special:
        return files
    problem = path.replace_strict(special, default=pl.col("problem"), return_dtype=pl.String)
    return files.with_columns(problem.alias("problem"))


def _is_address(path: str) -> bool:
    return "://" in path and re.match(_ADDRESS, path) is not None and not _FILE_URL.match(path)


def _repair(there: FilesThere, root: str, is_any: bool, is_confined: bool) -> _Repaired:
    """Find what else the paths without a file could mean.

    Args:
        is_any: a path of the table names a file: then the others hang from no other folder.
    """
    repaired, lookup = _Repaired(), Lookup()
    missing = [one for one in there.missing if not _is_address(one)]
    some = missing[:: max(1, len(missing) // _SAMPLE)]
    if any(_find(one, root, lookup)[0] is not NOTHING for one in some):
        for written in missing:
            repaired.add(written, *_find(written, root, lookup))
    elif missing and not is_any:
        lost = {written: _to_plain(written)[0] for written in missing}
        _move(lost, root, lookup, is_confined, repaired)
    return repaired


def _find(written: str, root: str, lookup: Lookup) -> tuple[Match, frozenset[str]]:
    path, changes = _to_plain(written)
    forms = [(path, changes)]
    if "%" in path and "url" not in changes:
        forms.append((unquote(path), changes | {"percent"}))
    for form, changed in [*forms]:
        if form.startswith("/"):
            forms.append((form.lstrip("/"), changed | {"root"}))
    for form, changed in forms:
        base = "/" if form.startswith("/") else root
        found = lookup.find(base, form)
        if found is not NOTHING:
            if base == "/" and found.path is not None:
                found = found._replace(path=f"/{found.path}")
            return found, changed
    return NOTHING, changes


def _move(
    lost: Mapping[str, str], root: str, lookup: Lookup, is_confined: bool, repaired: _Repaired
) -> None:
    """Look for all paths from another folder on, or without the folders in front of them."""
    change = find_rebase(list(lost.values()), root, lookup, is_confined)
    example = _shown(next(iter(lost)))
    if isinstance(change, tuple):
        if change:
            repaired.remarks.append(
                f"Files such as {example} lie in several folders ({', '.join(change[:3])}), so "
                "none was taken; name the right one by --root."
            )
        return
    for written, plain in lost.items():
        changes = _to_plain(written)[1]
        for form in dict.fromkeys((plain, unquote(plain))):
            path = change.apply(form)
            found = lookup.find(root, path) if path is not None else NOTHING
            if found is not NOTHING:
                more = {"percent"} if form != plain else frozenset[str]()
                repaired.add(written, found, changes | more)
                break
    repaired.remarks.append(_describe_move(change, example, len(repaired.paths), root))


def _describe_move(change: Rebase, example: str, count: int, root: str) -> str:
    prefix = f"without {change.prefix!r} in front, " if change.prefix else ""
    folder = printable(os.path.normpath(os.path.join(root, change.folder)))  # noqa: PTH118
    return f"{count} paths such as {example} were found {prefix}below {folder}."


def _shown(path: str) -> str:
    return repr(path[:200]).replace("\\\\", "\\")  # a backslash as it was written


def _to_plain(written: str) -> tuple[str, frozenset[str]]:
    """Return a path with slashes, and what was changed for it."""
    changes, path = set(), written
    if _FILE_URL.match(path):
        path = unquote(_FILE_URL.sub("/", path, count=1))
        path = path[1:] if _DRIVE.match(path) else path
        changes.add("url")
    if "\\" in path:
        path = path.replace("\\", "/")
        changes.add("backslashes")
    return path, frozenset(changes)
