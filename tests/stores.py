"""States to test on: in a folder, in PostgreSQL, and with their images in S3."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pixonomy.results.answer_results import Candidate
from pixonomy.state.database import FILE
from pixonomy.state.migrate import NEWEST
from pixonomy.state.opening import open_database
from pixonomy.state.saver_records import Answered
from pixonomy.state.state_tables import metadata
from pixonomy.state.store import Store
from pixonomy.storage.address import Address
from postgres import PostgreSQL

TOP = (
    Candidate(label="travel", name="Travel", confidence=0.9),
    Candidate(label="home", name="Home", confidence=0.06),
)
ANSWERED = Answered("goals 1", "travel", "sure", 0.9, TOP)
IMAGE = b"\xff\xd8 what a worker re-encoded \xff\xd9"

ON_BOTH_DATABASES = pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)


@dataclass
class Place:
    """Where a state lies; `open` opens it, as often as one likes.

    Attributes:
        ahead: of the clock.
    """

    state: Path
    database: str | None = None
    images: Address | None = None
    ahead: timedelta = timedelta(0)

    def open(self, wait_seconds: float = 10.0) -> Store:
        return Store.open(self.state, self.database, self.images, self.now, wait_seconds)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return an empty SQLite database of the newest version: to make one takes its time."""
    state = tmp_path_factory.mktemp("empty")
    open_database(state).close()
    return (state / FILE).read_bytes()


@pytest.fixture(scope="session")
def empty_postgresql(
    postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], str]:
    """Return a function that empties the database of all tests here and gives its address."""
    address = postgresql.make_database()
    open_database(tmp_path_factory.mktemp("empty"), address).close()
    # To truncate so many tables takes a second on a busy disk.
    emptied = "; ".join(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables))
    version = f"UPDATE alembic_version SET version_num = '{NEWEST}'"

    def empty() -> str:
        name = address.rpartition("/")[2]
        postgresql.execute(f"DO $$ BEGIN {emptied}; {version}; END $$", name)
        return address

    return empty


@pytest.fixture(params=["sqlite", "postgresql", "s3"])
def place(request: pytest.FixtureRequest, empty_database: bytes, tmp_path: Path) -> Place:
    """Return where a state lies: in a folder, in PostgreSQL, or with its images in S3."""
    found = Place(tmp_path / "state")
    if request.param == "postgresql":
        found.database = request.getfixturevalue("empty_postgresql")()
    else:
        found.state.mkdir(mode=0o700)
        (found.state / FILE).write_bytes(empty_database)
    if request.param == "s3":
        request.getfixturevalue("storage")
        found.images = Address.parse("s3://bucket/kept")
    return found


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    """Return an open store."""
    opened = place.open()
    yield opened
    opened.close()
