"""Writes several manifests to one file; rows that do not change stream through."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from pixonomy.joining.merge_rows import DROPPED, Merged
from pixonomy.joining.open_manifests import OpenManifest
from pixonomy.joining.rename_ids import NEW, Renamed
from pixonomy.joining.shared_images import MANIFEST, ROW
from pixonomy.storage.tables import write_parquet

_CHANGED = " as it is now"


def write_joined(
    output: Path,
    manifests: Sequence[OpenManifest],
    merged: Merged,
    renamed: Mapping[str, Renamed],
    about: Mapping[str, str],
) -> None:
    """Write all rows, those of the first manifest first, whole or not at all.

    Args:
        renamed: by the column of ids.
        about: texts beside the rows.
    """
    parts = [
        _rename(_change(one.rows, number, merged), number, renamed)
        for number, one in enumerate(manifests)
    ]
    write_parquet(output, pl.concat(parts), about)


def count_united(
    manifests: Sequence[OpenManifest], merged: Merged, renamed: Mapping[str, Renamed], column: str
) -> int:
    """Return how many groups became part of another one, of those that still have rows."""
    total = 0
    for number, one in enumerate(manifests):
        united = renamed[column].united.filter(pl.col(MANIFEST) == number).select(column)
        if united.height:
            rows = _change(one.rows, number, merged).select(column).unique()
            total += rows.join(united.lazy(), on=column, how="semi").collect().height
    return total


def _change(rows: pl.LazyFrame, number: int, merged: Merged) -> pl.LazyFrame:
    """Leave out rows that are dropped, and put in what the merged ones are now."""
    changes = merged.changes.filter(pl.col(MANIFEST) == number).drop(MANIFEST)
    if not changes.height:
        return rows
    names = rows.collect_schema().names()
    changed = [name for name in changes.columns if name not in (ROW, DROPPED)]
    news = changes.rename({name: name + _CHANGED for name in changed}).lazy()
    joined = rows.with_row_index(ROW).join(news, on=ROW, how="left", maintain_order="left")
    is_merged = pl.col(DROPPED).is_not_null()
    return (
        joined.filter(~pl.col(DROPPED).fill_null(False))
        .with_columns(
            pl.when(is_merged).then(name + _CHANGED).otherwise(name).alias(name) for name in changed
        )
        .select(names)
    )


def _rename(rows: pl.LazyFrame, number: int, renamed: Mapping[str, Renamed]) -> pl.LazyFrame:
    names = rows.collect_schema().names()
    for column, found in renamed.items():
        new = pl.lit(found.prefixes[number]) + pl.col(column)
        united = found.united.filter(pl.col(MANIFEST) == number).drop(MANIFEST)
        if united.height:
            rows = rows.join(united.lazy(), on=column, how="left", maintain_order="left")
            new = pl.coalesce(column + NEW, new)
        if united.height or found.prefixes[number]:
            rows = rows.with_columns(new.alias(column)).select(names)
    return rows
