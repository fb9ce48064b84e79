"""Manifests that are named as sources: their rows, their tree of categories, and nothing else."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import polars as pl

from pixonomy.dataset.location import path_to_uri, relative_to, uri_to_path
from pixonomy.dataset.manifest import About, Manifest, read_about, stored_taxonomy
from pixonomy.dataset.taxonomy import Category, Taxonomy
from pixonomy.errors import SettingError
from pixonomy.sources.table import TableColumns
from pixonomy.storage.address import Address, is_remote
from pixonomy.storage.files import printable

_LEFT_OUT = "Names, parents and goals are left out: give them with --categories FILE."


def check_columns(sources: Sequence[Address], columns: TableColumns) -> None:
    """Refuse columns that were named where manifests alone are read.

    Raises:
        SettingError: saying which option is in vain.
    """
    named = [name for name, value in asdict(columns).items() if value is not None]
    if named and all(_about(source) is not None for source in sources):
        option = "root" if named[0] == "root" else f"{named[0]}-column"
        raise SettingError(
            f"--{option} is for tables: {printable(str(sources[0]))} is a manifest, which has its "
            "own columns."
        )


def join_taxonomies(sources: Sequence[Address]) -> tuple[Taxonomy | None, tuple[str, ...]]:
    """Return the tree of all sources' categories, and what is to be said of it.

    There is none where a source brings no tree (its labels may mean something else), or where two
    sources say different things of one category.
    """
    found = [_taxonomy(source) for source in sources]
    trees = [one for one in found if one is not None]
    joined: dict[str, Category] = {}
    for one in (one for tree in trees for one in tree.categories.values()):
        if joined.setdefault(one.id, one) != one:
            return None, (f"The sources disagree about category {one.id!r}. {_LEFT_OUT}",)
    if len(trees) < len(found):
        some = (f"Only some of the sources name their categories. {_LEFT_OUT}",) if trees else ()
        return None, some
    return Taxonomy(joined), ()


def rows_below(manifest: Manifest, base: Path) -> pl.DataFrame:
    """Return a manifest's rows with relative `uri`s that hang from another folder."""
    if manifest.base == base:
        return manifest.rows
    uris = manifest.rows["uri"].unique().drop_nulls()
    moved = {
        uri: path_to_uri(relative_to(manifest.base / uri_to_path(uri), base))
        for uri in uris
        if not is_remote(uri)
    }
    return manifest.rows.with_columns(pl.col("uri").replace(moved))


def _taxonomy(source: Address) -> Taxonomy | None:
    about = _about(source)
    if about is None or source.path is None:
        return None
    return stored_taxonomy(about, source.path)


def _about(source: Address) -> About | None:
    """Return what is stored about a manifest's rows; None where the source is none."""
    if source.path is None or source.suffix != ".parquet" or not source.path.is_file():
        return None
    return read_about(source.path)
