"""A folder goes in; the shards in it come out, where it holds shards instead of pictures."""

import os
from pathlib import Path

from pixonomy.files import storage_errors
from pixonomy.sources.names import is_hidden, is_picture

SHARD_ENDINGS = (".tar", ".parquet", ".zip")
"""Kinds of shards; where several lie in one folder, the first of them counts."""


def find_shards(folder: Path) -> list[Path]:
    """Return the .tar, else the .parquet, else the .zip files below a folder, by name.

    There are none where even one picture lies below the folder: then it is one of pictures.

    Raises:
        StorageError: if a folder cannot be read.
    """
    found: dict[str, list[Path]] = {ending: [] for ending in SHARD_ENDINGS}
    with storage_errors(folder):
        for here, folders, files in os.walk(folder, onerror=_raise):
            folders[:] = [name for name in folders if not is_hidden([name])]
            for name in files:
                if is_hidden([name]):
                    continue
                if is_picture(name):
                    return []
                ending = Path(name).suffix.lower()
                if ending in found:
                    found[ending].append(Path(here, name))
    shards = next((paths for paths in found.values() if paths), [])
    return sorted(shards, key=os.fsencode)


def _raise(error: OSError) -> None:
    raise error
