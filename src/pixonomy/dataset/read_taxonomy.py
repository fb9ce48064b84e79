"""Reads a taxonomy from whatever file people have: TOML of their own, or a catalogue's CSV."""

import re
from pathlib import Path

from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.dataset.taxonomy_csv import read_taxonomy_csv
from pixonomy.dataset.taxonomy_toml import read_taxonomy_toml
from pixonomy.storage.files import existing_path, storage_errors

_HEAD = 1 << 16  # bytes of a file without a telling name
_TOML_TABLE = re.compile(rb"^\s*\[\[\s*category\s*\]\]", re.MULTILINE)


def read_taxonomy(path: Path) -> Taxonomy:
    """Read the categories of a `.toml` or `.csv` file; with another ending its content decides.

    Raises:
        SettingError, DataError, StorageError: see `read_taxonomy_toml` and `read_taxonomy_csv`.
    """
    existing_path(path, "table of categories")
    return read_taxonomy_toml(path).taxonomy if _is_toml(path) else read_taxonomy_csv(path)


def _is_toml(path: Path) -> bool:
    ending = path.suffix.lower()
    if ending in (".toml", ".csv") or not path.is_file():
        return ending == ".toml"
    with storage_errors(path), path.open("rb") as file:
        return _TOML_TABLE.search(file.read(_HEAD)) is not None
