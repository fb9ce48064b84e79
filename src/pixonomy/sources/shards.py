"""Finds the shards below a folder that holds archives or tables instead of images."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from pixonomy.sources.names import is_image, is_junk
from pixonomy.sources.passed_over import NO_ENDING
from pixonomy.storage.files import storage_error, storage_errors

SHARD_ENDINGS = (".tar", ".parquet", ".zip")
"""Kinds of shards; where several lie in one folder, the first of them counts."""

_MOST_STRAYS = 20  # images beside shards: a logo, a few examples
_LARGER = 10  # times as many bytes as such images are shards that hold the data set


@dataclass
class Shards:
    """The shards below a folder, by name.

    Attributes:
        passed_over: what lies beside them, by kind.
    """

    paths: list[Path] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)


def find_shards(folder: Path) -> Shards:
    """Return the .tar, else the .parquet, else the .zip files below a folder.

    There are none where images lie in several folders, or many of them: then the folder is one
    of images. A few, small beside the shards, do not count.

    Raises:
        StorageError: if a folder cannot be read.
    """
    found: dict[str, list[Path]] = {ending: [] for ending in SHARD_ENDINGS}
    images: list[Path] = []
    others: Counter[str] = Counter()
    with storage_errors(folder):
        for here, folders, files in os.walk(folder, onerror=_raise):
            folders[:] = [name for name in folders if not is_junk(name)]
            for name in files:
                path = Path(here, name)
                if is_junk(name):
                    continue
                if is_image(name):
                    images.append(path)
                elif (ending := path.suffix.lower()) in found:
                    found[ending].append(path)
                else:
                    others[ending or NO_ENDING] += 1
            if len(images) > _MOST_STRAYS or len({path.parent for path in images}) > 1:
                return Shards()
        chosen = next((ending for ending in SHARD_ENDINGS if found[ending]), None)
        if chosen is None or (images and _size(found[chosen]) <= _LARGER * _size(images)):
            return Shards()
        for ending in SHARD_ENDINGS:
            others[ending] += len(found[ending]) if ending != chosen else 0
    others["pictures"] += len(images)
    passed_over = {f"{kind} beside {chosen}": count for kind, count in others.items() if count}
    return Shards(sorted(found[chosen], key=os.fsencode), Counter(passed_over))


def _size(files: list[Path]) -> int:
    return sum(file.stat().st_size if file.exists() else 0 for file in files)


def _raise(error: OSError) -> None:
    raise storage_error(error) from error
