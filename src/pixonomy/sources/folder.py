"""A folder of pictures goes in; manifest rows come out, one per picture file.

Either one folder per category, or `train/`, `validation/` (`val/`), `test/` above the categories.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pixonomy.errors import DataError
from pixonomy.files import printable, storage_errors
from pixonomy.locate import path_to_uri, relative_to
from pixonomy.sources.names import Layout, LayoutFinder, is_picture


@dataclass(frozen=True)
class PictureFile:
    """A picture file found on disk; `parts` are the folders between the source and the file."""

    path: Path
    parts: tuple[str, ...]
    size: int
    modified_ns: int


def index_folder(folder: Path, base: Path) -> pl.DataFrame:
    """List the pictures below `folder`, their `uri`s relative to `base`.

    Returns:
        Columns image_id, group_id, uri, offset, length, label, label_source, split,
        modified_ns (of the file, for the fingerprint). Pictures beside the category folders have
        a null label.

    Raises:
        DataError: if there is not one picture file.
        StorageError: if a folder cannot be read.
    """
    files = sorted(_walk(folder.absolute()), key=lambda file: os.fsencode(file.path))
    if not files:
        raise DataError(
            f"No pictures found in {printable(folder)}: expected one folder per category with "
            "files such as .jpg or .png inside."
        )
    layout = _find_layout(files)
    return pl.DataFrame(
        [_to_row(file, layout, base) for file in files],
        schema={
            "uri": pl.String,
            "offset": pl.Int64,
            "length": pl.Int64,
            "label": pl.String,
            "label_source": pl.String,
            "split": pl.String,
            "modified_ns": pl.Int64,
        },
        orient="row",
    ).with_columns(pl.col("uri").alias("image_id"), pl.col("uri").alias("group_id"))


def _find_layout(files: list[PictureFile]) -> Layout:
    finder = LayoutFinder()
    for file in files:
        finder.add(file.parts)
    return finder.find()


def _to_row(file: PictureFile, layout: Layout, base: Path) -> tuple[object, ...]:
    label, split = layout.read(file.parts)
    uri = path_to_uri(relative_to(file.path, base))
    return uri, 0, file.size, label, "folder", split, file.modified_ns


def _walk(folder: Path) -> Iterator[PictureFile]:
    """Yield picture files; linked folders are followed, each real folder once per branch."""
    pending: list[tuple[Path, tuple[str, ...], frozenset[tuple[int, int]]]] = [
        (folder, (), frozenset())
    ]
    while pending:
        here, parts, above = pending.pop()
        with storage_errors(here):
            status = here.stat()
            if (status.st_dev, status.st_ino) in above:  # a link back to a folder it lies in
                continue
            inside = above | {(status.st_dev, status.st_ino)}
            with os.scandir(here) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if _is_folder(entry):
                        pending.append((Path(entry.path), (*parts, entry.name), inside))
                    elif is_picture(entry.name):
                        yield _found(entry, parts)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a symbolic link that points to itself
        return False


def _found(entry: os.DirEntry[str], parts: tuple[str, ...]) -> PictureFile:
    try:
        status = entry.stat()
    except OSError:  # a dangling link: a row all the same, whose bytes turn out to be missing
        return PictureFile(Path(entry.path), parts, 0, 0)
    return PictureFile(Path(entry.path), parts, status.st_size, status.st_mtime_ns)
