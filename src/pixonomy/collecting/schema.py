"""The tables of the state database, and how those of an earlier version become them.

Counts are kept by triggers: none of them is ever counted anew, however many rows there are.
"""

import json
import sqlite3
from collections.abc import Iterator

from pixonomy.collecting.door import tidy
from pixonomy.collecting.search_results import SearchResult
from pixonomy.collecting.stored_rows import pack

SCHEMA_VERSION = 2

_TABLES = (
    "CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE keywords (
        number INTEGER PRIMARY KEY, category TEXT NOT NULL, keyword TEXT NOT NULL,
        kept INTEGER NOT NULL DEFAULT 0,  -- different pictures
        UNIQUE (category, keyword)
    )""",
    """CREATE TABLE searches (
        number INTEGER PRIMARY KEY, provider TEXT NOT NULL,
        keyword INTEGER NOT NULL REFERENCES keywords,
        next TEXT,                    -- what the next page is asked for with (null: the first one)
        is_over INTEGER NOT NULL DEFAULT 0, total INTEGER, walked_at REAL,
        UNIQUE (keyword, provider)
    )""",
    """CREATE TABLE images (
        number INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL DEFAULT 'waiting',  -- waiting, kept, refused, failed
        reason TEXT, tries INTEGER NOT NULL DEFAULT 0, picture INTEGER REFERENCES pictures
    )""",
    "CREATE INDEX images_failed ON images (tries) WHERE state = 'failed'",
    """CREATE TABLE finds (
        number INTEGER PRIMARY KEY,
        search INTEGER NOT NULL REFERENCES searches, image INTEGER NOT NULL REFERENCES images,
        native_id TEXT NOT NULL, about TEXT NOT NULL, found_at REAL NOT NULL,
        is_waiting INTEGER NOT NULL,  -- as its image is: for the index
        UNIQUE (search, native_id)
    )""",
    "CREATE INDEX finds_image ON finds (image)",
    "CREATE INDEX finds_waiting ON finds (search, number) WHERE is_waiting",
    """CREATE TABLE pictures (
        number INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE,
        shard INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL,
        perceptual_hash TEXT, width INTEGER, height INTEGER, format TEXT, fetched_at REAL NOT NULL,
        first_find INTEGER            -- where it was found first
    )""",
    """CREATE TABLE keyword_pictures (
        keyword INTEGER NOT NULL, picture INTEGER NOT NULL, PRIMARY KEY (keyword, picture)
    ) WITHOUT ROWID""",
    """CREATE TABLE tallies (
        state TEXT NOT NULL, reason TEXT NOT NULL, images INTEGER NOT NULL,
        PRIMARY KEY (state, reason)
    ) WITHOUT ROWID""",
    """CREATE TABLE shards (
        shard INTEGER PRIMARY KEY, size INTEGER NOT NULL, is_full INTEGER NOT NULL
    )""",
    """CREATE TABLE budgets (
        provider TEXT NOT NULL, day TEXT NOT NULL, requests INTEGER NOT NULL,
        PRIMARY KEY (provider, day)
    )""",
    "CREATE TABLE hosts (host TEXT PRIMARY KEY, quiet_until REAL NOT NULL, reason TEXT NOT NULL)",
)

_COUNT = """INSERT INTO tallies VALUES (NEW.state, coalesce(NEW.reason, ''), 1)
    ON CONFLICT DO UPDATE SET images = images + 1;"""

_TRIGGERS = (
    f"CREATE TRIGGER images_new AFTER INSERT ON images BEGIN {_COUNT} END",
    f"""CREATE TRIGGER images_moved AFTER UPDATE OF state, reason ON images BEGIN
        UPDATE tallies SET images = images - 1
            WHERE state = OLD.state AND reason = coalesce(OLD.reason, '');
        {_COUNT}
        UPDATE finds SET is_waiting = NEW.state = 'waiting'
            WHERE OLD.state <> NEW.state AND image = NEW.number;
    END""",
    """CREATE TRIGGER images_kept AFTER UPDATE OF picture ON images
        WHEN NEW.picture IS NOT NULL BEGIN
        INSERT OR IGNORE INTO keyword_pictures
            SELECT searches.keyword, NEW.picture FROM finds
            JOIN searches ON searches.number = search WHERE image = NEW.number;
        UPDATE pictures SET first_find = min(
            coalesce(first_find, 1e18), (SELECT min(number) FROM finds WHERE image = NEW.number)
        ) WHERE number = NEW.picture;
    END""",
    """CREATE TRIGGER finds_of_kept AFTER INSERT ON finds WHEN NOT NEW.is_waiting BEGIN
        INSERT OR IGNORE INTO keyword_pictures
            SELECT searches.keyword, images.picture FROM images
            JOIN searches ON searches.number = NEW.search
            WHERE images.number = NEW.image AND images.picture IS NOT NULL;
    END""",
    """CREATE TRIGGER keywords_filled AFTER INSERT ON keyword_pictures BEGIN
        UPDATE keywords SET kept = kept + 1 WHERE number = NEW.keyword;
    END""",
)

_FROM_1 = (
    """INSERT INTO keywords (category, keyword)
        SELECT category, keyword FROM finds_1 UNION SELECT category, keyword FROM searches_1""",
    """INSERT INTO searches (provider, keyword, next, is_over, total, walked_at)
        SELECT provider, keywords.number, next, is_over, total, walked_at
        FROM searches_1 JOIN keywords USING (category, keyword)""",
    """INSERT OR IGNORE INTO searches (provider, keyword)
        SELECT DISTINCT finds_1.provider, keywords.number
        FROM finds_1 JOIN keywords USING (category, keyword)""",
    """INSERT INTO pictures SELECT number, sha256, shard, offset, length, perceptual_hash, width,
        height, format, fetched_at, NULL FROM pictures_1""",
    """INSERT INTO images (url, state, reason, tries)
        SELECT url, CASE state WHEN 'kept' THEN 'waiting' ELSE state END, reason, tries
        FROM images_1 ORDER BY rowid""",
    """INSERT INTO finds SELECT finds_1.number, searches.number, images.number, native_id,
        tidied(about), found_at, state = 'waiting' FROM finds_1
        JOIN keywords USING (category, keyword)
        JOIN searches ON searches.keyword = keywords.number
            AND searches.provider = finds_1.provider
        JOIN images USING (url) ORDER BY finds_1.number""",
    """UPDATE images SET state = 'kept', picture = known.picture FROM (
            SELECT url, pictures.number AS picture FROM images_1 JOIN pictures USING (sha256)
            WHERE state = 'kept'
        ) AS known WHERE images.url = known.url""",
)
_RENAMED = ("searches", "images", "finds", "pictures")


def create(database: sqlite3.Connection) -> None:
    """Make the tables of a new state database, inside a transaction."""
    for statement in (*_TABLES, *_TRIGGERS):
        database.execute(statement)
    _note_version(database)


def migrate(database: sqlite3.Connection) -> None:
    """Bring the tables of version 1 to this one, inside a transaction."""
    database.create_function("tidied", 1, _tidied, deterministic=True)
    for name in _RENAMED:
        database.execute(f"ALTER TABLE {name} RENAME TO {name}_1")
    for index in ("finds_url", "finds_keyword"):
        database.execute(f"DROP INDEX IF EXISTS {index}")
    known = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    for statement in _missing(known):
        database.execute(statement)
    for statement in (*_TRIGGERS, *_FROM_1):
        database.execute(statement)
    for name in reversed(_RENAMED):
        database.execute(f"DROP TABLE {name}_1")
    _note_version(database)


def _missing(known: set[str]) -> Iterator[str]:
    for statement in _TABLES:
        if statement.split()[2] not in known:
            yield statement


def _note_version(database: sqlite3.Connection) -> None:
    database.execute("INSERT OR REPLACE INTO about VALUES ('schema', ?)", (SCHEMA_VERSION,))


def _tidied(about: str) -> str:
    """Return what version 1 noted of a search result, within today's bounds."""
    return pack(tidy(SearchResult(**json.loads(about))))
