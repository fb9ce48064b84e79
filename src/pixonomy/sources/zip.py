"""A zip of folders of pictures goes in; manifest rows come out, nothing is unpacked.

Folders inside mean what they mean on disk: split and category.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pixonomy.errors import DataError
from pixonomy.files import printable
from pixonomy.locate import DEFLATE
from pixonomy.sources.damage import Damage, Indexed
from pixonomy.sources.member import Member, in_batches, open_archive, uri_of
from pixonomy.sources.names import Layout, LayoutFinder, is_hidden, is_picture, split_member
from pixonomy.sources.zip_directory import (
    DEFLATED,
    STORED,
    Directory,
    Misplaced,
    ZipEntry,
    find_data,
    find_directory,
    is_cut,
    walk_directory,
)

_ENCODINGS = {STORED: None, DEFLATED: DEFLATE}
_METHODS = {9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "zstd", 95: "xz"}


def index_zip(archive: Path, base: Path) -> Iterator[Indexed]:
    """List the pictures of a zip as byte ranges in it, in batches of at most 50,000 rows.

    Rows have image_id, group_id, uri (relative to `base`), offset and length in bytes (as they
    lie in the zip), member, encoding (null, or `DEFLATE`), label, label_source, split and problem.
    Members that are encrypted, compressed otherwise or not where the directory says are problems.

    Raises:
        DataError: if it is no zip, or its directory is cut off.
        StorageError: if it cannot be read.
    """
    with open_archive(archive) as file:
        directory = find_directory(file)
        if directory is None:
            raise DataError(_explain(file, archive))
        layout = _find_layout(file, directory)
        yield from in_batches(_find_members(file, directory, layout), uri_of(archive, base))


def _explain(file: BinaryIO, archive: Path) -> str:
    if is_cut(file):
        return (
            f"{printable(archive)} is cut or damaged: the directory that ends every zip is "
            "missing. Copy or download it again."
        )
    return f"{printable(archive)} is no zip."


def _find_layout(file: BinaryIO, directory: Directory) -> Layout:
    finder = LayoutFinder()
    for entry in _find_pictures(file, directory):
        if isinstance(entry, ZipEntry):
            finder.add(split_member(entry.name)[:-1])
    return finder.find(is_archive=True)


def _find_pictures(file: BinaryIO, directory: Directory) -> Iterator[ZipEntry | Damage]:
    for entry in walk_directory(file, directory):
        if isinstance(entry, Damage) or _is_meant(entry.name):
            yield entry


def _is_meant(name: str) -> bool:
    return is_picture(name) and not is_hidden(split_member(name))


def _find_members(
    file: BinaryIO, directory: Directory, layout: Layout
) -> Iterator[Member | Damage]:
    for entry in _find_pictures(file, directory):
        if isinstance(entry, Damage):
            yield entry
            continue
        label, split = layout.read(split_member(entry.name)[:-1])
        offset, problem = _locate(file, directory, entry)
        yield Member(
            entry.name,
            entry.place,
            offset,
            None if problem else entry.size,
            None if problem else _ENCODINGS[entry.method],
            label,
            split=split,
            problem=problem,
        )


def _locate(file: BinaryIO, directory: Directory, entry: ZipEntry) -> tuple[int | None, str | None]:
    """Return where the bytes begin, or what is wrong."""
    if entry.is_encrypted:
        return None, "the zip's member is encrypted"
    if entry.method not in _ENCODINGS:
        method = _METHODS.get(entry.method, f"method {entry.method}")
        return None, f"the zip's member is compressed with {method}, not stored or deflated"
    try:
        return find_data(file, directory, entry), None
    except Misplaced as fault:
        return None, str(fault)
