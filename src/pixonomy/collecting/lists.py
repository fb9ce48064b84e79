"""Reads a long list of addresses once, in chunks, and gives its rows by keyword.

They are written to an SQLite file, those of a keyword together: a page of them costs the same,
wherever in the list they stand. Memory does not grow with the list.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pixonomy.errors import DataError, StorageError
from pixonomy.json_types import Json
from pixonomy.storage.files import printable, remove
from pixonomy.storage.tables import scan_parquet

_CHUNK = 50_000
_LONGEST_CELL = 10_000  # letters
_VERSION = 1
_TABLES = (
    "CREATE TABLE about (value TEXT NOT NULL)",
    "CREATE TABLE keys (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, "
    "entries INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE entries (key INTEGER NOT NULL, number INTEGER NOT NULL, cells TEXT NOT NULL, "
    "PRIMARY KEY (key, number)) WITHOUT ROWID",
)

Row = dict[str, str | None]
"""The cells of a row, by the names of their columns."""


@dataclass(frozen=True)
class ListForm:
    """What of a list is looked at.

    Attributes:
        path: a CSV or Parquet file.
        columns: that are kept.
        matched: the column that keywords are found in.
        is_caption: a keyword fits where all its words stand in that column; else where the column
            is the keyword.
    """

    path: Path
    columns: tuple[str, ...]
    matched: str
    is_caption: bool


@contextmanager
def scan_list(path: Path) -> Iterator[pl.LazyFrame]:
    """Open a list; of a CSV all is text, and cells beyond the columns are dropped.

    Raises:
        StorageError: if it cannot be read.
    """
    if path.suffix.casefold() == ".parquet":
        with scan_parquet(path) as rows:
            yield rows
    else:
        yield pl.scan_csv(
            path, infer_schema=False, encoding="utf8-lossy", truncate_ragged_lines=True
        )


@dataclass
class KeywordList:
    """The rows of a list, by keyword; used by one thread at a time.

    Attributes:
        keywords: all that will be asked for, where that is known: captions are then read once.
        store: the file of SQLite; None: one that is gone with this object.
    """

    form: ListForm
    keywords: Sequence[str] = ()
    store: Path | None = None
    _database: sqlite3.Connection | None = field(default=None, init=False)

    def page(self, keyword: str, start: int, most: int) -> tuple[list[Row], int | None]:
        """Return the next rows that fit a keyword, and where the ones behind them begin.

        Args:
            start: the first row of the list that counts.

        Raises:
            DataError: if the list cannot be read as a table.
            StorageError: if the disk is full.
        """
        with _errors(self.store):
            database = self._open(keyword)
            rows = database.execute(
                "SELECT entries.number, cells FROM entries JOIN keys ON keys.number = entries.key "
                "WHERE keys.key = ? AND entries.number >= ? ORDER BY entries.number LIMIT ?",
                (_key(keyword), start, most + 1),
            ).fetchall()
        following = rows[most][0] if len(rows) > most else None
        return [json.loads(cells) for _, cells in rows[:most]], following

    def count(self, keyword: str) -> int:
        """Return how many rows fit a keyword."""
        row = (
            self._open(keyword)
            .execute("SELECT entries FROM keys WHERE key = ?", (_key(keyword),))
            .fetchone()
        )
        return 0 if row is None else int(row[0])

    def _open(self, keyword: str) -> sqlite3.Connection:
        if self._database is None:
            self._database = self._connect()
            if not self.form.is_caption and not self._is_read("keyword"):
                self._lay_down_all()
        if self.form.is_caption and not self._is_read(f"caption {_key(keyword)}"):
            self._lay_down_captions([keyword, *self.keywords])
        return self._database

    def _connect(self) -> sqlite3.Connection:
        state = self.form.path.stat()
        form = [_VERSION, str(self.form), state.st_size, state.st_mtime_ns]
        if self.store is not None and self.store.exists() and _about(self.store) != form:
            remove(self.store)  # it is of another list, or of another state of it
        database = sqlite3.connect(self.store or "", isolation_level=None, check_same_thread=False)
        database.execute("PRAGMA synchronous=OFF")  # what is damaged is laid down anew
        database.execute("PRAGMA cache_size=-65536")
        if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            database.execute("BEGIN")
            for statement in _TABLES:
                database.execute(statement)
            database.execute("INSERT INTO about VALUES (?)", (json.dumps(form),))
            database.execute("COMMIT")
        return database

    def _is_read(self, what: str) -> bool:
        assert self._database is not None
        found = self._database.execute("SELECT 1 FROM about WHERE value = ?", (what,))
        return found.fetchone() is not None

    def _lay_down_all(self) -> None:
        with self._laid_down(["keyword"]) as add:
            for chunk in self._chunks():
                add(chunk.select("key?", "row?", "cells?"))

    def _lay_down_captions(self, keywords: Sequence[str]) -> None:
        keys = list(dict.fromkeys(map(_key, keywords)))
        missing = [one for one in keys if not self._is_read(f"caption {one}")]
        with self._laid_down([f"caption {one}" for one in missing]) as add:
            for chunk in self._chunks():
                for one in missing:
                    fitting = chunk.filter(_has_words(one))
                    add(fitting.select(pl.lit(one).alias("key?"), "row?", "cells?"))

    @contextmanager
    def _laid_down(self, marks: Sequence[str]) -> Iterator[Callable[[pl.DataFrame], None]]:
        """Yield what adds rows; all of them are there after the block, or none."""
        database = self._database
        assert database is not None
        counts: dict[str, int] = {}

        def add(rows: pl.DataFrame) -> None:
            for key, count in rows["key?"].value_counts().iter_rows():
                if key not in counts:
                    database.execute("INSERT OR IGNORE INTO keys (key) VALUES (?)", (key,))
                counts[key] = counts.get(key, 0) + count
            database.executemany(
                "INSERT INTO entries SELECT number, ?, ? FROM keys WHERE key = ?",
                rows.select("row?", "cells?", "key?").iter_rows(),
            )

        database.execute("BEGIN")
        try:
            yield add
            database.executemany(
                "UPDATE keys SET entries = ? WHERE key = ?",
                [(count, key) for key, count in counts.items()],
            )
            database.executemany("INSERT INTO about VALUES (?)", [(one,) for one in marks])
        except BaseException:
            database.execute("ROLLBACK")
            raise
        database.execute("COMMIT")

    def _chunks(self) -> Iterator[pl.DataFrame]:
        """Yield the list's rows: what keywords are found in, their number, their cells as JSON."""
        with scan_list(self.form.path) as rows:
            kinds = rows.collect_schema()
            cells = [_as_text(name, kinds[name]) for name in self.form.columns]
            key = _as_text(self.form.matched, kinds[self.form.matched]).str.to_lowercase()
            wanted = rows.with_row_index("row?").select(
                key.alias("key?"), "row?", pl.struct(cells).struct.json_encode().alias("cells?")
            )
            wanted = wanted.filter(pl.col("key?").is_not_null())
            try:
                yield from wanted.collect_batches(chunk_size=_CHUNK, maintain_order=True)
            except pl.exceptions.PolarsError as error:
                reason = " ".join(str(error).partition("You might")[0].split())[:300].rstrip(".")
                raise DataError(
                    f"{printable(self.form.path)} cannot be read as a table: {reason}."
                ) from error


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if kind.is_float():
        column = column.cast(pl.Int64, strict=False)  # sizes, in pixels
    return column.cast(pl.String, strict=False).str.head(_LONGEST_CELL)


def _has_words(key: str) -> pl.Expr:
    """Each word of a keyword as a whole word of the caption, in any order."""
    words = [pl.col("key?").str.contains(rf"(^|\W){_escape(word)}(\W|$)") for word in key.split()]
    return pl.all_horizontal(words).fill_null(False)


def _escape(word: str) -> str:
    return "".join(letter if letter.isalnum() else f"\\{letter}" for letter in word)


def _key(keyword: str) -> str:
    return keyword.lower()


def _about(store: Path) -> Json:
    """Return what list a file was made of; None where that cannot be told."""
    try:
        with sqlite3.connect(store) as database:
            row = database.execute("SELECT value FROM about ORDER BY rowid LIMIT 1").fetchone()
        database.close()
        about: Json = json.loads(row[0])
        return about
    except (sqlite3.Error, ValueError, TypeError):
        return None


@contextmanager
def _errors(store: Path | None) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        place = printable(store) if store is not None else "A temporary file"
        raise StorageError(f"{place} cannot be used: {error}.") from error
