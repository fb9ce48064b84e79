"""Lists the images that a table names or holds as manifest rows: CSV, TSV, JSON lines, Parquet."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pixonomy.dataset.seen import MISSING
from pixonomy.errors import DataError, SettingError
from pixonomy.sources.columns import (
    TableColumns,
    describe_rivals,
    find_column,
    is_plain,
    other_columns,
    require_path,
    to_uris,
    usual_columns,
)
from pixonomy.sources.damage import Indexed, join_indexed
from pixonomy.sources.image_column import find_image_column, index_image_column
from pixonomy.sources.onehot import read_one_hot
from pixonomy.sources.paths import ADDRESS, FoundFiles, find_files
from pixonomy.sources.split_column import Splits, find_splits_in
from pixonomy.sources.table_cells import check_labels, check_paths
from pixonomy.sources.table_rows import (
    OTHER_TABLES,
    TABLE_ENDINGS,
    TableRows,
    is_table,
    read_rows,
    refuse_lines,
    refuse_other_table,
)
from pixonomy.sources.values import read_values, to_paths
from pixonomy.storage.files import printable

__all__ = [
    "OTHER_TABLES",
    "TABLE_ENDINGS",
    "TableColumns",
    "index_table",
    "is_table",
    "refuse_other_table",
]

_ALSO_CATEGORIES = ("cat", "tag", "target", "y")  # each may have a column of 0 and 1
_OWN_GROUPS = ("group", "group_id")


@dataclass(frozen=True)
class _Role:
    """What plays a role: text, the columns that it was read from, and sentences about it."""

    values: pl.Series
    columns: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def index_table(
    table: Path, columns: TableColumns, base: Path, split: str | None = None
) -> Indexed:
    """List the images a table names, or holds, their `uri`s relative to `base`.

    Rows have image_id, group_id, uri, offset, length, label, label_source, split, problem,
    modified_ns, indexed_ns (see `find_files`) and the other plain columns as text; lists and bytes
    are left out. A Parquet table with a column of images goes to `index_image_column`; as one
    shard of many, it may be empty.

    Args:
        split: of the rows of which the table names none.

    Raises:
        SettingError: for a missing column, an unknown split, or addresses instead of files.
        DataError: if a table of paths is empty or cannot be read, if none of its files exists, or
            if a cell holds several labels or images.
    """
    if table.suffix.lower() == ".parquet" and find_image_column(table, columns) is not None:
        batches = list(index_image_column(table, columns, base, split))
        return join_indexed(batches, pl.concat(batch.rows for batch in batches))
    return _index_paths(table, columns, base, split)


def _index_paths(table: Path, columns: TableColumns, base: Path, split: str | None) -> Indexed:
    read = read_rows(table, columns)
    if read.rows.is_empty():
        raise DataError(f"No pictures found: {printable(table)} has no rows.")
    root = (columns.root if columns.root is not None else table.parent).absolute()
    path, found = _find_files(read, columns, table, root)
    group = _read_group(read, columns, table)
    splits = _find_splits(read, columns, table)
    label = _read_labels(read, columns, table, {path, *group.columns, *splits.names})
    files = found.files
    indexed = files.drop("path").with_columns(
        to_uris(files["path"], root, base).alias("uri"),
        label.values.alias("label"),
        splits.read(read.rows).fill_null(pl.lit(split, pl.String)).alias("split"),
        group.values.alias("group_id"),
        pl.lit("table").alias("label_source"),
        pl.lit(0, pl.Int64).alias("offset"),
    )
    others = other_columns(read.types, {path, *group.columns, *splits.names, *label.columns})
    extra = read.rows.select(pl.col(others).cast(pl.String)).get_columns()
    rows = indexed.with_columns(
        _unique_ids(indexed["uri"]), pl.col("group_id").fill_null(pl.col("uri")), *extra
    )
    messages = (*read.remarks, *found.remarks, *splits.remarks, *label.remarks, *group.remarks)
    remarks = (*messages, *_describe_contradictions(rows, read))
    return Indexed(rows, missing=found.missing, remarks=remarks)


def _nothing(read: TableRows) -> pl.Series:
    return pl.Series([None], dtype=pl.String).new_from_index(0, read.rows.height)


def _find_files(
    read: TableRows, columns: TableColumns, table: Path, root: Path
) -> tuple[str, FoundFiles]:
    """Return the column of paths and its files: of several, the first that names one.

    Raises:
        SettingError: if there is no such column, or it holds addresses.
        DataError: if no file is there.
    """
    first = require_path(read.types, columns, table)
    usual = [] if columns.path is not None else usual_columns(read.types, "path")
    others = [name for name in usual if name != first and is_plain(read.types[name])]
    tried: list[tuple[str, FoundFiles]] = []
    for name in (first, *others):
        paths = to_paths(read.rows[name])
        refuse_lines(paths, name, read)
        found = find_files(paths, root, name, columns.root is not None)
        if found.missing:
            lost = paths.set(found.files["problem"].ne_missing(MISSING), None)
            check_paths(lost, name, read.name, read.place_of)
        if found.usable:
            return name, found
        tried.append((name, found))
    return _refuse_all(read, *tried[0], root)


def _refuse_all(
    read: TableRows, column: str, found: FoundFiles, root: Path
) -> tuple[str, FoundFiles]:
    """Say why no row is of use; rows without any path are kept."""
    named = found.files.filter(pl.col("path").is_not_null())
    if named.is_empty():
        return column, found
    path, problem = named.select("path", "problem").row(0)
    if problem == ADDRESS:
        raise SettingError(
            f"{read.name}: column {column!r} holds web addresses ({path[:100]!r}), not files. "
            "Fetch them first: `pixonomy collect` with [provider.table]."
        )
    where = printable(str(root / path))[:300] if "\0" not in path else "nowhere"
    if problem != MISSING:
        raise DataError(
            f"None of the {named.height} files in column {column!r} of {read.name} can be taken: "
            f"{path[:200]!r} is {where}: {problem}."
        )
    raise DataError(
        f"None of the {named.height} files in column {column!r} of {read.name} exists: "
        f"{path[:200]!r} was looked for at {where}. Name the folder that the paths hang from by "
        "--root."
    )


def _find_splits(read: TableRows, columns: TableColumns, table: Path) -> Splits:
    named = find_column(read.types, "split", columns, table)
    if named is None:
        return Splits()
    usual = usual_columns(read.types, "split") if columns.split is None else [named]
    plain = [name for name in usual if is_plain(read.types[name])]
    return find_splits_in({name: read.rows[name].unique() for name in plain}, columns.split, table)


def _read_labels(
    read: TableRows, columns: TableColumns, table: Path, used: set[str | None]
) -> _Role:
    label = find_column(read.types, "label", columns, table)
    is_category = columns.label is None and label is not None and label.lower() in _ALSO_CATEGORIES
    if label is None or is_category:
        others = other_columns(read.types, used)
        one_hot = read_one_hot(read.rows, others, read.name, read.place_of)
        if one_hot is not None:
            return _Role(one_hot.labels, one_hot.columns, (one_hot.remark,))
    if label is None:
        has = ", ".join(map(repr, [*read.types][:30]))
        remark = f"{read.name} has no column of categories (it has {has})"
        return _Role(_nothing(read), (), (f"{remark}; `--label-column` names one.",))
    values = read_values(read.rows[label], label, read.is_written)
    refuse_lines(values.text, label, read)
    checked = check_labels(values.text, label, read.name, read.place_of)
    rivals = describe_rivals(read.types, "label", label, table) if columns.label is None else ()
    return _Role(checked.labels, (label,), (*rivals, *values.remarks, *checked.remarks))


def _read_group(read: TableRows, columns: TableColumns, table: Path) -> _Role:
    group = find_column(read.types, "group", columns, table)
    if group is None:
        return _Role(_nothing(read))
    values = read_values(read.rows[group], group, read.is_written)
    is_guessed = columns.group is None and group.lower() not in _OWN_GROUPS
    remark = (
        f"{read.name}: column {group!r} is taken as the group: pictures that share one stay in "
        "one split."
    )
    return _Role(values.text, (group,), (*values.remarks, *([remark] if is_guessed else [])))


def _describe_contradictions(rows: pl.DataFrame, read: TableRows) -> tuple[str, ...]:
    repeated = rows.filter(pl.col("image_id") != pl.col("uri"))["uri"].unique()
    if repeated.is_empty():
        return ()
    labels = (
        rows.filter(pl.col("uri").is_in(repeated.implode()))
        .group_by("uri", maintain_order=True)
        .agg(pl.col("label").drop_nulls().unique(maintain_order=True))
    )
    several = labels.filter(pl.col("label").list.len() > 1)
    if several.is_empty():
        return ()
    uri, named = several.row(0)
    return (
        f"{read.name}: {several.height} pictures have rows with different labels, such as {uri!r} "
        f"({', '.join(named[:3])}); correct the table, or see `pixonomy audit`.",
    )


def _unique_ids(uris: pl.Series) -> pl.Series:
    """Number repeated paths, so that ids stay unique and the first keeps the plain name."""
    plain = uris.fill_null("no file").alias("image_id")
    if plain.n_unique() == plain.len():
        return plain
    repeated = plain.is_duplicated()
    taken = set(plain)  # a file may itself be called "a.jpg#2"
    last: dict[str, int] = {}
    ids = []
    for name in plain.filter(repeated):
        number, image_id = last.get(name, 0) + 1, name
        while number > 1 and (image_id := f"{name}#{number}") in taken:
            number += 1
        last[name] = number
        ids.append(image_id)
    return plain.scatter(repeated.arg_true(), ids)
