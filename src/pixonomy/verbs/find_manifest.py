"""Finds the manifest of the images that a person names, or indexes them on the fly.

`predict` and `evaluate --on` take a folder, a table, an archive or a glob as well as a manifest.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pixonomy.dataset.manifest import read_about
from pixonomy.progress import Context
from pixonomy.sources.archive import is_archive
from pixonomy.sources.columns import TableColumns, key_of, usual_column
from pixonomy.sources.globs import expand_glob, fixed_part, is_glob
from pixonomy.sources.image_column import find_image_column
from pixonomy.sources.names import is_image, label_of
from pixonomy.sources.splits import split_word
from pixonomy.sources.table_rows import is_table
from pixonomy.storage.files import printable, storage_errors
from pixonomy.storage.tables import scan_parquet, write_parquet
from pixonomy.verbs.index import IndexChoices, index

_PATH, _LABEL = "path", "label"
_UNNAMED = "images"
_MAGIC = b"PAR1"  # what a Parquet file begins with


def find_manifest(named: Path, folder: Path, context: Context) -> Path:
    """Return the manifest that `named` is, or the one of its images, made or found in `folder`.

    A folder, a table and an archive are indexed as `index` does. Of the images that a glob matches
    the category is the folder that each lies in, where they lie in several. What is neither is
    returned as it is, to be refused as no manifest.

    Raises:
        SettingError: if nothing matches a glob.
        DataError: if there are no images.
    """
    sources, name = _find_sources(named)
    if not sources:
        return named
    manifest, choices = folder / f"{name}.parquet", IndexChoices()
    images = [path for path in sources if is_image(path.name) and path.is_file()]
    if images:
        listed = folder / ".listed" / manifest.name
        choices = IndexChoices(columns=_list_images(images, listed))
        if len(images) < len(sources):
            others = len(sources) - len(images)
            context.report(f"{printable(named)}: passed over what is no image: {others}.")
        sources = [listed]
    made = index(sources, manifest, choices, overwrite=True, context=context)
    context.report(f"{printable(named)}: {made.rows:,} images, indexed in {printable(manifest)}.")
    return manifest


def _find_sources(named: Path) -> tuple[list[Path], str]:
    """Return what to index, none for a manifest and for what is no source, and how to call it."""
    if is_glob(named):
        return expand_glob(named), fixed_part(named).absolute().name or _UNNAMED
    with storage_errors(named):
        is_source = named.is_dir() or (named.is_file() and _is_source(named))
        return [named] if is_source else [], named.resolve().stem or _UNNAMED


def _is_source(file: Path) -> bool:
    """Tell a table of images and an archive from a manifest and from any other file."""
    if file.suffix.lower() != ".parquet":
        return is_archive(file) or file.suffix.lower() == ".bson" or is_table(file)
    with file.open("rb") as opened:
        is_parquet = opened.read(len(_MAGIC)) == _MAGIC
    if not is_parquet or read_about(file) is not None:
        return False
    with scan_parquet(file) as rows:
        column = usual_column(rows.collect_schema(), "path")
    # Ids are file names in some tables, but so many other tables have them, too.
    has_paths = column is not None and not key_of(column).endswith("id")
    return has_paths or find_image_column(file, TableColumns()) is not None


def _list_images(images: Sequence[Path], table: Path) -> TableColumns:
    """Write a table of images; return which of its columns say what."""
    files = [path.absolute() for path in images]
    root = Path(os.path.commonpath([path.parent for path in files]))
    folders = {path.parent.name for path in files}
    is_labelled = len(folders) > 1 and not all(map(split_word, folders))
    rows = {_PATH: [printable(path.relative_to(root)) for path in files]}
    if is_labelled:
        rows[_LABEL] = [label_of(path.parent.name) for path in files]
    write_parquet(table, pl.DataFrame(rows))
    return TableColumns(root=root, path=_PATH, label=_LABEL if is_labelled else None)
