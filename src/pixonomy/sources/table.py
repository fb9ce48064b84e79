"""A CSV or Parquet table of picture files goes in; manifest rows come out."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pixonomy.errors import DataError, SettingError
from pixonomy.files import printable, storage_errors
from pixonomy.locate import path_to_uri, relative_to
from pixonomy.manifest import COLUMNS
from pixonomy.sources.folder import SPLIT_NAMES

TABLE_ENDINGS = frozenset({".csv", ".tsv", ".parquet"})


@dataclass(frozen=True)
class TableColumns:
    """Where to look in a table; None finds the column by its usual names.

    Attributes:
        root: the folder that relative paths hang from; None: the table's own folder.
    """

    root: Path | None = None
    path: str | None = None
    label: str | None = None
    split: str | None = None
    group: str | None = None


_USUAL_NAMES = {
    "path": ("path", "image", "image_path", "file", "filename", "file_name"),
    "label": ("label", "category", "class"),
    "split": ("split",),
    "group": ("group", "group_id"),
}


def index_table(table: Path, columns: TableColumns, base: Path) -> pl.DataFrame:
    """List the pictures a table names, their `uri`s relative to `base`.

    Columns beyond path, label, split and group are kept as text; lists and bytes are left out.

    Raises:
        SettingError: for a missing column or an unknown split.
        DataError: if the table is empty or cannot be read.
    """
    rows = _read(table)
    if rows.is_empty():
        raise DataError(f"No pictures found: {printable(table)} has no rows.")
    found = {role: _find_column(rows, role, getattr(columns, role), table) for role in _USUAL_NAMES}
    root = (columns.root if columns.root is not None else table.parent).absolute()
    paths = _readable(rows, str(found["path"]), table).cast(pl.String)
    uris = [path_to_uri(relative_to(root / path, base)) if path else None for path in paths]
    used = COLUMNS.keys() | set(found.values())
    others = [name for name in rows.columns if name not in used and _is_plain(rows[name].dtype)]
    indexed = pl.DataFrame(
        {
            "uri": pl.Series(uris, dtype=pl.String),
            "label": _text(rows, found["label"], table),
            "split": _splits(rows, found["split"], table),
            "group_id": _text(rows, found["group"], table),
        }
    ).with_columns(
        pl.lit("table").alias("label_source"),
        pl.lit(0, pl.Int64).alias("offset"),
        pl.col("group_id").fill_null(pl.col("uri")),
        pl.when(pl.col("uri").is_null()).then(pl.lit("the table names no file")).alias("problem"),
    )
    kept = rows.select(pl.col(others).cast(pl.String)).get_columns()
    return indexed.with_columns(_unique_ids(indexed), *kept)


def _read(table: Path) -> pl.DataFrame:
    # Opened here, because Polars takes no names that are not UTF-8.
    with storage_errors(table), table.open("rb") as file:
        try:
            if table.suffix.lower() == ".parquet":
                return pl.read_parquet(file)
            # Everything as text: a category "007" is not the number 7.
            separator = "\t" if table.suffix.lower() == ".tsv" else ","
            return pl.read_csv(file, separator=separator, infer_schema=False, encoding="utf8-lossy")
        except pl.exceptions.NoDataError:
            return pl.DataFrame()
        except pl.exceptions.PolarsError as error:
            reason = str(error).splitlines()[0]
            raise DataError(f"{printable(table)} cannot be read as a table: {reason}.") from error


def _find_column(rows: pl.DataFrame, role: str, asked: str | None, table: Path) -> str | None:
    if asked is not None:
        if asked not in rows.columns:
            raise SettingError(
                f"{printable(table)} has no column {asked!r}; it has {', '.join(rows.columns)}."
            )
        return asked
    by_name = {name.lower(): name for name in reversed(rows.columns)}
    for name in _USUAL_NAMES[role]:
        if name in by_name:
            return by_name[name]
    if role == "path":
        raise SettingError(
            f"{printable(table)} has no column with picture paths (looked for "
            f"{', '.join(_USUAL_NAMES['path'])}; it has {', '.join(rows.columns)}). "
            "Name it with `pixonomy index --path-column`, then use the manifest."
        )
    return None


def _is_plain(dtype: pl.DataType) -> bool:
    return not dtype.is_nested() and dtype not in (pl.Binary, pl.Object)


def _readable(rows: pl.DataFrame, column: str, table: Path) -> pl.Series:
    if not _is_plain(rows[column].dtype):
        raise SettingError(
            f"{printable(table)} holds {rows[column].dtype} in column {column!r}, not plain text."
        )
    return rows[column]


def _text(rows: pl.DataFrame, column: str | None, table: Path) -> pl.Series:
    if column is None:
        return pl.Series([None] * rows.height, dtype=pl.String)
    text = _readable(rows, column, table).cast(pl.String).str.strip_chars()
    return text.set(text == "", None)


def _splits(rows: pl.DataFrame, column: str | None, table: Path) -> pl.Series:
    text = _text(rows, column, table).str.to_lowercase()
    unknown = sorted(set(text.drop_nulls()) - SPLIT_NAMES.keys())
    if unknown:
        raise SettingError(
            f"{printable(table)} has the unknown split {unknown[0]!r} in column {column!r}; "
            f"known are {', '.join(SPLIT_NAMES)}."
        )
    return text.replace_strict(SPLIT_NAMES, default=None, return_dtype=pl.String)


def _unique_ids(rows: pl.DataFrame) -> pl.Series:
    """Number repeated paths, so that ids stay unique and the first keeps the plain name."""
    plain = rows["uri"].fill_null("no file").to_list()
    taken = set(plain)  # a file may itself be called "a.jpg#2"
    last: dict[str, int] = {}
    ids = []
    for name in plain:
        number, image_id = last.get(name, 0) + 1, name
        while number > 1 and (image_id := f"{name}#{number}") in taken:
            number += 1
        last[name] = number
        ids.append(image_id)
    return pl.Series("image_id", ids, dtype=pl.String)
