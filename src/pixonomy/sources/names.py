"""Names of files and folders go in; what they say of pictures comes out: category and split."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pixonomy.files import printable
from pixonomy.images.endings import PICTURE_ENDINGS
from pixonomy.locate import relative_to

SPLIT_NAMES: dict[str, str | None] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "unsplit": None,  # what `export` calls pictures that are in no split
}
"""What people call the three splits, in lower case."""

_SHARD = re.compile(rf"({'|'.join(SPLIT_NAMES)})(-|_?\d)")  # train-000000, val_01, test2015


def is_picture(name: str) -> bool:
    """Tell a picture file by the ending of its name."""
    stem, _, ending = name.rpartition(".")
    return bool(stem) and f".{ending.lower()}" in PICTURE_ENDINGS


def is_hidden(parts: Iterable[str]) -> bool:
    """Tell names that nobody means, such as `._1.jpg` and what lies in `.cache` or `__MACOSX`."""
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def split_member(name: str) -> list[str]:
    """Return the folders and the file of a name in an archive; steps up and in place are none."""
    return [part for part in name.split("/") if part not in ("", ".", "..")]


def split_of_shard(shard: Path, base: Path) -> str | None:
    """Return the split that a shard's name (`train-00000.tar`) or a folder below `base` says."""
    found = _SHARD.match(shard.name.lower())
    if found is not None:
        return SPLIT_NAMES[found[1]]
    inside = relative_to(shard, base)
    folders = () if inside.is_absolute() else inside.parts[:-1]
    return next(
        (SPLIT_NAMES[name.lower()] for name in folders if name.lower() in SPLIT_NAMES), None
    )


@dataclass(frozen=True)
class Layout:
    """Which folders above a picture say what.

    Attributes:
        around: how many folders around everything are passed over.
        has_splits: whether the next one is the split; the one below is the category.
    """

    around: int = 0
    has_splits: bool = False

    def read(self, folders: Sequence[str]) -> tuple[str | None, str | None]:
        """Return the category and the split of a picture; None where its folders say none."""
        inner = folders[self.around :]
        split = SPLIT_NAMES[inner[0].lower()] if self.has_splits else None
        inner = inner[1:] if self.has_splits else inner
        return (printable(inner[0]) if inner else None), split


class LayoutFinder:
    """Is shown the folders of every picture and tells their layout; its memory stays small."""

    def __init__(self) -> None:
        self._outer, self._inner = _Tops(), _Tops()

    def add(self, folders: Sequence[str]) -> None:
        """Look at the folders between the source and a picture, outermost first."""
        self._outer.add(folders)
        self._inner.add(folders[1:])

    def find(self, is_archive: bool = False) -> Layout:
        """Return the layout of the pictures seen.

        Args:
            is_archive: `photos.zip` mostly holds one folder `photos/` around everything. It is
                passed over if at least two folders, and no pictures, lie directly in it.
        """
        if is_archive and not self._outer.has_splits and self._outer.is_lone_folder:
            inner = self._inner
            if inner.has_splits or (inner.has_several and not inner.has_loose):
                return Layout(1, inner.has_splits)
        return Layout(0, self._outer.has_splits)


class _Tops:
    """What is known of the outermost folders seen."""

    def __init__(self) -> None:
        self._first: str | None = None
        self._splits: set[str | None] = set()
        self._has_others = self._is_deep = False
        self.has_several = self.has_loose = False

    def add(self, folders: Sequence[str]) -> None:
        top = folders[0] if folders else ""
        if self._first is None:
            self._first = top
        self.has_several = self.has_several or top != self._first
        self.has_loose = self.has_loose or not top
        name = top.lower()
        if name in SPLIT_NAMES:
            self._splits.add(SPLIT_NAMES[name])
        else:
            self._has_others = True
        self._is_deep = self._is_deep or len(folders) > 1

    @property
    def is_lone_folder(self) -> bool:
        return bool(self._first) and not self.has_several

    @property
    def has_splits(self) -> bool:
        """Tell whether every picture lies in a split folder, training among them."""
        return not self._has_others and "train" in self._splits and self._is_deep
