"""Copies a state into one file while the service runs: the database as of one moment, and images.

The database is copied by SQLite itself; then the images that its rows name. What is deleted
between the two is missing in the copy, and nothing else is.
"""

import io
import json
import os
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from pixonomy.errors import SettingError, StorageError
from pixonomy.results.backup_results import BackupResult
from pixonomy.state.database import FILE
from pixonomy.state.kept_images import image_name
from pixonomy.state.store import IMAGES
from pixonomy.storage.address import is_remote, require_local
from pixonomy.storage.files import partial_path, printable, remove, storage_errors, write_aside

FORMAT = 1
"""The version of the file's format."""

ABOUT = "backup.json"
"""The last member: without it, the file breaks off."""

IMAGE_FOLDER = "images/"
"""Below which the file has its images."""


def backup(state: Path, output: Path) -> BackupResult:
    """Copy a state that is in SQLite, with its images where they are on this machine.

    Args:
        output: a tar file, for its owner's eyes alone; whole, or not there.

    Raises:
        SettingError: if there is no database in `state`, or something at `output`.
        StorageError: if the disk is full, or the database cannot be read.
    """
    require_local(output)
    source = state / FILE
    with storage_errors(source):
        if not source.is_file():
            raise SettingError(
                f"There is no database at {printable(source)}: one in PostgreSQL is copied by "
                "pg_dump, and its images as they are."
            )
    if os.path.lexists(output):
        raise SettingError(f"There is something at {printable(output)}: choose another name.")
    with _copied(source, output) as copy:
        return _write(copy, state, output)


@contextmanager
def _copied(source: Path, output: Path) -> Iterator[Path]:
    """Yield a copy of the database beside `output`; remove it afterwards."""
    copy = partial_path(output)
    try:
        with storage_errors(output):
            output.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            with closing(open_read_only(source)) as old, closing(sqlite3.connect(copy)) as new:
                old.backup(new)
                new.execute("PRAGMA journal_mode = DELETE")
        yield copy
    except sqlite3.Error as error:
        raise StorageError(f"{printable(source)} cannot be copied: {error}.") from error
    finally:
        remove(copy)


def open_read_only(file: Path) -> sqlite3.Connection:
    """Connect to a database that this connection cannot change."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)


def _write(copy: Path, state: Path, output: Path) -> BackupResult:
    with closing(open_read_only(copy)) as rows, write_aside(output) as partial:
        counts = count_rows(rows)
        place = _find_images(rows, state)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        with (
            os.fdopen(os.open(partial, flags, 0o600), "w+b") as file,
            tarfile.open(fileobj=file, mode="w") as tar,
        ):
            tar.add(copy, FILE)
            local = None if is_remote(place) else Path(place)
            images, missing = (0, 0) if local is None else _add_images(tar, rows, local)
            _add_about(tar, images)
    return BackupResult(
        file=printable(output),
        state=printable(state),
        images=images,
        missing=missing,
        images_at=place if local is None else None,
        **counts,
    )


def count_rows(rows: sqlite3.Connection) -> dict[str, int]:
    """Return how many savers, uploads, goals and tokens a database has."""
    counted = "savers", "uploads", "goals", "tokens"
    return {name: rows.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in counted}


def _find_images(rows: sqlite3.Connection, state: Path) -> str:
    """Return where the images lie; a service that has never run has none."""
    found = rows.execute("SELECT value FROM settings WHERE name = ?", (IMAGES,)).fetchone()
    return str(state / "images") if found is None else os.fsdecode(found[0])


def _add_images(tar: tarfile.TarFile, rows: sqlite3.Connection, folder: Path) -> tuple[int, int]:
    """Add the images that rows name; return how many, and how many are not there."""
    images = missing = 0
    for (upload_id,) in rows.execute("SELECT id FROM uploads WHERE has_image ORDER BY id"):
        name = image_name(upload_id)
        try:
            tar.add(folder / name, IMAGE_FOLDER + name)
            images += 1
        except FileNotFoundError:
            missing += 1
    return images, missing


def _add_about(tar: tarfile.TarFile, images: int) -> None:
    about = {
        "format": FORMAT,
        "release": version("pixonomy"),
        "made": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "images": images,
    }
    content = json.dumps(about).encode()
    member = tarfile.TarInfo(ABOUT)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, io.BytesIO(content))
