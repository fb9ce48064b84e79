"""Locks an artefact, so that no other run makes it at the same time.

The operating system holds the lock, on an empty hidden file that stays, and drops it with the
process, however that ends: docs/decisions/0015.
"""

import errno
import json
import os
import re
import shlex
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pixonomy.errors import ArtefactInUse
from pixonomy.json_types import JsonObject
from pixonomy.progress import no_report
from pixonomy.storage.files import printable, remove, storage_errors

if TYPE_CHECKING:
    from filelock import BaseFileLock

_LOCK, _HOLDER = ".lock", ".holder"
# What runs of today and, with the number of a process, of earlier versions write to meanwhile.
_PARTIAL = re.compile(r"\.(.+)\.(?:partial|thumbnails)-[0-9a-f]+", re.DOTALL)
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}
_RECORD_BYTES = 4096  # what is read of a record that anybody may have written
_COMMAND_LETTERS = 200
_TRIES, _PAUSE_SECONDS = 5, 0.02  # to read who holds a lock that was taken this moment
_POLL_SECONDS = 0.2
_acquired: ContextVar[frozenset[str]] = ContextVar("held", default=frozenset())


@dataclass(frozen=True)
class _Lock:
    """Where the lock of an artefact lies, and who has it: a lock can keep others from reading."""

    artefact: Path
    file: Path
    holder: Path


@contextmanager
def lock_file(
    path: Path, report: Callable[[str], None] = no_report, waits: bool = False
) -> Iterator[None]:
    """Keep other runs from making the file at `path`; remove what killed ones have left of it.

    Inside the block the same thread may lock it again, which does nothing. Only the making of an
    artefact is locked, never the reading: that works where nothing can be written.

    Args:
        report: is called where the file system has no locks (the work goes on, and nothing is
            removed), and when another run is waited for.
        waits: wait for the other run instead of failing at once.

    Raises:
        ArtefactInUse: naming the run that is at it, on whatever machine, unless `waits`.
        StorageError: if the folder cannot be written.
    """
    beside = path.with_name
    lock = _Lock(path, beside(f".{path.name}{_LOCK}"), beside(f".{path.name}{_HOLDER}"))
    with _locked(lock, report, waits) as is_alone:
        if is_alone:
            _remove_leftovers(path.parent, path.name)
        yield


@contextmanager
def lock_folder(
    folder: Path,
    report: Callable[[str], None] = no_report,
    within: Sequence[str] = (),
    part: str = "",
) -> Iterator[None]:
    """Keep other runs from making what lies in `folder`; the rest is as with `lock_file`.

    The lock lies in the folder: what is beside it may be another file system on each machine.

    Args:
        within: patterns of folders in it in which files are written, too.
        part: of the work, such as `-2-of-4`, where several runs share the folder; what lies in it
            is then not cleared.
    """
    lock = _Lock(folder, folder / f"{_LOCK}{part}", folder / f"{_HOLDER}{part}")
    with _locked(lock, report, waits=False) as is_alone:
        if is_alone and not part:
            for place in [folder, *(found for one in within for found in folder.glob(one))]:
                _remove_leftovers(place)
        yield


def forget_holder(folder: Path) -> None:
    """Remove what a run has left of its lock that was killed as its work was done.

    A finished folder is only read, so that no other run would take, and give back, that lock.
    """
    if (folder / _HOLDER).exists():
        with suppress(ArtefactInUse), lock_folder(folder):
            pass


def is_lock(name: str) -> bool:
    """Return whether a name in a folder is that of its lock: an empty folder may hold one."""
    return name.startswith((_LOCK, _HOLDER))


@contextmanager
def _locked(lock: _Lock, report: Callable[[str], None], waits: bool) -> Iterator[bool]:
    """Hold a lock; yield whether that is proof of being alone, and new to this thread."""
    key = os.path.realpath(lock.file)
    if key in _acquired.get():
        yield False
        return
    with storage_errors(lock.file if os.path.exists(lock.file) else lock.artefact):  # noqa: PTH110 - never fails
        system = _open(lock)
        is_taken = _take(system, lock, report, waits)
    before = _acquired.set(_acquired.get() | {key})
    try:
        if is_taken:
            _sign(lock)
        yield is_taken
    finally:
        _acquired.reset(before)
        if is_taken:
            with suppress(OSError):
                lock.holder.unlink(missing_ok=True)
            system.release()


def _open(lock: _Lock) -> "BaseFileLock":
    from filelock import FileLock  # slow to import, and not needed where all is made

    lock.file.parent.mkdir(parents=True, exist_ok=True)
    # Whoever may write in the folder may lock in it. Where nobody may, making the file fails.
    mode = lock.file.parent.stat().st_mode & 0o666 | 0o600
    return FileLock(lock.file, mode=mode, fallback_to_soft=False, preserve_lock_file=True)


def _take(system: "BaseFileLock", lock: _Lock, report: Callable[[str], None], waits: bool) -> bool:
    """Take the lock; return False where the file system has none."""
    from filelock import Timeout

    try:
        system.acquire(timeout=0)
    except Timeout:
        message = f"{printable(lock.artefact)} is being made by {_read_holder(lock)}"
        if not waits:
            raise ArtefactInUse(f"{message}. Wait for its end, or choose another name.") from None
        report(f"{message}: waiting for its end.")
        system.acquire(poll_interval=_POLL_SECONDS)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        report(
            f"The file system of {printable(lock.artefact)} has no locks ({error.strerror}): see "
            "to it yourself that no other run writes there meanwhile."
        )
        return False
    return True


def _sign(lock: _Lock) -> None:
    """Note who holds the lock; where that cannot be written, others only learn that it is."""
    record = {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "since": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
        "command": _command(),
    }
    with suppress(OSError):
        lock.holder.unlink(missing_ok=True)  # it may be of a killed run of somebody else
        lock.holder.write_text(json.dumps(record), encoding="utf-8")


def _command() -> str:
    program = Path(sys.argv[0]).name
    words = ["pixonomy" if program == "__main__.py" else program, *sys.argv[1:]]
    line = printable(shlex.join(words))
    return line if len(line) <= _COMMAND_LETTERS else f"{line[:_COMMAND_LETTERS]}…"


def _read_holder(lock: _Lock) -> str:
    """Return who holds a lock, as far as that is noted."""
    for _ in range(_TRIES):
        with suppress(OSError, ValueError, RecursionError, KeyError, TypeError):
            with lock.holder.open("rb") as file:
                record: JsonObject = json.loads(file.read(_RECORD_BYTES))
            host, pid, since, command = (
                str(record[name]) for name in ("host", "pid", "since", "command")
            )
            return f"another run: `{command}` (process {pid} on {host}, since {since})"
        time.sleep(_PAUSE_SECONDS)
    return "another run"


def _remove_leftovers(folder: Path, name: str | None = None) -> None:
    """Remove what killed runs have left in a folder, of one file or of all.

    Of all means those that have no lock of their own: others may be at work on these.
    """
    with storage_errors(folder):
        names = {path.name for path in folder.iterdir()}
    for one in names:
        found = _PARTIAL.fullmatch(one)
        if found is None:
            continue
        is_ours = f".{found[1]}{_LOCK}" not in names if name is None else found[1] == name
        if is_ours:
            remove(folder / one)
