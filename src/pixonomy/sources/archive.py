"""Reads an archive as what its bytes say it is, whatever its name; or says how to unpack it."""

from collections.abc import Iterator
from pathlib import Path

from pixonomy.errors import DataError
from pixonomy.sources.damage import Indexed
from pixonomy.sources.member import open_archive
from pixonomy.sources.packed import explain_packed, is_packed
from pixonomy.sources.tar import index_tar
from pixonomy.sources.tar_members import is_tar
from pixonomy.sources.zip import index_zip
from pixonomy.sources.zip_directory import find_directory

ARCHIVE_ENDINGS = frozenset({".tar", ".zip"})
"""What names of archives end in that are read in place."""


def is_archive(path: Path) -> bool:
    """Tell by its name whether a file is an archive, packed ones and parts of them included."""
    return path.suffix.lower() in ARCHIVE_ENDINGS or is_packed(path)


def index_archive(
    archive: Path, base: Path, split: str | None = None, category: str | None = None
) -> Iterator[Indexed]:
    """Do what `index_tar` or `index_zip` does: the bytes of the archive tell, not its name.

    Raises:
        DataError: if it is neither; one that is packed, or a part of one, is told how to unpack.
        StorageError: if it cannot be read.
    """
    with open_archive(archive) as file:
        is_a_tar = is_tar(file)
        file.seek(0)
        packed = None if is_a_tar else explain_packed(archive, file.read(8))
        is_a_zip = not is_a_tar and packed is None and find_directory(file) is not None
    if packed is not None:
        raise DataError(packed)
    is_a_zip = is_a_zip or (not is_a_tar and archive.suffix.lower() == ".zip")
    read = index_zip if is_a_zip else index_tar
    yield from read(archive, base, split, category)
