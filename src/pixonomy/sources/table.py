"""A CSV or Parquet table of picture files goes in; manifest rows come out."""

from pathlib import Path

import polars as pl

from pixonomy.errors import DataError
from pixonomy.files import printable
from pixonomy.sources.columns import (
    TableColumns,
    find_column,
    is_plain,
    open_table,
    other_columns,
    read_splits,
    read_text,
    require_path,
    to_uris,
)
from pixonomy.sources.image_column import find_image_column, index_image_column

__all__ = ["TABLE_ENDINGS", "TableColumns", "index_table"]

TABLE_ENDINGS = frozenset({".csv", ".tsv", ".parquet"})


def index_table(table: Path, columns: TableColumns, base: Path) -> pl.DataFrame:
    """List the pictures a table names, or holds, their `uri`s relative to `base`.

    Columns beyond path, label, split and group are kept as text; lists and bytes are left out.
    A Parquet table with a column of pictures goes to `index_image_column`; as one shard of many,
    it may be empty.

    Raises:
        SettingError: for a missing column or an unknown split.
        DataError: if a table of paths is empty, or a table cannot be read.
    """
    if table.suffix.lower() == ".parquet" and find_image_column(table, columns) is not None:
        return pl.concat(batch.rows for batch in index_image_column(table, columns, base))
    schema, rows = _read(table)
    if rows.is_empty():
        raise DataError(f"No pictures found: {printable(table)} has no rows.")
    path = require_path(schema, columns, table)
    label = find_column(schema, "label", columns, table)
    split = find_column(schema, "split", columns, table)
    group = find_column(schema, "group", columns, table)
    root = (columns.root if columns.root is not None else table.parent).absolute()
    indexed = pl.DataFrame(
        {
            "uri": to_uris(rows[path].cast(pl.String), root, base),
            "label": read_text(rows, label),
            "split": read_splits(rows, split, table),
            "group_id": read_text(rows, group),
        }
    ).with_columns(
        pl.lit("table").alias("label_source"),
        pl.lit(0, pl.Int64).alias("offset"),
        pl.col("group_id").fill_null(pl.col("uri")),
        pl.when(pl.col("uri").is_null()).then(pl.lit("the table names no file")).alias("problem"),
    )
    others = other_columns(schema, {path, label, split, group})
    kept = rows.select(pl.col(others).cast(pl.String)).get_columns()
    return indexed.with_columns(_unique_ids(indexed["uri"]), *kept)


def _read(table: Path) -> tuple[pl.Schema, pl.DataFrame]:
    """Return the types of all columns, and the plain ones themselves."""
    with open_table(table) as file:
        if table.suffix.lower() == ".parquet":
            lazy = pl.scan_parquet(file)
            schema = lazy.collect_schema()
            plain = [name for name, dtype in schema.items() if is_plain(dtype)]
            return schema, lazy.select(plain).collect()
        # Everything as text: a category "007" is not the number 7.
        separator = "\t" if table.suffix.lower() == ".tsv" else ","
        try:
            rows = pl.read_csv(file, separator=separator, infer_schema=False, encoding="utf8-lossy")
        except pl.exceptions.NoDataError:
            rows = pl.DataFrame()
    return rows.schema, rows


def _unique_ids(uris: pl.Series) -> pl.Series:
    """Number repeated paths, so that ids stay unique and the first keeps the plain name."""
    plain = uris.fill_null("no file").alias("image_id")
    repeated = plain.is_duplicated()
    if not repeated.any():
        return plain
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
