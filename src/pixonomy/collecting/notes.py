"""What the ledger notes: its tables, and the plain values that come out of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pixonomy.collecting.finds import Find

SCHEMA_VERSION = 1

SCHEMA = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE searches (
    provider TEXT NOT NULL, category TEXT NOT NULL, keyword TEXT NOT NULL,
    next TEXT,                    -- what the next page is asked for with (null: the first one)
    is_over INTEGER NOT NULL DEFAULT 0, total INTEGER, walked_at REAL,
    PRIMARY KEY (provider, category, keyword)
);
CREATE TABLE images (
    url TEXT PRIMARY KEY,
    state TEXT NOT NULL DEFAULT 'waiting',  -- waiting, kept, refused, failed
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
"""


@dataclass(frozen=True)
class Search:
    """How far a keyword has been searched at a provider.

    Attributes:
        next: see `finds.Page`; None before the first page, and when it is over.
        walked_at: when its last page came, seconds since 1970.
    """

    next: Mapping[str, Any] | None
    is_over: bool
    total: int | None
    walked_at: float | None


@dataclass(frozen=True)
class Waiting:
    """A picture that is still to be fetched."""

    url: str
    find: Find


@dataclass(frozen=True)
class Kept:
    """A picture in a tar file.

    Attributes:
        number: counts pictures, from 0.
        offset, length: its bytes, within the tar file.
    """

    sha256: str
    number: int
    shard: int
    offset: int
    length: int
    perceptual_hash: str | None
    width: int | None
    height: int | None
    format: str | None
    fetched_at: float
