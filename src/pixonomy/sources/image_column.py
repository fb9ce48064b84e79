"""Lists the images in a Parquet table that holds them itself, as manifest rows.

The column holds bytes, or structs {bytes, path} as Hugging Face writes them; a row whose bytes are
null and whose path is set stands for a file. Names of `ClassLabel`s are found in the metadata.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl

from pixonomy.dataset.location import PARQUET
from pixonomy.errors import SettingError
from pixonomy.sources.columns import (
    Schema,
    TableColumns,
    describe_rivals,
    find_column,
    is_plain,
    key_of,
    open_table,
    other_columns,
    to_uris,
    usual_column,
    usual_columns,
)
from pixonomy.sources.damage import Indexed
from pixonomy.sources.member import BATCH, uri_of
from pixonomy.sources.paths import find_files
from pixonomy.sources.split_column import Splits, find_splits_in
from pixonomy.sources.values import Values, read_values, to_paths, to_text
from pixonomy.storage.files import printable

_ROW, _LENGTH, _FILE = "row?", "length?", "file?"  # the names of no columns


@dataclass(frozen=True)
class _Table:
    """What is known of a table before its rows are read."""

    path: Path
    uri: str
    root: Path
    base: Path
    is_confined: bool  # files have to lie below the root
    columns: dict[str, str | None]  # by role: image, label, group
    splits: Splits
    others: list[str]
    names: list[str] | None  # of the labels
    split: str | None  # of the whole file
    remarks: tuple[str, ...]


def find_image_column(table: Path, columns: TableColumns) -> str | None:
    """Return the column of a Parquet table that holds images, if one does.

    Structs with bytes go before a column of paths, which goes before plain bytes. Among several,
    the one that was named or has a usual name counts; a single one may be called anything.

    Raises:
        DataError: if the table cannot be read.
    """
    with open_table(table) as file:
        return _find(pl.scan_parquet(file).collect_schema(), columns)


def index_image_column(
    table: Path, columns: TableColumns, base: Path, split: str | None = None
) -> Iterator[Indexed]:
    """List the images in a table, in batches of at most 50,000 rows.

    Rows have image_id, group_id, uri (the table, relative to `base`), offset (null), length in
    bytes, member (the number of the row), encoding (`PARQUET` and the column), label, label_source,
    split, problem, and the other plain columns as text.

    Args:
        split: of the rows of which the table names none.

    Raises:
        SettingError: for a missing column or an unknown split.
        DataError: if the table cannot be read.
    """
    with open_table(table) as file:
        lazy = pl.scan_parquet(file)
        schema = lazy.collect_schema()
        roles = _find_roles(schema, columns, table, _read_features(file))
        splits = _find_splits(lazy, schema, columns, table)
        about = _learn(table, columns, base, schema, roles, splits, split)
        image = about.columns["image"]
        if image is None:
            raise SettingError(f"{printable(table)} has no column of pictures.")
        found = lazy.with_row_index(_ROW).select(
            _ROW,
            *_inspect(image, schema[image]),
            *dict.fromkeys(
                name for role, name in about.columns.items() if name and role != "image"
            ),
            *sorted(splits.names - set(about.columns.values())),
            *about.others,
        )
        is_first = True
        for rows in found.collect_batches(chunk_size=BATCH, maintain_order=True):
            yield _to_rows(rows, about)
            is_first = False
        if is_first:
            yield _to_rows(found.head(0).collect(), about)


def _find(schema: Schema, columns: TableColumns) -> str | None:
    structs = [name for name, dtype in schema.items() if _has_bytes(dtype)]
    binaries = [name for name, dtype in schema.items() if dtype == pl.Binary]
    if columns.path is not None:
        return columns.path if columns.path in structs + binaries else None
    usual = usual_column(schema, "path")
    is_named = usual is not None and not key_of(usual).endswith("id")  # an id may be just that
    for names in (structs, binaries):
        if usual in names:
            return usual
        if len(names) == 1 and (names is structs or not is_named):
            return names[0]
    return None


def _has_bytes(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.Struct) and pl.Field("bytes", pl.Binary()) in dtype.fields


def _inspect(image: str, dtype: pl.DataType) -> tuple[pl.Expr, pl.Expr]:
    """Return the length and the path of each image."""
    column = pl.col(image)
    if not isinstance(dtype, pl.Struct):
        return column.bin.size().alias(_LENGTH), pl.lit(None, pl.String).alias(_FILE)
    has_path = pl.Field("path", pl.String()) in dtype.fields
    path = column.struct.field("path") if has_path else pl.lit(None, pl.String)
    return column.struct.field("bytes").bin.size().alias(_LENGTH), path.alias(_FILE)


@dataclass(frozen=True)
class _Roles:
    """Which columns hold what, and the names of the numbers in that of the labels."""

    columns: dict[str, str | None]
    names: list[str] | None


def _find_roles(
    schema: Schema, columns: TableColumns, table: Path, features: Mapping[str, object]
) -> _Roles:
    roles: dict[str, str | None] = {"image": _find(schema, columns)}
    roles["label"] = find_column(schema, "label", columns, table)
    roles["group"] = find_column(schema, "group", columns, table)
    classes = {name: names for name in features if (names := _read_names(features[name]))}
    if roles["label"] is None and len(classes) == 1:
        roles["label"] = next(iter(classes))
    return _Roles(roles, classes.get(str(roles["label"])))


def _find_splits(lazy: pl.LazyFrame, schema: Schema, columns: TableColumns, table: Path) -> Splits:
    named = find_column(schema, "split", columns, table)
    usual = usual_columns(schema, "split") if columns.split is None else [columns.split]
    values = {
        name: lazy.select(pl.col(name).unique()).collect().to_series()
        for name in usual
        if named is not None and is_plain(schema[name])
    }
    return find_splits_in(values, columns.split, table)


def _learn(
    table: Path,
    columns: TableColumns,
    base: Path,
    schema: Schema,
    roles: _Roles,
    splits: Splits,
    split: str | None,
) -> _Table:
    root = (columns.root if columns.root is not None else table.parent).absolute()
    label = roles.columns["label"]
    rivals = describe_rivals(schema, "label", label, table) if columns.label is None else ()
    return _Table(
        path=table,
        uri=uri_of(table, base),
        root=root,
        base=base,
        is_confined=columns.root is not None,
        columns=roles.columns,
        splits=splits,
        others=other_columns(schema, {*roles.columns.values(), *splits.names}),
        names=roles.names,
        split=split,
        remarks=(*rivals, *splits.remarks),
    )


def _read_features(file: BinaryIO) -> Mapping[str, object]:
    """Return what Hugging Face's metadata say of the columns."""
    try:
        about = json.loads(pl.read_parquet_metadata(file).get("huggingface", "{}"))
        features = about["info"]["features"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return {}
    return features if isinstance(features, dict) else {}


def _read_names(feature: object) -> list[str] | None:
    """Return the names of a `ClassLabel`."""
    if not isinstance(feature, dict) or feature.get("_type") != "ClassLabel":
        return None
    names = feature.get("names")
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return names
    return None


def _to_rows(rows: pl.DataFrame, about: _Table) -> Indexed:
    beside = to_paths(rows[_FILE]).set(rows[_LENGTH].is_not_null(), None)
    found = find_files(beside, about.root, f"{about.columns['image']}.path", about.is_confined)
    labels = _read_labels(rows, about)
    group = about.columns["group"]
    read = pl.DataFrame({
        "beside": to_uris(found.files["path"], about.root, about.base),
        "fault": found.files["problem"].set(beside.is_null(), None),
        "label": labels.text,
        "split": about.splits.read(rows),
        "group": to_text(rows[group]) if group else _nothing(rows),
        "number": rows[_ROW].cast(pl.String),
        "length": rows[_LENGTH].cast(pl.Int64),
    })  # fmt: skip
    is_inside, is_beside = pl.col("length").is_not_null(), pl.col("beside").is_not_null()
    own = pl.concat_str(pl.lit(f"{about.uri}#"), "number")
    nothing = pl.lit("the table holds no picture")
    others = rows.select(pl.col(about.others).cast(pl.String)).get_columns()
    all_rows = read.select(
        own.alias("image_id"),
        pl.coalesce("group", own).alias("group_id"),
        pl.when(is_inside).then(pl.lit(about.uri)).otherwise("beside").alias("uri"),
        pl.when(is_beside).then(pl.lit(0, pl.Int64)).alias("offset"),
        "length",
        pl.when(is_inside).then("number").alias("member"),
        pl.when(is_inside).then(pl.lit(f"{PARQUET}{about.columns['image']}")).alias("encoding"),
        "label",
        pl.lit("table").alias("label_source"),
        pl.coalesce("split", pl.lit(about.split, pl.String)).alias("split"),
        pl.when(~is_inside & ~is_beside).then(nothing).otherwise("fault").alias("problem"),
    ).with_columns(others)
    remarks = (*about.remarks, *found.remarks, *labels.remarks)
    return Indexed(all_rows, missing=found.missing, remarks=remarks)


def _nothing(rows: pl.DataFrame) -> pl.Series:
    return pl.Series([None], dtype=pl.String).new_from_index(0, rows.height)


def _read_labels(rows: pl.DataFrame, about: _Table) -> Values:
    column = about.columns["label"]
    if column is None:
        return Values(_nothing(rows))
    values = read_values(rows[column], column, is_written=False)
    if about.names is None:
        return values
    # -1 is how Hugging Face says that the label is unknown.
    names: dict[str, str | None] = {str(number): name for number, name in enumerate(about.names)}
    return values._replace(text=to_text(values.text.replace({**names, "-1": None})))
