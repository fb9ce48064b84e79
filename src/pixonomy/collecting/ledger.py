"""What was searched, found, fetched and kept is noted here, so that nothing is done twice.

One SQLite file. A page of a search and all that it found are one transaction; so is a batch of
pictures and the end of the tar file that they were appended to. What a killed run had not noted has
not happened: the tar file is cut back to the noted end.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from pixonomy.collecting.finds import BudgetSpent, Find, Page
from pixonomy.collecting.notes import SCHEMA, SCHEMA_VERSION, Kept, Search, Waiting
from pixonomy.errors import SettingError, StorageError
from pixonomy.files import printable, storage_errors


class Ledger:
    """The notes of one collection; used by one process, and one thread of it, at a time."""

    def __init__(self, path: Path) -> None:
        """Open the file, or begin it.

        Raises:
            SettingError: if another process has it open, or it is of another version.
            StorageError: if it cannot be read.
        """
        self.path = path
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(
            path, timeout=1.0, isolation_level=None, check_same_thread=False
        )
        try:
            self._database.execute("PRAGMA journal_mode=WAL")
            # A killed process loses nothing so; a power cut may lose the last batches, whole.
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute("PRAGMA locking_mode=EXCLUSIVE")
            with self._transaction():
                self._begin()
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise SettingError(
                    f"Another `pixonomy collect` is at work in {printable(path.parent)}."
                ) from error
            raise StorageError(f"{printable(path)} cannot be used: {error}.") from error
        except sqlite3.DatabaseError as error:
            raise StorageError(f"{printable(path)} is damaged: {error}.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def _begin(self) -> None:
        known = self._database.execute(
            "SELECT count(*) FROM sqlite_master WHERE name = 'about'"
        ).fetchone()[0]
        if not known:
            for statement in SCHEMA.split(";"):
                self._database.execute(statement)
            self._database.execute("INSERT INTO about VALUES ('schema', ?)", (SCHEMA_VERSION,))
        (version,) = self._database.execute(
            "SELECT value FROM about WHERE key = 'schema'"
        ).fetchone()
        if int(version) != SCHEMA_VERSION:
            raise SettingError(
                f"{printable(self.path)} has version {version}; this Pixonomy reads "
                f"version {SCHEMA_VERSION}."
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def note(self, key: str, value: str) -> None:
        """Keep a text about the whole collection."""
        self._database.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (key, value))

    def noted(self, key: str) -> str | None:
        """Return a text that was kept."""
        row = self._database.execute("SELECT value FROM about WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def search(self, provider: str, category: str, keyword: str) -> Search:
        """Return how far a search has come."""
        row = self._database.execute(
            "SELECT next, is_over, total, walked_at FROM searches "
            "WHERE provider = ? AND category = ? AND keyword = ?",
            (provider, category, keyword),
        ).fetchone()
        if row is None:
            return Search(None, False, None, None)
        following = json.loads(row[0]) if row[0] else None
        return Search(following, bool(row[1]), row[2], row[3])

    def begin_again(self, provider: str, category: str, keyword: str) -> None:
        """Let a search that is over begin with its first page again."""
        self._database.execute(
            "UPDATE searches SET next = NULL, is_over = 0 "
            "WHERE provider = ? AND category = ? AND keyword = ?",
            (provider, category, keyword),
        )

    def add_page(self, provider: str, category: str, keyword: str, page: Page, now: float) -> int:
        """Note a page of a search; return how many of its finds were not known."""
        key = (provider, category, keyword)
        following = json.dumps(dict(page.next)) if page.next is not None else None
        with self._transaction():
            self._database.execute(
                "INSERT OR REPLACE INTO searches VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*key, following, page.next is None, page.total, now),
            )
            before = self._database.total_changes
            news = [
                (provider, find.native_id, category, keyword, find.image_url, _pack(find), now)
                for find in page.finds
            ]
            self._database.executemany(
                "INSERT OR IGNORE INTO finds "
                "(provider, native_id, category, keyword, url, about, found_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                news,
            )
            added = self._database.total_changes - before
            self._database.executemany(
                "INSERT OR IGNORE INTO images (url) VALUES (?)", [(one[4],) for one in news]
            )
        return added

    def waiting(self, provider: str, category: str, keyword: str, limit: int) -> list[Waiting]:
        """Return pictures of a search that are still to be fetched, in the order of finding."""
        rows = self._database.execute(
            "SELECT url, about FROM finds JOIN images USING (url) "
            "WHERE provider = ? AND category = ? AND keyword = ? "
            "AND state = 'waiting' ORDER BY number LIMIT ?",
            (provider, category, keyword, limit),
        )
        return [Waiting(url, _unpack(about)) for url, about in rows]

    def count_kept(self, category: str, keyword: str) -> int:
        """Return how many different pictures a keyword has."""
        row = self._database.execute(
            "SELECT count(DISTINCT sha256) FROM finds JOIN images USING (url) "
            "WHERE category = ? AND keyword = ? AND state = 'kept'",
            (category, keyword),
        ).fetchone()
        return int(row[0])

    def try_again(self, most_tries: int) -> None:
        """Let pictures that failed be fetched again, but those that failed so often."""
        self._database.execute(
            "UPDATE images SET state = 'waiting' WHERE state = 'failed' AND tries < ?",
            (most_tries,),
        )

    def close_image(self, url: str, state: str, reason: str) -> None:
        """Note that a picture was refused, or has failed once more."""
        self._database.execute(
            "UPDATE images SET state = ?, reason = ?, tries = tries + 1 WHERE url = ?",
            (state, reason, url),
        )

    def add_pictures(
        self,
        pictures: Sequence[Kept],
        urls: Sequence[tuple[str, str]],
        ends: Mapping[int, tuple[int, bool]],
    ) -> None:
        """Note pictures that the tar files hold.

        Args:
            urls: each address with the SHA-256 of what it gave; several may give one picture.
            ends: of each tar file that has grown its size, and whether it is full.
        """
        with self._transaction():
            self._database.executemany(
                "INSERT INTO pictures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        one.sha256, one.number, one.shard, one.offset, one.length,
                        one.perceptual_hash, one.width, one.height, one.format, one.fetched_at,
                    )
                    for one in pictures
                ],
            )  # fmt: skip
            self._database.executemany(
                "UPDATE images SET state = 'kept', sha256 = ?, reason = NULL WHERE url = ?",
                [(sha256, url) for url, sha256 in urls],
            )
            self._database.executemany(
                "INSERT OR REPLACE INTO shards VALUES (?, ?, ?)",
                [(shard, size, is_full) for shard, (size, is_full) in ends.items()],
            )

    def knows(self, sha256: str) -> bool:
        """Tell whether a picture is kept."""
        found = self._database.execute("SELECT 1 FROM pictures WHERE sha256 = ?", (sha256,))
        return found.fetchone() is not None

    def shards(self) -> dict[int, tuple[int, bool]]:
        """Return of each tar file its size in bytes, and whether it is full."""
        rows = self._database.execute("SELECT shard, size, is_full FROM shards ORDER BY shard")
        return {shard: (size, bool(is_full)) for shard, size, is_full in rows}

    def count_pictures(self) -> int:
        """Return how many pictures are kept."""
        return int(self._database.execute("SELECT count(*) FROM pictures").fetchone()[0])

    def count_images(self) -> dict[str, int]:
        """Return how many addresses are in each state."""
        rows = self._database.execute("SELECT state, count(*) FROM images GROUP BY state")
        return dict(rows)

    def reasons(self) -> dict[str, int]:
        """Return why addresses were refused or failed, and how many for each reason."""
        rows = self._database.execute(
            "SELECT reason, count(*) FROM images WHERE state IN ('refused', 'failed') "
            "GROUP BY reason ORDER BY 2 DESC, 1"
        )
        return dict(rows)

    def sightings(self) -> Iterator[dict[str, Any]]:
        """Return each find of a picture that is kept, in the order of finding."""
        rows = self._database.execute(
            "SELECT sha256, provider, category, keyword, about, found_at FROM finds "
            "JOIN images USING (url) WHERE state = 'kept' ORDER BY number"
        )
        for sha256, provider, category, keyword, about, found_at in rows:
            yield {
                "sha256": sha256,
                "provider": provider,
                "category": category,
                "keyword": keyword,
                **asdict(_unpack(about)),
                "found_at": found_at,
            }

    def pictures(self) -> Iterator[Kept]:
        """Return the pictures that are kept, in the order of keeping."""
        for row in self._database.execute("SELECT * FROM pictures ORDER BY number"):
            yield Kept(*row)

    def spend(self, provider: str, day: str, most: int | None) -> None:
        """Count a request of a provider.

        Raises:
            BudgetSpent: if it was asked as often as it may be on this day; it is not counted.
        """
        self._database.execute("INSERT OR IGNORE INTO budgets VALUES (?, ?, 0)", (provider, day))
        done = self._database.execute(
            "UPDATE budgets SET requests = requests + 1 "
            "WHERE provider = ? AND day = ? AND (? IS NULL OR requests < ?)",
            (provider, day, most, most),
        ).rowcount
        if not done:
            raise BudgetSpent(f"{provider} has been asked {most:,} times today")


def _pack(find: Find) -> str:
    return json.dumps(
        {key: value for key, value in asdict(find).items() if value not in (None, "")}
    )


def _unpack(text: str) -> Find:
    return Find(**json.loads(text))
