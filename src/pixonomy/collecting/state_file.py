"""Opens the file of a state database and brings it to today's tables, or says what is wrong."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixonomy.collecting.door import host_of
from pixonomy.collecting.schema import SCHEMA_VERSION, create, migrate
from pixonomy.errors import SettingError, StorageError
from pixonomy.storage.files import printable, storage_errors

_CACHE_KIB = 64 * 1024
_LOCK_SECONDS = 10.0  # for another process that writes, or reads, at this moment


def open_state(path: Path) -> sqlite3.Connection:
    """Open the file, or begin it; what an earlier version wrote is brought to this one.

    Raises:
        SettingError: if it is of a later version.
        StorageError: if it cannot be read or written.
    """
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with database_errors(path):
        database = sqlite3.connect(
            path, timeout=_LOCK_SECONDS, isolation_level=None, check_same_thread=False
        )
        database.create_function("host_of", 1, host_of, deterministic=True)
        _set_up(database)
        with transaction(database):
            version = _version(database)
            if version == 0:
                create(database)
            elif version == 1:
                migrate(database)
            else:
                _check(path, version)
    return database


def read_state(path: Path) -> sqlite3.Connection:
    """Open the file only to read, also while another process writes; what is read stays as it is.

    Raises:
        SettingError: if there is none, or it is of another version.
        StorageError: if it cannot be read.
    """
    if not path.exists():
        raise SettingError(
            f"Nothing has been collected in {printable(path.parent)} yet: it holds no {path.name}."
        )
    with database_errors(path):
        database = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=_LOCK_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        database.execute("BEGIN")
        _check(path, _version(database))
    return database


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Let all of the block be noted, or nothing."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


@contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors inside the block into one sentence about the file."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StorageError(f"{printable(path)} cannot be used: {error}.") from error
    except sqlite3.DatabaseError as error:
        raise StorageError(f"{printable(path)} is damaged: {error}.") from error


def _set_up(database: sqlite3.Connection) -> None:
    try:
        database.execute("PRAGMA journal_mode=WAL").fetchone()
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        # A file system without shared memory: nobody else can look in meanwhile.
        database.execute("PRAGMA locking_mode=EXCLUSIVE")
        database.execute("PRAGMA journal_mode=WAL")
    # A killed process loses nothing so; a power cut may lose the last batches, whole.
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")


def _version(database: sqlite3.Connection) -> int:
    known = "SELECT count(*) FROM sqlite_master WHERE name = 'about'"
    if not database.execute(known).fetchone()[0]:
        return 0
    row = database.execute("SELECT value FROM about WHERE key = 'schema'").fetchone()
    return int(row[0])


def _check(path: Path, version: int) -> None:
    if version == 1:
        raise SettingError(
            f"{printable(path)} was written by an earlier version: let `pixonomy collect` go on "
            "with it once, which brings it to this one."
        )
    if version != SCHEMA_VERSION:
        raise SettingError(
            f"{printable(path)} has version {version}; this Pixonomy reads "
            f"version {SCHEMA_VERSION}."
        )
