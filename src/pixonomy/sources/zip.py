"""Lists the images in a zip of folders as manifest rows; nothing is unpacked.

Folders inside mean what they mean on disk: split and category.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from pixonomy.dataset.location import DEFLATE, with_checksum
from pixonomy.errors import DataError
from pixonomy.images.pixels import MAX_BYTES
from pixonomy.sources.damage import Damage, Indexed
from pixonomy.sources.folders import Remembered, read_folders
from pixonomy.sources.layout import Layout, LayoutFinder
from pixonomy.sources.member import Member, explain_loose, in_batches, open_archive, uri_of
from pixonomy.sources.packed import explain_packed
from pixonomy.sources.passed_over import LOOKED_AT, PassedOver
from pixonomy.sources.tar_members import is_tar
from pixonomy.sources.zip_directory import (
    DEFLATED,
    STORED,
    Directory,
    Misplaced,
    ZipEntry,
    find_data,
    find_directory,
    is_last_part,
    is_truncated,
    scan_directory,
)
from pixonomy.sources.zip_overlaps import OrderCheck, find_overlaps, is_among
from pixonomy.storage.files import printable

_NO_NAMES = ("", ".", "..")
_ENCODINGS = {STORED: None, DEFLATED: DEFLATE}
_METHODS = {9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "zstd", 95: "xz"}


def index_zip(
    archive: Path, base: Path, split: str | None = None, category: str | None = None
) -> Iterator[Indexed]:
    """List the images of a zip as byte ranges in it, in batches of at most 50,000 rows.

    Rows have image_id, group_id, uri (relative to `base`), offset and length in bytes (as they
    lie in the zip), member, encoding (stored or `DEFLATE`, with the checksum), label,
    label_source, split and problem. Members that are encrypted, compressed otherwise, too large,
    not where the directory says or in one another are problems.

    Args:
        split: of the images whose folders in the zip name none.
        category: of the images, where all lie directly in the zip.

    Raises:
        DataError: if it is no zip, its directory is cut off, it is one part of several, or its
            images lie in splits without categories.
        StorageError: if it cannot be read.
    """
    with open_archive(archive) as file:
        directory = find_directory(file)
        if directory is None or is_last_part(file):
            raise DataError(_explain(file, archive))
        order = OrderCheck()
        layout = _find_layout(file, directory, order)
        if layout.loose is not None:
            raise DataError(explain_loose(archive, layout.loose))
        overlaps = np.zeros(0, np.int64)
        if not order.is_ordered:
            overlaps = find_overlaps(scan_directory(file, directory))
        others = PassedOver(remarks=list(layout.remarks))
        opened = _Zip(file, directory, layout, overlaps, split, category)
        found = _find_members(opened, others, archive.name)
        yield from in_batches(found, uri_of(archive, base), others)


@dataclass(frozen=True)
class _Zip:
    """A zip and what its rows are told from; see `index_zip` and `find_overlaps`."""

    file: BinaryIO
    directory: Directory
    layout: Layout
    overlaps: npt.NDArray[np.int64]
    split: str | None
    category: str | None


def _explain(file: BinaryIO, archive: Path) -> str:
    name, stem = printable(archive), printable(archive.stem)
    if is_last_part(file):
        return (
            f"{name} is the last part of a zip that was cut into several ({stem}.z01 …): join "
            f"them (`zip -s 0 {stem}.zip --out whole.zip`) and name the whole."
        )
    if is_truncated(file):
        return (
            f"{name} is cut or damaged: the directory that ends every zip is "
            "missing. Copy or download it again."
        )
    file.seek(0)
    packed = explain_packed(archive, file.read(8))
    if packed is not None:
        return packed
    if is_tar(file):
        return f"{name} is a tar, not a zip: let its name end in .tar."
    return f"{name} is no zip."


def _find_layout(file: BinaryIO, directory: Directory, order: OrderCheck) -> Layout:
    finder = LayoutFinder()
    entries = order.watch(scan_directory(file, directory))
    for found in _find_images(file, directory, entries, PassedOver()):
        if not isinstance(found, Damage):
            finder.add(found[1])
    return finder.find()


def _find_images(
    file: BinaryIO,
    directory: Directory,
    entries: Iterator[ZipEntry | Damage],
    others: PassedOver,
) -> Iterator[tuple[ZipEntry, tuple[str, ...]] | Damage]:
    """Yield images, and the folders that they lie in."""
    read_start = partial(_read_start, file, directory)
    known = Remembered(read_folders)
    for entry in entries:
        if isinstance(entry, Damage):
            yield entry
            continue
        path, _, name = entry.name.rpartition("/")
        folders, is_inside = known.get(path)
        if name not in _NO_NAMES and others.is_meant(name, is_inside, entry, read_start):
            yield entry, folders


def _read_start(file: BinaryIO, directory: Directory, entry: ZipEntry) -> bytes:
    """Return the first bytes of a member, unpacked; none where they cannot be had."""
    if entry.is_encrypted or entry.is_link or entry.method not in _ENCODINGS:
        return b""
    try:
        file.seek(find_data(file, directory, entry))
    except Misplaced:
        return b""
    start = file.read(min(entry.size, LOOKED_AT))
    if entry.method == STORED:
        return start
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(start, LOOKED_AT)
    except zlib.error:
        return b""


def _find_members(one: _Zip, others: PassedOver, archive: str) -> Iterator[Member | Damage]:
    count, example = 0, ""
    places = Remembered(one.layout.read)
    entries = scan_directory(one.file, one.directory)
    for found in _find_images(one.file, one.directory, entries, others):
        if isinstance(found, Damage):
            yield found
            continue
        entry, folders = found
        place = places.get(folders)
        if place.passed_over is not None:
            others.add(place.passed_over)
            continue
        if entry.is_guessed:
            count, example = count + 1, example or entry.name
        offset, problem = _locate(one, entry)
        encoding = with_checksum(_ENCODINGS.get(entry.method), entry.crc)
        yield Member(
            entry.name,
            entry.place,
            offset,
            None if problem else entry.size,
            None if problem else encoding,
            place.label or (one.category if one.layout.is_flat else None),
            split=place.split or one.split,
            problem=problem,
        )
    if count:
        others.remarks.append(_explain_names(archive, count, example))


def _explain_names(archive: str, count: int, example: str) -> str:
    name = printable(archive)
    return (
        f"The names of {count} pictures in {name} are in no known encoding; they were read as the "
        f"zip format has it (cp437), such as {example!r}. Are categories misspelt by that, unpack "
        f"it with the right one (`python -m zipfile --metadata-encoding cp932 -e {name} FOLDER`) "
        "and name the folder."
    )


def _locate(one: _Zip, entry: ZipEntry) -> tuple[int | None, str | None]:
    """Return where the bytes begin, or what is wrong."""
    fault = _find_fault(one, entry)
    if fault is not None:
        return None, fault
    try:
        return find_data(one.file, one.directory, entry), None
    except Misplaced as misplaced:
        return None, str(misplaced)


def _find_fault(one: _Zip, entry: ZipEntry) -> str | None:
    fault = None
    if entry.is_encrypted:
        fault = "the zip's member is encrypted"
    elif entry.is_link:
        fault = "the zip's member is a link to another file"
    elif entry.method not in _ENCODINGS:
        method = _METHODS.get(entry.method, f"method {entry.method}")
        fault = f"the zip's member is compressed with {method}, not stored or deflated"
    elif entry.size > MAX_BYTES or entry.unpacked > MAX_BYTES:
        fault = f"larger than {MAX_BYTES // 1024**2} MiB"
    elif len(one.overlaps) and is_among(entry.header, one.overlaps):
        fault = "the zip's member overlaps others, as in a zip bomb"
    return fault
