"""Finds and reads the images that a person names: files, folders, globs and manifests."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import polars as pl

from pixonomy.dataset.location import LOCATED, Location, locate
from pixonomy.dataset.manifest import read_about
from pixonomy.dataset.read import Fetched, read_all
from pixonomy.errors import DataError, UndecodableImage
from pixonomy.progress import no_report
from pixonomy.sources.globs import expand_glob, is_glob
from pixonomy.sources.listing import Listing, list_folder
from pixonomy.storage.address import Address
from pixonomy.storage.files import printable, storage_errors
from pixonomy.storage.tables import scan_parquet

_CHUNK = 16  # rows of a manifest whose bytes are held at once
_NAMED = 5  # kinds of files that are named where they are passed over


@dataclass(frozen=True)
class NamedImage:
    """An image and its name.

    Attributes:
        path: of its file; of an image inside a file, the id that its manifest gives it.
        data: its bytes, or why there are none.
    """

    path: str
    data: Fetched


def find_images(
    named: Sequence[Path], report: Callable[[str], None] = no_report
) -> Iterator[NamedImage]:
    """Read images one after the other, in the order in which they are named.

    All that is named is looked up before the first is read. Those of a folder come sorted: first
    what lies in it, then folder by folder; what is passed over there is reported. Those of a
    manifest come in the order of its rows.

    Raises:
        SettingError: if nothing matches a glob.
        DataError: if there is no image in a folder.
        StorageError: if a folder or a manifest cannot be read.
    """
    paths = [path for one in named for path in (expand_glob(one) if is_glob(one) else [one])]
    readers = [_open(path, report) for path in paths]
    return chain.from_iterable(read() for read in readers)


def _open(path: Path, report: Callable[[str], None]) -> Callable[[], Iterator[NamedImage]]:
    with storage_errors(path):
        is_folder = path.is_dir()
    if is_folder:
        listing = list_folder(path)
        _report_folder(listing, report)
        return partial(_read_folder, listing)
    about = read_about(path) if path.suffix.lower() == ".parquet" else None
    if about is not None:
        return partial(_read_manifest, path, Path(about["base"]))
    return partial(_read_files, [path])


def _report_folder(listing: Listing, report: Callable[[str], None]) -> None:
    """Say what was passed over in a folder; refuse one without an image."""
    counts, folder = listing.others.counts, printable(listing.folder)
    others = [f"{reason} {count}" for reason, count in counts.most_common(_NAMED)]
    named = ", ".join([*others, "…"] if len(counts) > _NAMED else others)
    if not listing.count:
        what = f"It holds other files: {named}." if named else "It holds no files."
        raise DataError(
            f"No image found in {folder}: expected files such as .jpg or .png in it. {what}"
        )
    report(f"{folder}: {listing.count:,} images" + (f"; passed over: {named}." if named else "."))


def _read_folder(listing: Listing) -> Iterator[NamedImage]:
    for folder in sorted(listing.folders, key=lambda one: one.parts):
        yield from _read_files([folder.path / name for name in sorted(folder.names)])


def _read_files(paths: Sequence[Path]) -> Iterator[NamedImage]:
    for path in paths:
        ((_, fetched),) = read_all([Location(printable(path), Address(path))])
        yield NamedImage(printable(path), fetched)


def _read_manifest(path: Path, base: Path) -> Iterator[NamedImage]:
    with scan_parquet(path) as rows:
        needed = rows.select(LOCATED, "problem")
        for batch in needed.collect_batches(chunk_size=_CHUNK, maintain_order=True):
            for start in range(0, batch.height, _CHUNK):  # what is told there is only a wish
                yield from _read_rows(batch[start : start + _CHUNK], base)


def _read_rows(rows: pl.DataFrame, base: Path) -> Iterator[NamedImage]:
    locations, problems = locate(rows, base), rows["problem"].to_list()
    wanted = [place for place, problem in enumerate(problems) if problem is None]
    read = read_all([locations[place] for place in wanted])
    found = {wanted[place]: fetched for place, fetched in read}
    for place, location in enumerate(locations):
        name = str(location.file) if location.is_whole_file else location.image_id
        data = found[place] if place in found else UndecodableImage(str(problems[place]))
        yield NamedImage(printable(name), data)
