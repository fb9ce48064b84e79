"""What a person names as sources goes in; what reads each of them comes out."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from pixonomy.errors import SettingError
from pixonomy.files import existing_path, hash_file, hash_json, printable
from pixonomy.locate import path_to_uri, relative_to, uri_to_path
from pixonomy.manifest import Manifest, read_about, read_manifest
from pixonomy.remote import is_remote
from pixonomy.sources.bson.index import identify, index_bson
from pixonomy.sources.damage import Damage, Indexed
from pixonomy.sources.folder import index_folder
from pixonomy.sources.table import TABLE_ENDINGS, TableColumns, index_table

_ARCHIVES: dict[str, Callable[[Path, Path], Iterator[Indexed]]] = {}
_KINDS = "folders of pictures, tables (.csv, .tsv, .parquet), .bson, .tar and .zip files"
_MEGA = 10**6


@dataclass(frozen=True)
class Batch:
    """Rows of a source.

    Attributes:
        end: how far the source has been read; reading may go on from there.
        progress: how much of how much, in the source's unit.
    """

    rows: pl.DataFrame
    end: int
    progress: tuple[int, int]
    damage: Damage | None = None


@dataclass(frozen=True)
class Source:
    """Something that holds pictures.

    Attributes:
        name: what a person calls it, in full.
        identity: plain JSON that changes when its content does.
        read: called with where to begin (0, or the `end` of a batch) and whether to go on behind
            damage.
        unit: of the progress.
        pictures: how many it holds; None where only reading it would tell.
    """

    name: str
    identity: object
    read: Callable[[int, bool], Iterator[Batch]]
    unit: str = "pictures"
    pictures: int | None = None

    @property
    def short_name(self) -> str:
        """The last part of the name."""
        return self.name.rstrip("/").rpartition("/")[2]


@dataclass(frozen=True)
class FoundSources:
    """All sources of one manifest and the folder that their relative `uri`s hang from."""

    base: Path
    sources: tuple[Source, ...]


def find_sources(named: Sequence[Path | str], columns: TableColumns) -> FoundSources:
    """Tell what each source is.

    Raises:
        SettingError: if one is not there or of no known kind.
        DataError: if a folder or table holds no pictures.
    """
    if not named:
        raise SettingError(f"Name at least one source: {_KINDS}.")
    files = list(dict.fromkeys(_to_file(one) for one in named))
    paths = [existing_path(one, "source") for one in files if isinstance(one, Path)]
    roots = [_root(path, columns).absolute() for path in paths]
    base = Path(os.path.commonpath(roots)) if roots else Path("/")
    tables = [path for path in paths if _is_read_at_once(path)]
    large = [file for file in files if file not in tables]
    at_once = [_at_once(tables, columns, base)] if tables else []
    return FoundSources(base, (*at_once, *(_stream(file, base) for file in large)))


def _to_file(named: Path | str) -> Path | str:
    return named if isinstance(named, str) and is_remote(named) else Path(named)


def _is_read_at_once(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() in TABLE_ENDINGS


def _stream(file: Path | str, base: Path) -> Source:
    """Return a source whose rows come batch by batch."""
    name = str(file) if isinstance(file, str) else printable(file.absolute())
    uri = str(file) if isinstance(file, str) else path_to_uri(relative_to(file.absolute(), base))
    ending = Path(name).suffix.lower()
    if ending == ".bson":
        identity = identify(file)

        def read_bson(start: int, salvage: bool) -> Iterator[Batch]:
            for one in index_bson(file, uri, start, salvage):
                progress = one.end // _MEGA, one.size // _MEGA
                yield Batch(one.rows, one.end, progress, one.damage)

        return Source(name, identity, read_bson, "MB")
    if isinstance(file, Path) and ending in _ARCHIVES:
        status = file.stat()
        index_archive = _ARCHIVES[ending]

        def read_archive(start: int, _salvage: bool) -> Iterator[Batch]:
            batches = enumerate(index_archive(file, base), 1)
            for number, one in islice(batches, start, None):
                yield Batch(one.rows, number, (number, number + 1), one.damage)

        return Source(name, [status.st_size, status.st_mtime_ns], read_archive)
    raise SettingError(f"{name} is no known kind of source; known are {_KINDS}.")


def _at_once(paths: Sequence[Path], columns: TableColumns, base: Path) -> Source:
    """Return folders, tables and manifests as one source: a picture in two of them is one row."""
    rows = pl.concat([_index_one(path, columns, base) for path in paths], how="diagonal_relaxed")
    rows = rows.unique("image_id", keep="first", maintain_order=True)
    seen = [name for name in ("uri", "label", "split", "length", "modified_ns") if name in rows]
    hashes = [hash_file(path) for path in paths if path.is_file()]
    names = ", ".join(printable(path.absolute()) for path in paths)
    batch = Batch(rows.drop("modified_ns", strict=False), rows.height, (rows.height, rows.height))
    identity = hash_json([rows.select(seen).rows(), hashes])

    def read(start: int, _salvage: bool) -> Iterator[Batch]:
        return iter([] if start else [batch])

    return Source(names, identity, read, pictures=rows.height)


def _index_one(path: Path, columns: TableColumns, base: Path) -> pl.DataFrame:
    if path.is_dir():
        return index_folder(path, base)
    if read_about(path) is not None:
        return _from_manifest(read_manifest(path), base)
    return index_table(path, columns, base)


def _from_manifest(manifest: Manifest, base: Path) -> pl.DataFrame:
    if manifest.base == base:
        return manifest.rows
    uris = manifest.rows["uri"].unique().drop_nulls()
    moved = {
        uri: path_to_uri(relative_to(manifest.base / uri_to_path(uri), base))
        for uri in uris
        if not is_remote(uri)
    }
    return manifest.rows.with_columns(pl.col("uri").replace(moved))


def _root(path: Path, columns: TableColumns) -> Path:
    if path.is_dir():
        return path
    about = read_about(path) if path.suffix.lower() == ".parquet" else None
    if about is not None:
        return Path(about["base"])
    if columns.root is None or path.suffix.lower() not in TABLE_ENDINGS:
        return path.parent
    return existing_path(columns.root, "root folder")
