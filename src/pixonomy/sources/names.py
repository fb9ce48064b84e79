"""Tells by the names of files and folders what they are: an image, junk, a category."""

import os
import unicodedata
from collections.abc import Iterable

from pixonomy.images.endings import IMAGE_ENDINGS
from pixonomy.sources.splits import SPLIT_NAMES

__all__ = ["SPLIT_NAMES", "is_hidden", "is_image", "is_junk", "label_of", "split_member"]

_JUNK = frozenset({
    "__macosx", "@eadir", "#recycle", "@recycle", "@recently-snapshot", "#snapshot",
    "$recycle.bin", "recycler", "system volume information", "lost+found", "thumbs.db",
    "desktop.ini", "ehthumbs.db",
})  # fmt: skip
"""What systems and storage boxes leave beside people's files, in lower case."""


def is_image(name: str) -> bool:
    """Tell an image file by the ending of its name."""
    stem, _, ending = name.rpartition(".")
    return bool(stem) and f".{ending.lower()}" in IMAGE_ENDINGS


def is_junk(name: str) -> bool:
    """Tell a file or folder that nobody means: `._1.jpg`, `.cache`, `@eaDir`, `~$1.jpg`."""
    return name.startswith((".", "~$")) or name.endswith("~") or name.lower() in _JUNK


def is_hidden(parts: Iterable[str]) -> bool:
    """Tell whether a name, or a folder above it, is one that nobody means; see `is_junk`."""
    return any(map(is_junk, parts))


def label_of(name: str) -> str:
    """Return a category's name as text, in Unicode's composed form (NFC).

    Bytes that are no UTF-8 are read as Windows' Western code page, so that different names stay
    different.
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        name = os.fsencode(name).decode("cp1252", "backslashreplace")
    return unicodedata.normalize("NFC", name.strip()) or name


def split_member(name: str) -> list[str]:
    """Return the folders and the file of a name in an archive; steps up and in place are none."""
    return [part for part in name.split("/") if part not in ("", ".", "..")]
