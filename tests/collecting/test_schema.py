"""What version 1 of the ledger had noted is read, and goes on."""

import json
import sqlite3
from pathlib import Path

import pytest

from pixonomy.collecting.records import (
    count_images,
    count_reasons,
    read_images,
    read_search_results,
)
from pixonomy.collecting.state_db import StateDatabase
from pixonomy.errors import SettingError

VERSION_1 = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE searches (
    provider TEXT NOT NULL, category TEXT NOT NULL, keyword TEXT NOT NULL,
    next TEXT, is_over INTEGER NOT NULL DEFAULT 0, total INTEGER, walked_at REAL,
    PRIMARY KEY (provider, category, keyword)
);
CREATE TABLE images (
    url TEXT PRIMARY KEY, state TEXT NOT NULL DEFAULT 'waiting',
    reason TEXT, tries INTEGER NOT NULL DEFAULT 0, sha256 TEXT
);
CREATE TABLE finds (
    number INTEGER PRIMARY KEY,
    provider TEXT NOT NULL, native_id TEXT NOT NULL,
    category TEXT NOT NULL, keyword TEXT NOT NULL,
    url TEXT NOT NULL REFERENCES images, about TEXT NOT NULL, found_at REAL NOT NULL,
    UNIQUE (provider, native_id, category, keyword)
);
CREATE INDEX finds_url ON finds (url);
CREATE INDEX finds_keyword ON finds (category, keyword);
CREATE TABLE pictures (
    sha256 TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE,
    shard INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL,
    perceptual_hash TEXT, width INTEGER, height INTEGER, format TEXT, fetched_at REAL NOT NULL
);
CREATE TABLE shards (shard INTEGER PRIMARY KEY, size INTEGER NOT NULL, is_full INTEGER NOT NULL);
CREATE TABLE budgets (
    provider TEXT NOT NULL, day TEXT NOT NULL, requests INTEGER NOT NULL,
    PRIMARY KEY (provider, day)
);
INSERT INTO about VALUES ('schema', 1), ('permission:html', 'mine');
INSERT INTO searches VALUES ('box', 'travel', 'beach', '{"page": 2}', 0, 40, 5.0);
INSERT INTO images VALUES ('http://x/0', 'kept', NULL, 0, 'aa'),
    ('http://x/1', 'waiting', NULL, 0, NULL), ('http://x/2', 'refused', 'too small', 1, NULL),
    ('http://x/3', 'failed', 'busy', 2, NULL);
INSERT INTO pictures VALUES ('aa', 0, 0, 512, 7, 'ffee', 40, 30, 'jpg', 1.5);
INSERT INTO shards VALUES (0, 1536, 0);
INSERT INTO budgets VALUES ('box', '2026-01-01', 3);
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    database = sqlite3.connect(tmp_path / "ledger.sqlite")
    database.executescript(VERSION_1)
    for number, (keyword, url) in enumerate(
        [("beach", 0), ("beach", 1), ("beach", 2), ("beach", 3), ("sand", 0)]
    ):
        about = {
            "native_id": str(url), "image_url": f"http://x/{url}", "title": "half \ud83d",
            "width": 10**30, "height": 20,
        }  # fmt: skip
        category = "travel" if keyword == "beach" else "home"
        database.execute(
            "INSERT INTO finds VALUES (?, 'box', ?, ?, ?, ?, ?, 2.5)",
            (number + 1, str(url), category, keyword, f"http://x/{url}", json.dumps(about)),
        )
    database.commit()
    database.close()
    return tmp_path / "ledger.sqlite"


def test_what_version_1_noted_is_all_there(path: Path) -> None:
    with StateDatabase(path) as state_db:
        assert count_images(state_db) == {"kept": 1, "waiting": 1, "refused": 1, "failed": 1}
        assert count_reasons(state_db, "refused") == {"too small": 1}
        assert (
            state_db.count_stored("travel", "beach") == state_db.count_stored("home", "sand") == 1
        )
        search = state_db.search("box", "travel", "beach")
        assert (search.next, search.total, search.walked_at) == ({"page": 2}, 40, 5.0)
        assert state_db.shards() == {0: (1536, False)}
        assert state_db.noted("permission:html") == "mine"
        (waiting,) = state_db.waiting("box", "travel", "beach", 9)
        assert (waiting.url, waiting.number) == ("http://x/1", 2)
        state_db.try_again(3)
        assert len(state_db.waiting("box", "travel", "beach", 9)) == 2


def test_poison_in_what_version_1_noted_does_no_harm_any_more(path: Path) -> None:
    with StateDatabase(path) as state_db:
        (found,) = read_search_results(state_db)
        assert found.select("keyword", "width", "height").rows() == [
            ("beach", None, 20),
            ("sand", None, 20),
        ]
        assert set(found["title"]) == {"half \ufffd"}
        (images,) = read_images(state_db)
        assert images.select("keyword", "perceptual_hash").rows() == [("beach", "ffee")]


def test_a_ledger_is_brought_to_this_version_once(path: Path) -> None:
    with StateDatabase(path) as state_db:
        tables = state_db.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        assert not [name for (name,) in tables if name.endswith("_1")]
    with StateDatabase(path) as state_db:
        assert state_db.count_all() == 1


def test_who_only_looks_in_is_told_that_a_run_has_to_come_first(path: Path) -> None:
    with pytest.raises(SettingError, match="earlier version"):
        StateDatabase(path, is_read_only=True)


def test_a_ledger_of_a_later_version_is_left_alone(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("UPDATE about SET value = '9' WHERE key = 'schema'")
    database.commit()
    database.close()
    with pytest.raises(SettingError, match=r"version 9; this Pixonomy reads version 2"):
        StateDatabase(path)
