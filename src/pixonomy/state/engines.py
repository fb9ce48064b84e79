"""Connects SQLAlchemy to SQLite and to PostgreSQL, as the state needs them."""

import os
import ssl
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from pixonomy.errors import SettingError
from pixonomy.storage.files import storage_errors

WRITES = "pixonomy_writes"
"""The execution option of connections that will change something."""

_CONNECTIONS, _MORE_CONNECTIONS = 8, 16
_POSTGRESQL = {"postgres", "postgresql", "postgresql+pg8000"}
_EXAMPLE = "postgresql://user:password@host/name"
_QUERY = {"sslmode", "unix_sock"}
_TLS = ("disable", "require", "verify-full")


def make_sqlite(file: Path, wait_seconds: float) -> Engine:
    """Return an engine for a SQLite file, which is its owner's alone.

    Its log is written ahead (WAL), so that reading and writing do not wait for each other.

    Args:
        wait_seconds: for a file that others have locked.

    Raises:
        StorageError: if the file cannot be made.
    """
    with storage_errors(file):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    engine = create_engine(
        URL.create("sqlite", database=str(file)),
        connect_args={"timeout": wait_seconds},
        pool_size=_CONNECTIONS,
        max_overflow=_MORE_CONNECTIONS,
        pool_timeout=wait_seconds,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


def make_postgresql(address: str, wait_seconds: float) -> Engine:
    """Return an engine for a PostgreSQL database, with the driver pg8000.

    Args:
        wait_seconds: for a lock, a connection of the pool, and half of what a statement may take.

    Raises:
        SettingError: if it is the address of something else.
    """
    url = _read_address(address)
    query = dict(url.query)
    tls = str(query.pop("sslmode", "disable"))
    if tls not in _TLS:
        raise SettingError(f"sslmode={tls} is not known; known are {', '.join(_TLS)}.")
    engine = create_engine(
        url.set(drivername="postgresql+pg8000", query=query),
        connect_args={"timeout": 2 * wait_seconds, "ssl_context": _tls(tls)},
        pool_size=_CONNECTIONS,
        max_overflow=_MORE_CONNECTIONS,
        pool_timeout=wait_seconds,
        pool_pre_ping=True,
    )
    milliseconds = max(1, round(wait_seconds * 1000))

    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET lock_timeout = {milliseconds}")
        cursor.execute(f"SET statement_timeout = {milliseconds * 3 // 2}")
        connection.commit()

    event.listen(engine, "connect", prepare)
    return engine


def show_address(address: str) -> str:
    """Return the address of a database without user, password and options.

    Raises:
        SettingError: if it is the address of something else.
    """
    url = _read_address(address)
    return str(URL.create("postgresql", host=url.host, port=url.port, database=url.database))


def _read_address(address: str) -> URL:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:  # the address may hold a password: it is not shown
        raise SettingError(f"This is no address of a database; one is like {_EXAMPLE}.") from error
    if url.drivername not in _POSTGRESQL:
        raise SettingError(
            f"Databases of the kind {url.drivername!r} are not known; one is like {_EXAMPLE}, and "
            "without --database the state is kept in SQLite."
        )
    unknown = sorted(set(url.query) - _QUERY)
    if unknown:
        raise SettingError(
            f"The database's address has the option {unknown[0]!r}; known are "
            f"{', '.join(sorted(_QUERY))}."
        )
    return url


def _tls(mode: str) -> ssl.SSLContext | None:
    """Return how to encrypt, by PostgreSQL's own names: `require` checks no certificate."""
    if mode == "disable":
        return None
    context = ssl.create_default_context()
    if mode == "require":
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions begin in _begin
    cursor = connection.cursor()
    for setting in (
        "journal_mode = WAL",
        "synchronous = FULL",  # what is acknowledged outlives a power cut
        "foreign_keys = ON",
        "secure_delete = ON",  # deleted rows are overwritten
    ):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that began to read can be refused the lock of writers without any waiting.
    is_writing = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")
