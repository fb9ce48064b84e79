"""The state database: what was searched, found, fetched and kept, so that nothing is done twice.

One SQLite file. A page of a search and all that it found are one transaction; so is a batch of
images and the end of the tar file that they were appended to. What a killed run had not noted has
not happened: the tar file is cut back to the noted end.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from pixonomy.collecting.door import clean, host_of
from pixonomy.collecting.search_results import BudgetSpent, Page
from pixonomy.collecting.state_file import open_state, read_state, transaction
from pixonomy.collecting.stored_rows import Search, StoredImage, Waiting, pack, unpack

_LONGEST_REASON = 500
_Key = tuple[str, str, str]
"""Provider, category, keyword."""


class StateDatabase:
    """The notes of one collection; written by one process, and one thread of it, at a time.

    Whoever writes holds the folder's lock (`pixonomy.storage.locks`); others may look in meanwhile.
    """

    def __init__(self, path: Path, is_read_only: bool = False) -> None:
        """Open the file, or begin it; see `state_file`.

        Args:
            is_read_only: only look in: what it says stays as it was at this moment.
        """
        self.path, self.is_read_only = path, is_read_only
        self._database = (read_state if is_read_only else open_state)(path)
        self._searches: dict[_Key, int] = {}
        self._ends: dict[int, tuple[int, bool]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def rows(self, query: str, *values: object) -> sqlite3.Cursor:
        """Return the rows of a query, as they are read."""
        return self._database.execute(query, values)

    def note(self, key: str, value: str) -> None:
        """Keep a text about the whole collection."""
        self._database.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (key, value))

    def noted(self, key: str) -> str | None:
        """Return a text that was kept."""
        row = self.rows("SELECT value FROM about WHERE key = ?", key).fetchone()
        return None if row is None else str(row[0])

    def search(self, provider: str, category: str, keyword: str) -> Search:
        """Return how far a search has come."""
        row = self.rows(
            "SELECT next, is_over, total, walked_at FROM searches WHERE number = ?",
            self._find_search((provider, category, keyword)),
        ).fetchone()
        if row is None:
            return Search(None, False, None, None)
        following = json.loads(row[0]) if row[0] else None
        return Search(following, bool(row[1]), row[2], row[3])

    def begin_again(self, provider: str, category: str, keyword: str) -> None:
        """Let a search that is over begin with its first page again."""
        self._database.execute(
            "UPDATE searches SET next = NULL, is_over = 0 WHERE number = ?",
            (self._find_search((provider, category, keyword)),),
        )

    def begin_all_again(self, provider: str) -> int:
        """Let all searches of a provider begin with their first pages; return how many."""
        begun = self._database.execute(
            "UPDATE searches SET next = NULL, is_over = 0 "
            "WHERE provider = ? AND (is_over OR next IS NOT NULL)",
            (provider,),
        )
        return begun.rowcount

    def add_page(self, provider: str, category: str, keyword: str, page: Page, now: float) -> int:
        """Note a page of a search; return how many of its results were not known."""
        following = json.dumps(dict(page.next)) if page.next is not None else None
        search = self._begin_search((provider, category, keyword))
        with transaction(self._database):
            self._database.execute(
                "UPDATE searches SET next = ?, is_over = ?, total = ?, walked_at = ? "
                "WHERE number = ?",
                (following, page.next is None, page.total, now, search),
            )
            self._database.executemany(
                "INSERT OR IGNORE INTO images (url) VALUES (?)",
                [(one.image_url,) for one in page.search_results],
            )
            # Of an executemany, rowcount leaves out what triggers do.
            added = self._database.executemany(
                "INSERT OR IGNORE INTO finds "
                "(search, image, native_id, about, found_at, is_waiting) "
                "SELECT ?, number, ?, ?, ?, state = 'waiting' FROM images WHERE url = ?",
                [
                    (search, one.native_id, pack(one), now, one.image_url)
                    for one in page.search_results
                ],
            ).rowcount
        return max(0, added)

    def waiting(
        self, provider: str, category: str, keyword: str, limit: int, after: int = 0
    ) -> list[Waiting]:
        """Return images of a search that are still to be fetched, in the order of finding.

        Args:
            after: the number of a search result; those behind it.
        """
        rows = self.rows(
            "SELECT finds.number, native_id, url, about FROM finds CROSS JOIN images "
            "ON images.number = image WHERE search = ? AND is_waiting AND finds.number > ? "
            "ORDER BY finds.number LIMIT ?",
            self._find_search((provider, category, keyword)), after, limit,
        )  # fmt: skip
        return [Waiting(url, unpack(one, url, about), number) for number, one, url, about in rows]

    def waiting_at(self, numbers: Sequence[int]) -> list[Waiting]:
        """Return those of these search results whose images are still to be fetched."""
        rows = self.rows(
            "SELECT finds.number, native_id, url, about FROM finds CROSS JOIN images "
            f"ON images.number = image WHERE finds.number IN ({', '.join('?' * len(numbers))}) "
            "AND is_waiting ORDER BY finds.number",
            *numbers,
        )
        return [Waiting(url, unpack(one, url, about), number) for number, one, url, about in rows]

    def is_waiting(self, url: str) -> bool:
        """Tell whether an image is still to be fetched."""
        row = self.rows("SELECT state = 'waiting' FROM images WHERE url = ?", url).fetchone()
        return row is not None and bool(row[0])

    def count_stored(self, category: str, keyword: str) -> int:
        """Return how many different images a keyword has."""
        row = self.rows(
            "SELECT kept FROM keywords WHERE category = ? AND keyword = ?", category, keyword
        ).fetchone()
        return 0 if row is None else int(row[0])

    def try_again(self, most_tries: int) -> None:
        """Let images that failed be fetched again, but those that failed so often."""
        self._database.execute(
            "UPDATE images SET state = 'waiting', reason = NULL "
            "WHERE state = 'failed' AND tries < ?",
            (most_tries,),
        )

    def retry(self, what: str) -> int:
        """Let images be fetched again as if for the first time; return how many.

        Args:
            what: failed, refused, or the name of a host, which is asked again at once.
        """
        again = "UPDATE images SET state = 'waiting', reason = NULL, tries = 0 WHERE state "
        with transaction(self._database):
            if what in ("failed", "refused"):
                return int(self._database.execute(f"{again} = ?", (what,)).rowcount)
            host = host_of(what if "://" in what else f"http://{what}")
            self._database.execute("DELETE FROM hosts WHERE host = ?", (host,))
            changed = self._database.execute(
                f"{again} IN ('failed', 'refused') AND host_of(url) = ?", (host,)
            )
            return int(changed.rowcount)

    def reopen(self, reason: str) -> int:
        """Let images be fetched again that were refused for a reason that begins so."""
        return int(
            self._database.execute(
                "UPDATE images SET state = 'waiting', reason = NULL, tries = 0 "
                "WHERE state = 'refused' AND substr(reason, 1, ?) = ?",
                (len(reason), reason),
            ).rowcount
        )

    def close_image(self, url: str, state: str, reason: str) -> None:
        """Note that an image that waits was refused, or has failed once more."""
        self._database.execute(
            "UPDATE images SET state = ?, reason = ?, tries = tries + 1 "
            "WHERE url = ? AND state = 'waiting'",
            (state, clean(reason, _LONGEST_REASON), url),
        )

    def rest_host(self, host: str, until: float, reason: str) -> None:
        """Note that a host is to be left alone until then, seconds since 1970."""
        self._database.execute(
            "INSERT OR REPLACE INTO hosts VALUES (?, ?, ?)",
            (host, until, clean(reason, _LONGEST_REASON)),
        )

    def resting_hosts(self, now: float) -> dict[str, tuple[float, str]]:
        """Return the hosts that are to be left alone: until when, and why."""
        rows = self.rows("SELECT host, quiet_until, reason FROM hosts WHERE quiet_until > ?", now)
        return {host: (until, reason) for host, until, reason in rows}

    def add_images(
        self,
        images: Sequence[StoredImage],
        urls: Sequence[tuple[str, str]],
        ends: Mapping[int, tuple[int, bool]],
    ) -> None:
        """Note images that the tar files hold.

        Args:
            urls: each address with the SHA-256 of what it gave; several may give one image.
            ends: of each tar file its size, and whether it is full.
        """
        with transaction(self._database):
            self._database.executemany(
                "INSERT INTO pictures (sha256, number, shard, offset, length, perceptual_hash, "
                "width, height, format, fetched_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [tuple(vars(one).values()) for one in images],
            )
            self._database.executemany(
                "UPDATE images SET state = 'kept', reason = NULL, picture = "
                "(SELECT number FROM pictures WHERE sha256 = ?) WHERE url = ?",
                [(sha256, url) for url, sha256 in urls],
            )
            self._database.executemany(
                "INSERT OR REPLACE INTO shards VALUES (?, ?, ?)",
                [(one, *end) for one, end in ends.items() if self._ends.get(one) != end],
            )
        self._ends.update(ends)

    def rehash(self, hashes: Mapping[int, str | None]) -> None:
        """Note the perceptual hashes of images anew, by the images' numbers."""
        with transaction(self._database):
            self._database.executemany(
                "UPDATE pictures SET perceptual_hash = ? WHERE number = ?",
                [(one, number) for number, one in hashes.items()],
            )

    def knows(self, sha256: str) -> bool:
        """Tell whether an image is kept."""
        return self.rows("SELECT 1 FROM pictures WHERE sha256 = ?", sha256).fetchone() is not None

    def shards(self) -> dict[int, tuple[int, bool]]:
        """Return of each tar file its size in bytes, and whether it is full."""
        rows = self.rows("SELECT shard, size, is_full FROM shards ORDER BY shard")
        return {shard: (size, bool(is_full)) for shard, size, is_full in rows}

    def count_all(self) -> int:
        """Return how many images are kept: they are numbered from 0, without gaps."""
        return int(self.rows("SELECT coalesce(max(number) + 1, 0) FROM pictures").fetchone()[0])

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

    def _find_search(self, key: _Key) -> int:
        """Return the number of a search; -1 where it has not begun."""
        if key not in self._searches:
            row = self.rows(
                "SELECT searches.number FROM searches JOIN keywords ON keywords.number = "
                "searches.keyword WHERE provider = ? AND category = ? AND keywords.keyword = ?",
                *key,
            ).fetchone()
            if row is None:
                return -1
            self._searches[key] = int(row[0])
        return self._searches[key]

    def _begin_search(self, key: _Key) -> int:
        """Return the number of a search, which may begin."""
        if self._find_search(key) < 0:
            with transaction(self._database):
                self._database.execute(
                    "INSERT OR IGNORE INTO keywords (category, keyword) VALUES (?, ?)", key[1:]
                )
                self._database.execute(
                    "INSERT INTO searches (provider, keyword) "
                    "SELECT ?, number FROM keywords WHERE category = ? AND keyword = ?",
                    key,
                )
        return self._find_search(key)
