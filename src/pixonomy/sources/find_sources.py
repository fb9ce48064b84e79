"""Finds out what each path is that a person names as a source, and what reads it."""

import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from pixonomy.dataset.location import path_to_uri, relative_to
from pixonomy.dataset.manifest import read_about, read_manifest
from pixonomy.dataset.seen import Seen, note
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.errors import SettingError
from pixonomy.sources.archive import index_archive, is_archive
from pixonomy.sources.bson.index_bson import identify, index_bson
from pixonomy.sources.conflicts import remark_conflicts
from pixonomy.sources.damage import Indexed, join_indexed
from pixonomy.sources.folder import index_folder
from pixonomy.sources.image_column import find_image_column, index_image_column
from pixonomy.sources.manifests import check_columns, join_taxonomies, rows_below
from pixonomy.sources.names import label_of
from pixonomy.sources.shards import find_shards
from pixonomy.sources.splits import categories_of_files, splits_of_files
from pixonomy.sources.table import TableColumns, index_table
from pixonomy.sources.table_rows import TABLE_ENDINGS, is_table, refuse_other_table
from pixonomy.storage.address import Address
from pixonomy.storage.files import existing_path, hash_file, hash_json, printable
from pixonomy.storage.tables import hash_rows

_KINDS = (
    f"folders of pictures, tables ({', '.join(sorted(TABLE_ENDINGS))}), .bson, .tar and .zip "
    "files, and s3://bucket/key.bson"
)
_MEGA = 10**6


@dataclass(frozen=True)
class Batch:
    """Rows of a source, and what else is told of it.

    Attributes:
        end: how far the source has been read; reading may go on from there.
        progress: how much of how much (0: nobody knows), in the source's unit.
    """

    indexed: Indexed
    end: int
    progress: tuple[int, int]


@dataclass(frozen=True)
class _Names:
    """What the name of a source says of the images in it.

    Attributes:
        split: of those whose own folders or columns name none.
        category: of those that lie in no folder.
    """

    split: str | None = None
    category: str | None = None


@dataclass(frozen=True)
class Source:
    """Something that holds images.

    Attributes:
        name: what a person calls it, in full.
        identity: plain JSON that changes when its content does.
        read: called with where to begin (0, or the `end` of a batch) and whether to go on behind
            damage.
        unit: of the progress.
        images: how many it holds; None where only reading it would tell.
    """

    name: str
    identity: object
    read: Callable[[int, bool], Iterator[Batch]]
    unit: str = "pictures"
    images: int | None = None

    @property
    def short_name(self) -> str:
        """The last part of the name."""
        return self.name.rstrip("/").rpartition("/")[2]


@dataclass(frozen=True)
class FoundSources:
    """All sources of one manifest.

    Attributes:
        base: the folder that their relative `uri`s hang from.
        passed_over: what lies beside the shards of a folder, by kind.
        taxonomy: the tree of their labels, where all are manifests that have one.
        remarks: what is to be said of that tree.
    """

    base: Path
    sources: tuple[Source, ...]
    passed_over: Mapping[str, int] = field(default_factory=dict)
    taxonomy: Taxonomy | None = None
    remarks: tuple[str, ...] = ()


def find_sources(named: Sequence[Path | str], columns: TableColumns) -> FoundSources:
    """Tell what each source is.

    Raises:
        SettingError: if one is not there or of no known kind.
        DataError: if a folder or table holds no images.
    """
    if not named:
        raise SettingError(f"Name at least one source: {_KINDS}.")
    passed_over: Counter[str] = Counter()
    files = _distinct(part for one in named for part in _expand(_to_file(one), passed_over))
    check_columns(files, columns)
    paths = [file.path for file in files if file.path is not None]
    roots = [_root(path, columns).absolute() for path in paths]
    base = Path(os.path.commonpath(roots)) if roots else Path("/")
    tables = [path for path in paths if _is_read_at_once(path, columns)]
    large = [file for file in files if file.path not in tables]
    names = _read_names(paths, base)
    streams = [_stream(file, base, columns, names.get(file.path, _Names())) for file in large]
    others = [_uri(file, base) for file in large]
    at_once = [_at_once(tables, columns, base, names, others)] if tables else []
    return FoundSources(base, (*at_once, *streams), passed_over, *join_taxonomies(files))


def _read_names(paths: Sequence[Path], base: Path) -> dict[Path | None, _Names]:
    """Return what the names of sources say of the images in them."""
    files = [path for path in paths if not path.is_dir()]
    # A folder, or a catalogue, called "train" is a split only beside others.
    is_set = len(paths) > 1
    alike = paths if is_set else [path for path in files if path.suffix.lower() != ".bson"]
    absolute = {path: path.absolute() for path in alike}
    splits = splits_of_files([*absolute.values()], base)
    categories = categories_of_files([path for path in paths if _may_be_category(path)])
    return {
        path: _Names(
            splits.get(absolute[path]) if path in absolute else None,
            label_of(categories[path]) if path in categories else None,
        )
        for path in paths
    }


def _may_be_category(path: Path) -> bool:
    return path.is_dir() or is_archive(path)


def _to_file(named: Path | str) -> Address:
    address = Address.parse(named)
    path = address.path
    if path is None:
        return address
    if path.parts[:1] == ("s3:",) and not path.exists():
        meant = "s3://" + "/".join(path.parts[1:])
        raise SettingError(f"There is no source at {path}; an address is written {meant}.")
    existing_path(path, "source")
    return address


def _distinct(files: Iterable[Address]) -> list[Address]:
    """Leave out what was named before, be it by another name."""
    by_place: dict[str, Address] = {}
    for file in files:
        by_place.setdefault(file.url if file.path is None else os.path.realpath(file.path), file)
    return list(by_place.values())


def _expand(file: Address, passed_over: Counter[str]) -> list[Address]:
    """Return the shards of a folder of shards, else what was named itself; count what is beside."""
    if file.path is None or not file.path.is_dir():
        return [file]
    shards = find_shards(file.path)
    passed_over.update(shards.passed_over)
    return [Address(path) for path in shards.paths] or [file]


def _is_read_at_once(path: Path, columns: TableColumns) -> bool:
    if path.is_dir():
        return True
    return is_table(path) and not _holds_images(path, columns)


def _holds_images(path: Path, columns: TableColumns) -> bool:
    """Tell a table of images from one that names files, and from a manifest."""
    if path.suffix.lower() != ".parquet" or read_about(path) is not None:
        return False
    return find_image_column(path, columns) is not None


def _uri(file: Address, base: Path) -> str:
    if file.path is None:
        return file.url
    return path_to_uri(relative_to(file.path.absolute(), base))


def _stream(file: Address, base: Path, columns: TableColumns, names: _Names) -> Source:
    """Return a source whose rows come batch by batch."""
    path = file.path
    name = file.url if path is None else printable(path.absolute())
    uri = _uri(file, base)
    ending = file.suffix
    if ending == ".bson":
        identity = identify(file)
        version = identity[-1]  # an ETag, or when the file was written
        seen = Seen(version) if isinstance(version, int) else Seen(etag=str(version))

        def read_bson(start: int, resync: bool) -> Iterator[Batch]:
            for one in index_bson(file, uri, start, resync):
                progress = one.end // _MEGA, one.size // _MEGA
                rows = note(one.rows, uri, seen)
                if names.split is not None:
                    rows = rows.with_columns(split=pl.lit(names.split))
                yield Batch(Indexed(rows, one.damage), one.end, progress)

        return Source(name, identity, read_bson, "MB")
    if path is not None and is_archive(path):
        given = names.split, names.category
        return _in_batches(path, uri, lambda: index_archive(path, base, *given))
    if path is not None and ending == ".parquet":
        return _in_batches(path, uri, lambda: index_image_column(path, columns, base, names.split))
    refuse_other_table(Path(name))
    raise SettingError(f"{name} is no known kind of source; known are {_KINDS}.")


def _in_batches(file: Path, uri: str, index_all: Callable[[], Iterator[Indexed]]) -> Source:
    """Return a source of which a walk takes up behind the batches that were written."""
    status = file.stat()
    seen = Seen(status.st_mtime_ns, indexed_ns=time.time_ns())

    def read(start: int, _resync: bool) -> Iterator[Batch]:
        rows = 0
        for number, one in enumerate(index_all(), 1):
            rows += one.rows.height
            if number > start:
                yield Batch(replace(one, rows=note(one.rows, uri, seen)), number, (rows, 0))

    return Source(printable(file.absolute()), [status.st_size, status.st_mtime_ns], read)


def _at_once(
    paths: Sequence[Path],
    columns: TableColumns,
    base: Path,
    names: Mapping[Path | None, _Names],
    others: Collection[str],
) -> Source:
    """Return folders, tables and manifests as one source: an image in two of them is one row.

    Raises:
        SettingError: if a manifest lists what lies in one of the `others`, given by `uri`.
    """
    found = [_index_one(path, columns, base, names[path]) for path in paths]
    rows = pl.concat([one.rows for one in found], how="diagonal_relaxed")
    for uri in others:
        if uri in rows["uri"]:
            raise SettingError(f"{uri} is a source, and a manifest lists it too; name one of them.")
    conflicts = Indexed(rows.head(0), remarks=tuple(remark_conflicts(rows)))
    if len(paths) > 1:
        rows = rows.unique("image_id", keep="first", maintain_order=True)
    batch = Batch(join_indexed([*found, conflicts], rows), rows.height, (rows.height, rows.height))

    def read(start: int, _resync: bool) -> Iterator[Batch]:
        return iter([] if start else [batch])

    named = ", ".join(printable(path.absolute()) for path in paths)
    return Source(named, _identify(paths, rows), read, images=rows.height)


def _identify(paths: Sequence[Path], rows: pl.DataFrame) -> str:
    seen = [name for name in ("uri", "label", "split", "length", "modified_ns") if name in rows]
    hashes = [hash_file(path) for path in paths if path.is_file()]
    return hash_json([hash_rows(rows.select(seen)), hashes])


def _index_one(path: Path, columns: TableColumns, base: Path, names: _Names) -> Indexed:
    if path.is_dir():
        return index_folder(path, base, names.split, names.category)
    if read_about(path) is not None:
        return Indexed(rows_below(read_manifest(path), base))
    return index_table(path, columns, base, names.split)


def _root(path: Path, columns: TableColumns) -> Path:
    if path.is_dir():
        return path
    about = read_about(path) if path.suffix.lower() == ".parquet" else None
    if about is not None:
        return Path(about["base"])
    if columns.root is None or not is_table(path):
        return path.parent
    return existing_path(columns.root, "root folder")
