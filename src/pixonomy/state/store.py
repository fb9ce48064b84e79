"""Keeps what savers agreed to: their uploads and images, goals, consents and corrections."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from pixonomy.errors import StorageError
from pixonomy.state import expiry, saver_rows, upload_rows
from pixonomy.state.count_rows import count_answer
from pixonomy.state.database import Database
from pixonomy.state.goal_store import GoalStore
from pixonomy.state.kept_images import KeptImages, is_partial
from pixonomy.state.opening import WAIT_SECONDS, open_database
from pixonomy.state.saver_records import Answered, Event, Saver
from pixonomy.state.setting_rows import first_setting, write_setting
from pixonomy.state.state_errors import StateUnavailable
from pixonomy.storage.address import Address
from pixonomy.storage.disk_space import require_space
from pixonomy.storage.objects import open_objects

IMAGES = "images"
"""The setting that says where the images lie."""

_SECRET_BYTES = 32
_SMALLEST_SPACE = 1024**2  # of the disk with the database
_STRAY = timedelta(hours=1)  # an image without a row is older than any transaction
_ONCE = timedelta(days=1)


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


@dataclass
class Store(GoalStore):
    """What the service keeps; safe to call from many threads.

    All methods raise StateUnavailable where the database or the store of images fails. What is
    another saver's is treated as if it was not there.

    Attributes:
        secret: 32 random bytes, made once and shared by all replicas: for signing.
    """

    secret: bytes = field(repr=False)

    @classmethod
    def open(
        cls,
        state: Path,
        database: str | None = None,
        images: Address | None = None,
        now: Callable[[], datetime] = utc_now,
        wait_seconds: float = WAIT_SECONDS,
    ) -> Self:
        """Open the state, and make or migrate its database.

        Args:
            state: a folder, which need not exist.
            database: the address of a PostgreSQL database; None: SQLite in `state`.
            images: where images are kept; None: in `state`.
            now: the clock, in UTC.
            wait_seconds: for a database that others have locked; a call takes at most half as
                long again.

        Raises:
            SettingError: for an unknown kind of address, or a database of a newer release.
            StateUnavailable: if the database cannot be used.
            StorageError: if a folder or file cannot be used.
        """
        opened = open_database(state, database, wait_seconds)
        try:
            kept = KeptImages(open_objects(images or Address(state / "images")))
            return cls(opened, kept, now, _read_secret(opened, kept))
        except BaseException:
            opened.close()
            raise

    def close(self) -> None:
        """Close all connections."""
        self.database.close()

    def check(self) -> None:
        """Return if database and images can be read and written, within a few seconds."""
        if self.database.file is not None:
            try:
                require_space(self.database.file.parent, _SMALLEST_SPACE)
            except StorageError as error:
                raise StateUnavailable(str(error)) from error
        self.database.check()
        self.images.check()

    def find_saver(self, key: str) -> Saver | None:
        """Return the saver of a key, such as "cookie:…"; only its SHA-256 is stored."""
        with self.database.read() as connection:
            return saver_rows.find_saver(connection, key)

    def make_saver(self, key: str) -> Saver:
        """Return the saver of a key, a new one where there is none."""
        found = self.find_saver(key)
        if found is not None:
            return found
        with self.database.write() as connection:
            return saver_rows.make_saver(connection, key, self.now())

    def delete_saver(self, saver_id: str) -> None:
        """Delete a saver with images, goals, consents and corrections."""
        with self.database.read() as connection:
            images = upload_rows.list_images(connection, saver_id)
        self.images.delete(images)
        with self.database.write() as connection:
            saver_rows.delete_saver(connection, saver_id, self.now())
        self.overwrite_deleted()

    def count(self, answered: Answered, event: Event, label: str | None = None) -> None:
        """Count what happened to an answer; `label` is what it was corrected to."""
        with self.database.write() as connection:
            count_answer(connection, answered, event, label, self.now())

    def expire(self, days: int) -> int:
        """Delete goals and uploads that nobody has touched for so many days; return how many.

        An upload is touched as long as its goal is. Events and savers without anything go, too.
        """
        before = self.now() - timedelta(days=days)
        deleted = 0
        while True:
            with self.database.read() as connection:
                goals, uploads = expiry.find_expired(connection, before)
            if not goals and not uploads:
                break
            self.images.delete(uploads)
            with self.database.write() as connection:
                deleted += expiry.delete_expired(connection, goals, uploads, before)
        with self.database.write() as connection:
            expiry.delete_idle(connection, before)
        if deleted:
            self.overwrite_deleted()
        return deleted

    def sweep(self) -> int:
        """Delete images without a row after an hour; return how many.

        Idempotency keys are forgotten after a day.
        """
        now = self.now()
        with self.database.write() as connection:
            expiry.forget_requests(connection, now - _ONCE)
        deleted = 0
        for batch in self.images.scan():
            old = {name: one for name, (one, written) in batch.items() if written < now - _STRAY}
            if not old:
                continue
            with self.database.read() as connection:
                owned = expiry.owned_images(connection, list(old.values()))
            strays = [name for name, one in old.items() if one not in owned or is_partial(name)]
            self.images.delete_objects(strays)
            deleted += len(strays)
        self.overwrite_deleted()
        return deleted


def _read_secret(database: Database, images: KeptImages) -> bytes:
    """Return the secret, made where there is none yet; note where the images lie."""
    with database.write() as connection:
        write_setting(connection, IMAGES, os.fsencode(images.place))
        return first_setting(connection, "secret", secrets.token_bytes(_SECRET_BYTES))
