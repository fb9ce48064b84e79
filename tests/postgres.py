"""PostgreSQL on this machine, for the tests of what is kept there."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pg8000.dbapi
import pytest

_NUMBERS = count()
_ROOM = 2 * 1024**3  # bytes


class PostgreSQL:
    """A real server, without any safety against power cuts."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._data = programs, folder / "data"
        self._log = folder / "log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._run("initdb", "-D", self._data, "-A", "trust", "-U", "tester", "-E", "UTF8", "-N")
        self.start()

    def start(self) -> None:
        """Start it, with all its databases."""
        settings = (
            f"-p {self.port} -k '' -c listen_addresses=127.0.0.1 -c fsync=off "
            "-c full_page_writes=off -c shared_buffers=16MB -c max_connections=200"
        )
        self._run("pg_ctl", "-D", self._data, "-l", self._log, "-w", "-o", settings, "start")

    def stop(self) -> None:
        """Stop it; who asks is refused."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop")

    def make_database(self) -> str:
        """Return the address of a new, empty database."""
        name = f"test{next(_NUMBERS)}"
        self.execute(f"CREATE DATABASE {name}")
        return f"postgresql://tester@127.0.0.1:{self.port}/{name}"

    def drop_database(self, address: str) -> None:
        """Remove a database, whoever is connected."""
        self.execute(f"DROP DATABASE {address.rpartition('/')[2]} WITH (FORCE)")

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run a statement outside of any transaction."""
        connection = pg8000.dbapi.connect("tester", "127.0.0.1", database, self.port)
        connection.autocommit = True
        connection.cursor().execute(statement)
        connection.close()

    def _run(self, program: str, *words: object) -> None:
        # The server refuses to run as root.
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*user, str(self._programs / program), *map(str, words)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


def find_programs() -> Path:
    """Return the folder of the server's programs; skip the test where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("there is no PostgreSQL here: apt-get install postgresql")
    if os.geteuid() == 0:
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL refuses to run as root, and there is no user postgres")
    return found[-1].parent


def _in_memory() -> Path | None:
    """Return a folder in memory with room for the databases of all tests, if there is one."""
    found = Path("/dev/shm")
    has_room = found.is_dir() and shutil.disk_usage(found).free > _ROOM
    return found if has_room and os.access(found, os.W_OK) else None


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """Return a server for all tests of this process."""
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="pixonomy-postgresql-", dir=_in_memory()))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    server = PostgreSQL(programs, folder)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql_address(postgresql: PostgreSQL) -> Iterator[str]:
    """Return the address of an empty database."""
    address = postgresql.make_database()
    yield address
    postgresql.drop_database(address)
