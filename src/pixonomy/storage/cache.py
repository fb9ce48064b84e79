"""Keeps a table that takes long to make in a file, for as long as it is made from the same."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl

from pixonomy.errors import StorageError
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.storage.tables import read_parquet, read_parquet_texts, write_parquet

_KEY = "made_from"


def keep(path: Path, made_from: Fingerprint, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    """Return the table at `path` if it was made from the same, else make it and write it there.

    Raises:
        StorageError: if it cannot be read or written.
    """
    wanted = json.loads(json.dumps(dict(made_from)))
    if _read_made_from(path) != wanted:
        write_parquet(path, make(), {_KEY: json.dumps(wanted)})
    return read_parquet(path)


def _read_made_from(path: Path) -> object:
    try:
        text = read_parquet_texts(path).get(_KEY)
        return json.loads(text) if text is not None else None
    except (StorageError, ValueError):  # a damaged one is made anew
        return None
