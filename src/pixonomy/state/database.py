"""The database of the state: SQLite in its folder, or PostgreSQL by its address."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from pixonomy.state.engines import WRITES, make_postgresql, make_sqlite, show_address
from pixonomy.state.state_errors import StateUnavailable
from pixonomy.state.state_tables import settings
from pixonomy.storage.files import printable, storage_errors
from pixonomy.storage.refusal import find_refusal

FILE = "state.sqlite"
"""The name of the SQLite database in the state's folder."""

_CHECK_SECONDS = 1.0  # what a check waits for a database that others have locked
_NO_SUCH_ROW = "23503"
_POSTGRESQL_CODES = {
    "53100": "its disk is full",
    "53300": "it takes no more connections",
    "55P03": "others have locked it",
    "57014": "it takes too long",
    "57P01": "it is being stopped",
    "57P03": "it is starting or stopping",
}


@dataclass
class Database:
    """Transactions on the state's database, short ones: no image and no network in them.

    Attributes:
        engine: what connects.
        probe: the same for checks, which wait no longer than a second.
        place: the file or the address, without user and password.
        file: None for PostgreSQL.
        wait_seconds: for a file that others have locked.
    """

    engine: Engine
    probe: Engine
    place: str
    file: Path | None
    wait_seconds: float
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _has_failed: bool = False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the database.

        Raises:
            StateUnavailable: naming what is wrong.
        """
        with self._sentences(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection whose changes are all kept when the block ends, or none of them.

        Raises:
            StateUnavailable: naming what is wrong, also where the database stays locked.
        """
        with self._sentences(), self._one_at_a_time(), self.engine.connect() as connection:
            with connection.execution_options(**{WRITES: True}).begin():
                yield connection
            self._has_failed = False

    def check(self) -> None:
        """Return if the database can be read and written, within about a second.

        Raises:
            StateUnavailable: naming what is wrong.
        """
        with self._sentences(), self.probe.connect() as connection:
            # SQLite takes the lock of writers; where a write has failed, one must succeed.
            with connection.execution_options(**{WRITES: True}).begin():
                connection.execute(select(settings.c.name).limit(1))
                if self._has_failed:
                    connection.execute(update(settings).values(value=settings.c.value))
            self._has_failed = False

    def empty_log(self) -> None:
        """Overwrite what SQLite's log has of deleted rows, as far as nobody is reading it.

        Raises:
            StateUnavailable: naming what is wrong.
        """
        if self.file is None:
            return
        with self._sentences(), closing(self.probe.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        self.probe.dispose()

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """Let the writes of this process wait for each other: SQLite lets some wait for ever."""
        if self.file is None:
            yield
            return
        if not self._turn.acquire(timeout=self.wait_seconds / 2):
            raise StateUnavailable(f"Too many changes wait for {self.place}; try again.")
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except NoConnection as error:
            raise StateUnavailable(f"Too many requests wait for {self.place}.") from error
        except (DBAPIError, sqlite3.Error, OSError) as error:
            if _is_orphan(error):
                raise StateUnavailable(
                    "What this belongs to was deleted meanwhile; try again."
                ) from error
            self._has_failed = True
            raise StateUnavailable(
                f"The state in {self.place} cannot be used now: {_explain(error)}."
            ) from error


def connect(state: Path, address: str | None, wait_seconds: float) -> Database:
    """Return the database of a state; a connection is made when it is first used.

    Args:
        address: such as postgresql://user:password@host/name; None: SQLite in the folder `state`.
        wait_seconds: for a database that others have locked; a write that has to wait for others
            of this process, too, waits half as long again.

    Raises:
        SettingError: for another kind of address.
        StorageError: if the folder or the file cannot be made.
    """
    if address is not None:
        return Database(
            make_postgresql(address, wait_seconds),
            make_postgresql(address, _CHECK_SECONDS),
            show_address(address),
            None,
            wait_seconds,
        )
    file = state / FILE
    with storage_errors(state):
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    engines = make_sqlite(file, wait_seconds), make_sqlite(file, _CHECK_SECONDS)
    return Database(*engines, printable(file), file, wait_seconds)


def _is_orphan(error: Exception) -> bool:
    """Tell whether a row was refused because it refers to one that is not there."""
    original = error.orig if isinstance(error, DBAPIError) else error
    report = original.args[0] if original is not None and original.args else ""
    if isinstance(report, dict):
        return report.get("C") == _NO_SUCH_ROW
    return str(report).startswith("FOREIGN KEY constraint failed")


def _explain(error: Exception) -> str:
    """Return why a database refused, in a few words."""
    original = error.orig if isinstance(error, DBAPIError) and error.orig else error
    report = original.args[0] if original.args else ""
    if isinstance(report, dict):  # PostgreSQL's
        return _POSTGRESQL_CODES.get(report.get("C", ""), str(report.get("M", "")))
    if str(report).startswith("Can't create a connection"):
        return "nobody answers there"
    refused = find_refusal(original)
    if refused is not None and refused.strerror:
        return refused.strerror
    return str(report).partition("\n")[0].rstrip(".") or type(original).__name__
