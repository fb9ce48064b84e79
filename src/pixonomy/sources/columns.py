"""Finds the columns of a person's table that a manifest needs: path, label, split, group."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import polars as pl

from pixonomy.dataset.location import path_to_uri, relative_to
from pixonomy.dataset.manifest import COLUMNS
from pixonomy.errors import DataError, SettingError
from pixonomy.nearest_names import suggest
from pixonomy.sources.encoding import find_other
from pixonomy.sources.headers import clean
from pixonomy.storage.address import is_remote
from pixonomy.storage.files import printable, storage_errors
from pixonomy.storage.parquet import check_parquet
from pixonomy.storage.tables import parquet_errors

Role = Literal["path", "label", "split", "group"]
Schema = Mapping[str, pl.DataType]

USUAL_NAMES: Mapping[Role, tuple[str, ...]] = {
    "path": (
        "path", "image", "image_path", "file", "filename", "file_path", "img_path", "img",
        "image_file", "image_name", "img_file", "img_name", "fname", "full_path", "photo",
        "photo_path", "picture", "picture_path", "images", "paths", "files", "filenames",
        "filepaths", "image_paths", "image_id", "img_id", "photo_id", "id",
    ),
    "label": (
        "label", "category", "class", "labels", "class_name", "label_name", "category_name",
        "categories", "classes", "target", "species", "breed", "tag", "y", "class_label",
        "category_id", "class_id", "label_id", "tags",
    ),
    "split": (
        "split", "set", "subset", "partition", "data_split", "data_set", "dataset", "phase",
        "usage", "fold", "is_test", "is_valid", "is_validation", "is_val", "is_train",
    ),
    "group": (
        "group", "group_id", "product_id", "item_id", "object_id", "scene_id", "burst_id",
        "patient_id", "subject_id",
    ),
}  # fmt: skip
"""What people call the columns, the first of them first; case, blanks and `_` do not count."""

_ADDRESSES = frozenset({"url", "urls", "imageurl", "imgurl", "link", "href", "uri", "photourl"})
_START = 64  # bytes
_MOST_NAMED = 30  # columns, in a sentence
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
        StorageError: if it is not there, cannot be read, or is damaged Parquet.
    """
    # Opened here, because Polars takes no names that are not UTF-8.
    with storage_errors(table), table.open("rb") as file, parquet_errors(table):
        check_parquet(file)
        try:
            yield file
        except pl.exceptions.PolarsError as error:
            file.seek(0)
            if (what := find_other(file.read(_START))) is not None:
                raise DataError(f"{printable(table)} is {what}.") from error
            reason = str(error).splitlines()[0].rstrip(".")
            raise DataError(f"{printable(table)} cannot be read as a table: {reason}.") from error


def find_column(schema: Schema, role: Role, columns: TableColumns, table: Path) -> str | None:
    """Return the column that plays a role: the one that was named, or one with a usual name.

    Raises:
        SettingError: if there is none of the name, or it holds something else than plain values.
    """
    name: str | None = getattr(columns, role)
    if name is not None and name not in schema and clean(name) in schema:
        name = clean(name)
    if name is not None and name not in schema:
        raise SettingError(
            f"{printable(table)} has no column {name!r}; it has {_list(schema)}."
            f"{suggest(name, schema)}"
        )
    if name is None:
        usual = usual_columns(schema, role)
        name = next((one for one in usual if is_plain(schema[one])), usual[0] if usual else None)
    if name is not None and not is_plain(schema[name]):
        raise SettingError(
            f"{printable(table)} holds {schema[name]} in column {name!r}, not plain text."
        )
    return name


def usual_columns(schema: Schema, role: Role) -> list[str]:
    """Return the columns with usual names for a role, the most usual first.

    Case, blanks and signs make no difference: "File Name" is "filename".
    """
    by_key = {key_of(name): name for name in reversed(list(schema))}
    keys = dict.fromkeys(map(key_of, USUAL_NAMES[role]))
    found = [by_key[key] for key in keys if key in by_key]
    return [name for name in found if not (key_of(name) == "y" and "x" in by_key)]


def usual_column(schema: Schema, role: Role) -> str | None:
    """Return the column with the most usual name for a role."""
    return next(iter(usual_columns(schema, role)), None)


def key_of(name: str) -> str:
    """Return what of a column's name counts."""
    return re.sub(r"[\W_]+", "", name.casefold())


def describe_rivals(schema: Schema, role: Role, chosen: str | None, table: Path) -> tuple[str, ...]:
    """Say in a sentence which other columns could play a role, if any could."""
    others = [name for name in usual_columns(schema, role) if is_plain(schema[name])]
    if chosen is None or chosen not in others or len(others) < 2:
        return ()
    others.remove(chosen)
    return (
        f"{printable(table)}: column {chosen!r} is taken as the {role}, not {_quoted(others)}; "
        f"`pixonomy index --{role}-column` chooses another.",
    )


def require_path(schema: Schema, columns: TableColumns, table: Path) -> str:
    """Return the column with the images' paths.

    Raises:
        SettingError: if there is none.
    """
    name = find_column(schema, "path", columns, table)
    if name is not None:
        return name
    addresses = [name for name in schema if key_of(name) in _ADDRESSES]
    if addresses:
        raise SettingError(
            f"{printable(table)} names addresses (column {addresses[0]!r}) and no files (it has "
            f"{_list(schema)}). Fetch them first: `pixonomy collect` with [provider.table], or "
            "name a column of paths by `pixonomy index --path-column`."
        )
    raise SettingError(
        f"{printable(table)} has no column with picture paths (looked for "
        f"{', '.join(USUAL_NAMES['path'][:6])} …; it has {_list(schema)}). "
        "Name it with `pixonomy index --path-column`, then use the manifest."
    )


def is_plain(dtype: pl.DataType) -> bool:
    """Tell text, numbers, dates and such from lists, structs and bytes."""
    return not dtype.is_nested() and dtype not in (pl.Binary, pl.Object)


def other_columns(schema: Schema, used: set[str | None]) -> list[str]:
    """Return the plain columns beyond those `used`; our own names are not taken over."""
    taken = COLUMNS.keys() | used
    return [name for name, dtype in schema.items() if name not in taken and is_plain(dtype)]


def to_uris(paths: pl.Series, root: Path, base: Path) -> pl.Series:
    """Return the `uri` of each path, as text; null for an empty one.

    Args:
        root: the folder that relative paths hang from; absolute.
        base: the folder that the `uri`s hang from where they can; absolute.
    """
    path = pl.col("path")
    paths = paths.alias("path")
    if root.is_relative_to(base) and ":" not in str(root) and _is_utf8(root) and _are_plain(paths):
        inner = "".join(f"{part}/" for part in root.relative_to(base).parts)
        uri = pl.lit(inner) + path if inner else path
        return pl.DataFrame({"path": paths.set(paths == "", None)}).select(uri).to_series()
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


def _are_plain(paths: pl.Series) -> bool:
    """Tell paths of folders and a file from all that `pathlib` would write otherwise."""
    path = pl.col("path")
    is_odd = (
        path.str.contains_any(["//", "/.", ":"])
        | path.str.starts_with("/")
        | path.str.starts_with(".")
        | path.str.ends_with("/")
    )
    return not pl.DataFrame({"path": paths}).select(is_odd.any()).item()


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
    names = list(schema)
    more = f" … and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(name[:80] for name in names[:_MOST_NAMED]) + more


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:3]))
