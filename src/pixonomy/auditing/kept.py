"""A table that takes long to make goes in once; afterwards it is read from its file."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl

from pixonomy.artefact import Fingerprint
from pixonomy.files import read_parquet, storage_errors, write_parquet

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
    with storage_errors(path):
        if not path.is_file():
            return None
        try:
            with path.open("rb") as file:
                text = pl.read_parquet_metadata(file).get(_KEY)
        except pl.exceptions.PolarsError:
            return None
    return json.loads(text) if text is not None else None
