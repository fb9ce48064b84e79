"""Lists the images below a folder on disk, and by reason what else lies there."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pixonomy.dataset.seen import MISSING
from pixonomy.images.formats import START_BYTES, format_of
from pixonomy.sources.names import is_image, is_junk
from pixonomy.sources.passed_over import JUNK, PassedOver
from pixonomy.storage.files import storage_errors

_SMALL = 1024  # bytes: what replaces an image (a pointer, a page that reports an error) is short


@dataclass
class FolderOfImages:
    """A folder and what lies directly in it.

    Attributes:
        parts: the folders between the source and it, and itself; empty for the source.
        names, sizes, modified_ns: of its images, sizes in bytes.
        faults: of images that are none, by name: why.
    """

    path: Path
    parts: tuple[str, ...]
    names: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    modified_ns: list[int] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)


@dataclass
class Listing:
    """What lies below a folder.

    Attributes:
        folder: the source itself, absolute.
        folders: those that hold images.
        others: the files that are no images.
        barren: the folders in which no file lies, and none below.
        bare: those in which files lie, directly or below, but no image.
        metadata: files called `metadata.csv` and such, and `_classes.csv`.
        texts: how many files of an ending that annotations have lie in a folder.
        table: the name of a file that may be a table of the images, if there is one.
    """

    folder: Path
    folders: list[FolderOfImages] = field(default_factory=list)
    others: PassedOver = field(default_factory=PassedOver)
    barren: list[tuple[str, ...]] = field(default_factory=list)
    bare: list[tuple[str, ...]] = field(default_factory=list)
    metadata: list[Path] = field(default_factory=list)
    texts: Counter[tuple[tuple[str, ...], str]] = field(default_factory=Counter)
    table: str | None = None

    @property
    def count(self) -> int:
        """How many images there are."""
        return sum(len(folder.names) for folder in self.folders)


def list_folder(folder: Path) -> Listing:
    """List what lies below `folder`; linked folders are followed, each real one once per branch.

    Images are known by their ending, and where that says nothing, by their first bytes.

    Raises:
        StorageError: if a folder cannot be read.
    """
    listing = Listing(folder)
    seen: dict[tuple[str, ...], bool] = {}  # by folder: whether a file lies directly in it
    for found, has_files in _walk(folder, listing):
        seen[found.parts] = has_files
        if found.names:
            listing.folders.append(found)
    listing.barren, listing.bare = _without_images(listing, seen)
    return listing


def _walk(folder: Path, listing: Listing) -> Iterator[tuple[FolderOfImages, bool]]:
    pending: list[tuple[Path, tuple[str, ...], frozenset[tuple[int, int]]]] = [
        (folder, (), frozenset())
    ]
    while pending:
        here, parts, above = pending.pop()
        found, others = FolderOfImages(here, parts), 0
        with storage_errors(here):
            status = here.stat()
            if (status.st_dev, status.st_ino) in above:  # a link back to a folder it lies in
                continue
            inside = above | {(status.st_dev, status.st_ino)}
            with os.scandir(here) as entries:
                for entry in entries:
                    if is_junk(entry.name):
                        listing.others.add(JUNK)
                    elif _is_folder(entry):
                        pending.append((here / entry.name, (*parts, entry.name), inside))
                    elif is_image(entry.name):
                        _add(found, entry)
                    else:
                        others += 1
                        _inspect(found, entry, listing)
        yield found, bool(found.names or others)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a symbolic link that points to itself
        return False


def _add(found: FolderOfImages, entry: os.DirEntry[str]) -> None:
    try:
        status = entry.stat()
        size, modified_ns = status.st_size, status.st_mtime_ns
    except OSError:  # a dangling link: a row all the same, whose bytes turn out to be missing
        size = modified_ns = 0
        found.faults[entry.name] = MISSING
    found.names.append(entry.name)
    found.sizes.append(size)
    found.modified_ns.append(modified_ns)
    if size < _SMALL and modified_ns:
        format = format_of(_read_start(entry) if size else b"", entry.name)
        if format is not None and not format.is_readable and format.ending != ".txt":
            found.faults[entry.name] = str(format)


def _inspect(found: FolderOfImages, entry: os.DirEntry[str], listing: Listing) -> None:
    """Tell what a file is whose ending is none of an image's."""
    ending = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122 - a name, not a Path
    if listing.others.is_meant(entry.name, False, entry, _read_start):
        _add(found, entry)
    elif entry.name.lower() in _METADATA:
        listing.metadata.append(found.path / entry.name)
    elif ending in _TABLES and listing.table is None:
        listing.table = entry.name
    elif ending in _ANNOTATIONS:
        listing.texts[found.parts, ending] += 1


_METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet", "_classes.csv")
_TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")
_ANNOTATIONS = frozenset({".txt", ".xml", ".json"})


def _read_start(entry: os.DirEntry[str]) -> bytes:
    try:
        if not entry.is_file():  # opening a pipe could wait for ever
            return b""
        with open(entry.path, "rb", buffering=0) as file:  # noqa: PTH123 - a name, not a Path
            return file.read(START_BYTES)
    except OSError:
        return b""


def _without_images(
    listing: Listing, seen: dict[tuple[str, ...], bool]
) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Return the topmost folders without a file, and those with files but without an image."""
    with_images = {()} | _and_above(folder.parts for folder in listing.folders)
    with_files = _and_above(parts for parts, has_files in seen.items() if has_files)
    barren: list[tuple[str, ...]] = []
    bare: list[tuple[str, ...]] = []
    for parts in sorted(seen):
        if parts in with_images or parts[:-1] not in with_images:
            continue
        (bare if parts in with_files else barren).append(parts)
    return barren, bare


def _and_above(folders: Iterable[tuple[str, ...]]) -> set[tuple[str, ...]]:
    return {parts[:depth] for parts in folders for depth in range(len(parts) + 1)}
