"""Brings the state's database to what this release knows, however old it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from pixonomy.errors import SettingError
from pixonomy.state.database import Database
from pixonomy.state.setting_rows import read_setting, write_setting
from pixonomy.storage.locks import lock_file

NEWEST = 1
"""The version of the database that this release works with."""

_VERSION_TABLE = "alembic_version"
_LOCK = 5_741_963_208_114  # PostgreSQL's advisory lock: any number that nobody else takes
_RELEASE = "release"


def migrate(database: Database) -> None:
    """Bring a database to the newest version; of many that start at once one does it.

    Raises:
        SettingError: if a newer release has made the database.
        StateUnavailable: if it cannot be used.
        StorageError: if the folder of a SQLite file cannot be written.
    """
    with database.read() as connection:
        found = _read_version(connection, database.place)
    if found == NEWEST:
        return
    with _alone(database) as connection:
        if _read_version(connection, database.place) != NEWEST:
            _upgrade(connection)


def _read_version(connection: Connection, place: str) -> int:
    """Return the version of a database; 0 for an empty one."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return 0
    found = connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar()
    known = int(found) if found is not None and str(found).isdecimal() else 0
    if known > NEWEST:
        release = read_setting(connection, _RELEASE)
        by = f", made by Pixonomy {release.decode()}," if release else ""
        raise SettingError(
            f"The state in {place} has the database version {known}{by} and this release "
            f"({version('pixonomy')}) knows versions up to {NEWEST}: install the newer release."
        )
    return known


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    if database.file is not None:
        with lock_file(database.file, waits=True), database.write() as connection:
            yield connection
        return
    with database.write() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        yield connection


def _upgrade(connection: Connection) -> None:
    from alembic import command  # slow to import, and seldom needed
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    folder = Path(__file__).with_name("migrations")
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    command.upgrade(config, "head")
    write_setting(connection, _RELEASE, version("pixonomy").encode())
