"""Sources go in; a manifest comes out."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from pixonomy.artefact import Fingerprint, is_finished
from pixonomy.errors import SettingError
from pixonomy.files import existing_path, hash_file, hash_json, printable, storage_errors
from pixonomy.locate import path_to_uri, relative_to, uri_to_path
from pixonomy.manifest import (
    Manifest,
    conform,
    read_about,
    read_manifest,
    write_manifest,
)
from pixonomy.progress import Surroundings
from pixonomy.sources.folder import index_folder
from pixonomy.sources.table import TABLE_ENDINGS, TableColumns, index_table

_DEFAULT = Surroundings()


def index(
    sources: Sequence[Path],
    output: Path,
    columns: TableColumns | None = None,
    overwrite: bool = False,
    surroundings: Surroundings = _DEFAULT,
) -> dict[str, Any]:
    """Write a manifest of every picture in the sources: folders, tables or manifests.

    Returns:
        {manifest, rows, groups, categories, problems, splits, damage}.

    Raises:
        SettingError: if a source is not there or not of a known kind.
        DataError: if a source holds no pictures.
    """
    columns = columns or TableColumns()
    paths = [existing_path(Path(source), "source") for source in sources]
    if not paths:
        raise SettingError("Name at least one source: a folder of pictures or a table.")
    base = Path(os.path.commonpath([_root(path, columns).absolute() for path in paths]))
    rows = pl.concat([_index_one(path, columns, base) for path in paths], how="diagonal_relaxed")
    rows = rows.unique("image_id", keep="first", maintain_order=True)
    fingerprint = _fingerprint(rows, paths, columns)
    manifest = Manifest(conform(rows.drop("modified_ns", strict=False)), base, fingerprint)
    _tell_unlabelled(manifest, surroundings)
    if not is_finished(printable(output), found_fingerprint(output), fingerprint, overwrite):
        write_manifest(output, manifest)
    return {"manifest": printable(output), **manifest.summary()}


def _index_one(path: Path, columns: TableColumns, base: Path) -> pl.DataFrame:
    if path.is_dir():
        return index_folder(path, base)
    if read_about(path) is not None:
        return _from_manifest(read_manifest(path), base)
    if path.suffix.lower() in TABLE_ENDINGS:
        return index_table(path, columns, base)
    raise SettingError(
        f"{printable(path)} is no known kind of source; known are folders of pictures and tables "
        f"({', '.join(sorted(TABLE_ENDINGS))})."
    )


def _from_manifest(manifest: Manifest, base: Path) -> pl.DataFrame:
    if manifest.base == base:
        return manifest.rows
    uris = [
        path_to_uri(relative_to(manifest.base / uri_to_path(uri), base)) if uri else None
        for uri in manifest.rows["uri"]
    ]
    return manifest.rows.with_columns(pl.Series("uri", uris, dtype=pl.String))


def _root(path: Path, columns: TableColumns) -> Path:
    if path.is_dir():
        return path
    about = read_about(path)
    if about is not None:
        return Path(about["base"])
    if columns.root is None:
        return path.parent
    return existing_path(columns.root, "root folder")


def _fingerprint(
    rows: pl.DataFrame, paths: Sequence[Path], columns: TableColumns
) -> Mapping[str, Any]:
    seen = [name for name in ("uri", "label", "split", "length", "modified_ns") if name in rows]
    tables = [hash_file(path) for path in paths if path.is_file()]
    asked = {name: value for name, value in asdict(columns).items() if value is not None}
    return {
        "stage": "index",
        "sources": [printable(path.absolute()) for path in paths],
        "columns": {name: printable(str(value)) for name, value in asked.items()},
        "pictures": rows.height,
        "content": hash_json([rows.select(seen).rows(), tables]),
    }


def _tell_unlabelled(manifest: Manifest, surroundings: Surroundings) -> None:
    usable = manifest.usable
    unlabelled = usable["label"].null_count()
    if unlabelled == usable.height and usable.height:
        surroundings.say("No picture has a category: expected one folder per category.")
    elif unlabelled:
        surroundings.say(f"{unlabelled} pictures have no category and will not be trained on.")


def found_fingerprint(output: Path) -> Fingerprint | None:
    """Return the fingerprint of the manifest at `output`; None where nothing is.

    Raises:
        SettingError: if something else is there, whose place a manifest must not take.
    """
    about = read_about(output)
    if about is not None:
        return dict(about["fingerprint"])
    with storage_errors(output):
        if output.exists():
            raise SettingError(
                f"{printable(output)} exists and is no manifest; choose another name."
            )
    return None
