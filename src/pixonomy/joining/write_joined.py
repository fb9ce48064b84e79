"""Writes several manifests to one file; rows that do not change stream through."""

from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path

import polars as pl

from pixonomy.joining.merge_rows import OF_LABEL, Merged
from pixonomy.joining.open_manifests import OpenManifest
from pixonomy.joining.rename_ids import NEW, Renamed
from pixonomy.joining.shared_images import MANIFEST, ROW
from pixonomy.storage.tables import write_parquet

_CHANGED = " as it is now"
_DROPPED, _RELABELLED = "is dropped", "is relabelled"


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
            rows = _change(one.rows, number, merged).select(column)
            left = rows.join(united.lazy(), on=column, how="semi").unique()
            total += left.collect(engine="streaming").height
    return total


def _change(rows: pl.LazyFrame, number: int, merged: Merged) -> pl.LazyFrame:
    """Leave out rows that are dropped, and put in what merged ones are now."""
    changes = _gather_changes(number, merged)
    if not changes.height:
        return rows
    names = rows.collect_schema().names()
    flags = [name for name in (_DROPPED, _RELABELLED) if name in changes.columns]
    changed = [name for name in names if name in changes.columns]
    news = changes.rename({name: name + _CHANGED for name in changed}).lazy()
    rows = rows.with_row_index(ROW).join(news, on=ROW, how="left", maintain_order="left")
    if _DROPPED in flags:
        rows = rows.filter(pl.col(_DROPPED).is_null())
    return rows.with_columns(_changed(name) for name in changed).select(names)


def _gather_changes(number: int, merged: Merged) -> pl.DataFrame:
    """Return ROW, flags and new values of the rows of a manifest that do not stay as they are."""
    tables = [merged.dropped.with_columns(pl.lit(True).alias(_DROPPED))]
    for one in merged.changes:
        is_label = OF_LABEL[0] in one.columns
        tables.append(one.with_columns(pl.lit(True).alias(_RELABELLED)) if is_label else one)
    own = [one.filter(pl.col(MANIFEST) == number).drop(MANIFEST) for one in tables]
    some = [one for one in own if one.height]
    if not some:
        return pl.DataFrame(schema={ROW: pl.UInt32})
    return reduce(lambda one, other: one.join(other, on=ROW, how="full", coalesce=True), some)


def _changed(name: str) -> pl.Expr:
    if name in OF_LABEL:
        return pl.when(_RELABELLED).then(name + _CHANGED).otherwise(name).alias(name)
    return pl.coalesce(name + _CHANGED, name).alias(name)


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
