"""What a person names as sources goes in; what reads each of them comes out."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
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
from pixonomy.sources.image_column import find_image_column, index_image_column
from pixonomy.sources.shards import find_shards
from pixonomy.sources.table import TABLE_ENDINGS, TableColumns, index_table
from pixonomy.sources.tar import index_tar
from pixonomy.sources.zip import index_zip

_ARCHIVES: dict[str, Callable[[Path, Path], Iterator[Indexed]]] = {
    ".tar": index_tar,
    ".zip": index_zip,
}
_KINDS = (
    f"folders of pictures, tables ({', '.join(sorted(TABLE_ENDINGS))}), .bson, .tar and .zip "
    "files, and s3://bucket/key.bson"
)
_MEGA = 10**6


@dataclass(frozen=True)
class Batch:
    """Rows of a source.

    Attributes:
        end: how far the source has been read; reading may go on from there.
        progress: how much of how much (0: nobody knows), in the source's unit.
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
    files = _distinct(part for one in named for part in _expand(_to_file(one)))
    paths = [file for file in files if isinstance(file, Path)]
    roots = [_root(path, columns).absolute() for path in paths]
    base = Path(os.path.commonpath(roots)) if roots else Path("/")
    tables = [path for path in paths if _is_read_at_once(path, columns)]
    large = [file for file in files if file not in tables]
    streams = [_stream(file, base, columns) for file in large]
    others = [_uri(file, base) for file in large]
    at_once = [_at_once(tables, columns, base, others)] if tables else []
    return FoundSources(base, (*at_once, *streams))


def _to_file(named: Path | str) -> Path | str:
    if isinstance(named, str) and is_remote(named):
        return named
    path = Path(named)
    if path.parts[:1] == ("s3:",) and not path.exists():
        address = "s3://" + "/".join(path.parts[1:])
        raise SettingError(f"There is no source at {path}; an address is written {address}.")
    return existing_path(path, "source")


def _distinct(files: Iterable[Path | str]) -> list[Path | str]:
    """Leave out what was named before, be it by another name."""
    by_place: dict[str, Path | str] = {}
    for file in files:
        by_place.setdefault(file if isinstance(file, str) else os.path.realpath(file), file)
    return list(by_place.values())


def _expand(file: Path | str) -> list[Path | str]:
    """Return the shards of a folder of shards, else what was named itself."""
    shards = find_shards(file) if isinstance(file, Path) and file.is_dir() else []
    return [*shards] or [file]


def _is_read_at_once(path: Path, columns: TableColumns) -> bool:
    if path.is_dir():
        return True
    return path.suffix.lower() in TABLE_ENDINGS and not _holds_pictures(path, columns)


def _holds_pictures(path: Path, columns: TableColumns) -> bool:
    """Tell a table of pictures from one that names files, and from a manifest."""
    if path.suffix.lower() != ".parquet" or read_about(path) is not None:
        return False
    return find_image_column(path, columns) is not None


def _uri(file: Path | str, base: Path) -> str:
    return file if isinstance(file, str) else path_to_uri(relative_to(file.absolute(), base))


def _stream(file: Path | str, base: Path, columns: TableColumns) -> Source:
    """Return a source whose rows come batch by batch."""
    name = str(file) if isinstance(file, str) else printable(file.absolute())
    uri = _uri(file, base)
    ending = Path(name).suffix.lower()
    if ending == ".bson":
        identity = identify(file)

        def read_bson(start: int, salvage: bool) -> Iterator[Batch]:
            for one in index_bson(file, uri, start, salvage):
                progress = one.end // _MEGA, one.size // _MEGA
                yield Batch(one.rows, one.end, progress, one.damage)

        return Source(name, identity, read_bson, "MB")
    if isinstance(file, Path) and ending in _ARCHIVES:
        index_archive = _ARCHIVES[ending]
        return _in_batches(file, lambda: index_archive(file, base))
    if isinstance(file, Path) and ending in TABLE_ENDINGS:
        return _in_batches(file, lambda: index_image_column(file, columns, base))
    raise SettingError(f"{name} is no known kind of source; known are {_KINDS}.")


def _in_batches(file: Path, index_all: Callable[[], Iterator[Indexed]]) -> Source:
    """Return a source of which a walk takes up behind the batches that were written."""
    status = file.stat()

    def read(start: int, _salvage: bool) -> Iterator[Batch]:
        rows = 0
        for number, one in enumerate(index_all(), 1):
            rows += one.rows.height
            if number > start:
                yield Batch(one.rows, number, (rows, 0), one.damage)

    return Source(printable(file.absolute()), [status.st_size, status.st_mtime_ns], read)


def _at_once(
    paths: Sequence[Path], columns: TableColumns, base: Path, others: Collection[str]
) -> Source:
    """Return folders, tables and manifests as one source: a picture in two of them is one row.

    Raises:
        SettingError: if a manifest lists what lies in one of the `others`, given by `uri`.
    """
    rows = pl.concat([_index_one(path, columns, base) for path in paths], how="diagonal_relaxed")
    for uri in others:
        if uri in rows["uri"]:
            raise SettingError(f"{uri} is a source, and a manifest lists it too; name one of them.")
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
