"""Columns of a person's table go in; those of a manifest come out: uri, label, split, group."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import polars as pl

from pixonomy.errors import DataError, SettingError
from pixonomy.files import printable, storage_errors
from pixonomy.locate import path_to_uri, relative_to
from pixonomy.manifest import COLUMNS
from pixonomy.remote import is_remote
from pixonomy.sources.names import SPLIT_NAMES

Role = Literal["path", "label", "split", "group"]
Schema = Mapping[str, pl.DataType]

USUAL_NAMES: Mapping[Role, tuple[str, ...]] = {
    "path": ("path", "image", "image_path", "file", "filename", "file_name"),
    "label": ("label", "category", "class"),
    "split": ("split",),
    "group": ("group", "group_id"),
}

_ODD_PATH = r"(^|/)\.?(/|$)"  # an empty folder, or one called ".": pathlib leaves them out
_FROM_HERE = r"^\./([^/:][^:]*)$"


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


@contextmanager
def open_table(table: Path) -> Iterator[BinaryIO]:
    """Open a table; inside the block, what Polars cannot read is told in one sentence.

    Raises:
        DataError: if it is damaged.
        StorageError: if it is not there or cannot be read.
    """
    # Opened here, because Polars takes no names that are not UTF-8.
    with storage_errors(table), table.open("rb") as file:
        try:
            yield file
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            reason = str(error).splitlines()[0].rstrip(".")
            raise DataError(f"{printable(table)} cannot be read as a table: {reason}.") from error


def find_column(schema: Schema, role: Role, columns: TableColumns, table: Path) -> str | None:
    """Return the column that plays a role: the one that was named, or one with a usual name.

    Raises:
        SettingError: if there is none of the name, or it holds something else than plain values.
    """
    name: str | None = getattr(columns, role)
    if name is not None and name not in schema:
        raise SettingError(f"{printable(table)} has no column {name!r}; it has {_list(schema)}.")
    name = name if name is not None else usual_column(schema, role)
    if name is not None and not is_plain(schema[name]):
        raise SettingError(
            f"{printable(table)} holds {schema[name]} in column {name!r}, not plain text."
        )
    return name


def usual_column(schema: Schema, role: Role) -> str | None:
    """Return the column with the first of the usual names, in any case of letters."""
    by_name = {name.lower(): name for name in reversed(list(schema))}
    return next((by_name[name] for name in USUAL_NAMES[role] if name in by_name), None)


def require_path(schema: Schema, columns: TableColumns, table: Path) -> str:
    """Return the column with the pictures' paths.

    Raises:
        SettingError: if there is none.
    """
    name = find_column(schema, "path", columns, table)
    if name is None:
        raise SettingError(
            f"{printable(table)} has no column with picture paths (looked for "
            f"{', '.join(USUAL_NAMES['path'])}; it has {_list(schema)}). "
            "Name it with `pixonomy index --path-column`, then use the manifest."
        )
    return name


def is_plain(dtype: pl.DataType) -> bool:
    """Tell text, numbers, dates and such from lists, structs and bytes."""
    return not dtype.is_nested() and dtype not in (pl.Binary, pl.Object)


def other_columns(schema: Schema, used: set[str | None]) -> list[str]:
    """Return the plain columns beyond those `used`; our own names are not taken over."""
    taken = COLUMNS.keys() | used
    return [name for name, dtype in schema.items() if name not in taken and is_plain(dtype)]


def read_text(rows: pl.DataFrame, column: str | None) -> pl.Series:
    """Return a column as text without blanks around it; null where it says nothing."""
    if column is None:
        return pl.Series([None] * rows.height, dtype=pl.String)
    text = rows[column].cast(pl.String).str.strip_chars()
    return text.set(text == "", None)


def read_splits(rows: pl.DataFrame, column: str | None, table: Path) -> pl.Series:
    """Return the splits a column names.

    Raises:
        SettingError: for an unknown one.
    """
    text = read_text(rows, column).str.to_lowercase()
    unknown = sorted(set(text.drop_nulls().unique()) - SPLIT_NAMES.keys())
    if unknown:
        raise SettingError(
            f"{printable(table)} has the unknown split {unknown[0]!r} in column {column!r}; "
            f"known are {', '.join(SPLIT_NAMES)}."
        )
    return text.replace_strict(SPLIT_NAMES, default=None, return_dtype=pl.String)


def to_uris(paths: pl.Series, root: Path, base: Path) -> pl.Series:
    """Return the `uri` of each path, as text; null for an empty one.

    Args:
        root: the folder that relative paths hang from; absolute.
        base: the folder that the `uri`s hang from where they can; absolute.
    """
    path = pl.col("path")
    rows = pl.DataFrame({"path": paths.set(paths == "", None).str.replace(_FROM_HERE, "$1")})
    if not (_is_utf8(root) and _is_utf8(base)):
        return rows.select(_map(rows["path"], root, base)).to_series()
    # Most paths are ordinary; only the others are worth asking pathlib, one by one.
    full = pl.when(path.str.starts_with("/")).then(path).otherwise(_with_slash(root) + path)
    is_odd = path.str.strip_prefix("/").str.contains(_ODD_PATH) | full.str.contains(":")
    rows = rows.with_columns(full=full, odd=is_odd | (full == str(base)))
    odd = _map(rows.filter("odd")["path"], root, base)
    uri = pl.when("odd").then(odd).otherwise(pl.col("full").str.strip_prefix(_with_slash(base)))
    return rows.select(uri).to_series()


def _map(paths: pl.Series, root: Path, base: Path) -> pl.Expr:
    known = {path: _to_uri(path, root, base) for path in paths.drop_nulls().unique()}
    return pl.col("path").replace(known)


def _to_uri(path: str, root: Path, base: Path) -> str:
    return path if is_remote(path) else path_to_uri(relative_to(root / path, base))


def _with_slash(folder: Path) -> pl.Expr:
    return pl.lit(f"{str(folder).rstrip('/')}/")


def _is_utf8(path: Path) -> bool:
    return printable(path) == str(path)


def _list(schema: Schema) -> str:
    return ", ".join(schema)
