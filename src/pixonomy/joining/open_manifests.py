"""Opens several manifests as tables of the same columns, whose `uri`s hang from one folder."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import polars as pl

from pixonomy.dataset.location import path_to_uri, relative_to
from pixonomy.dataset.manifest import COLUMNS, About, read_about
from pixonomy.errors import SettingError
from pixonomy.storage.files import printable
from pixonomy.storage.tables import scan_parquet

JOINED_FROM = "joined_from"
"""The column that names the manifest a row comes from."""

_ESCAPED = path_to_uri(Path("percent:")).partition(":")[0] + ":"  # how escaped uris begin


@dataclass(frozen=True)
class OpenManifest:
    """One of the manifests that are joined.

    Attributes:
        name: of its file without its ending, or of its folder; no other's.
        about: what is stored beside its rows.
        own: the types of its own columns.
        rows: all columns of the joined manifest, of the same types in all; read lazily.
    """

    path: Path
    name: str
    about: About
    own: pl.Schema
    rows: pl.LazyFrame


@dataclass(frozen=True)
class OpenManifests:
    """All manifests that are joined.

    Attributes:
        base: the folder that relative `uri`s hang from.
        as_text: columns that became text, for they are of several types.
    """

    manifests: tuple[OpenManifest, ...]
    base: Path
    as_text: tuple[str, ...]


@contextmanager
def open_manifests(paths: Sequence[Path]) -> Iterator[OpenManifests]:
    """Open manifests, to be read inside the block.

    Raises:
        SettingError: if one is none, or a column is of types that cannot become one.
        StorageError: if one cannot be read or is damaged.
    """
    abouts = [_require_about(path) for path in paths]
    base = Path(os.path.commonpath([about["base"] for about in abouts]))
    with ExitStack() as stack:
        tables = [stack.enter_context(scan_parquet(path)) for path in paths]
        schemas = [table.collect_schema() for table in tables]
        joined, as_text = _join_schemas(schemas, paths)
        names = name_manifests(paths)
        opened = tuple(
            OpenManifest(path, name, about, schema, _conform(table, name, about, base, joined))
            for path, name, about, schema, table in zip(
                paths, names, abouts, schemas, tables, strict=True
            )
        )
        yield OpenManifests(opened, base, as_text)


def _require_about(path: Path) -> About:
    about = read_about(path)
    if about is None:
        raise SettingError(
            f"{printable(path)} is no manifest. `pixonomy index` makes one from pictures."
        )
    return about


def name_manifests(paths: Sequence[Path]) -> list[str]:
    """Return a name for each manifest, in which no two are alike."""
    names: list[str] = []
    for path in paths:
        at = path.absolute()
        # As `collect` and `audit` call what they write in a folder of its own.
        own = name = printable(at.parent.name if at.stem == "manifest" else at.stem)
        number = 2
        while name in names:
            name, number = f"{own}-{number}", number + 1
        names.append(name)
    return names


def _join_schemas(
    schemas: Sequence[pl.Schema], paths: Sequence[Path]
) -> tuple[dict[str, pl.DataType], tuple[str, ...]]:
    """Return the type of each column, and the columns whose values become text for that.

    Raises:
        SettingError: if a column is nested, and of another type in another manifest.
    """
    joined: dict[str, pl.DataType] = dict(COLUMNS)
    as_text = []
    for name in dict.fromkeys(name for schema in schemas for name in schema):
        kinds = list(dict.fromkeys(schema[name] for schema in schemas if name in schema))
        known = [kind for kind in kinds if kind != pl.Null]
        if name in COLUMNS or len(known) < 2:
            joined.setdefault(name, (known or kinds)[0])
            continue
        if any(kind.is_nested() or kind == pl.Binary for kind in known):
            which = [
                printable(path) for path, own in zip(paths, schemas, strict=True) if name in own
            ]
            raise SettingError(
                f"The column {name!r} is {' and '.join(map(str, known))} in {' and '.join(which)}: "
                "these cannot be one column; rename it in one of them and index that anew."
            )
        joined[name] = _common_type(known)
        if joined[name] == pl.String:
            as_text.append(name)
    joined.setdefault(JOINED_FROM, pl.String())
    return joined, tuple(as_text)


def _common_type(kinds: Sequence[pl.DataType]) -> pl.DataType:
    if all(kind.is_integer() for kind in kinds):
        return pl.Int64()
    return pl.Float64() if all(kind.is_numeric() for kind in kinds) else pl.String()


def _conform(
    table: pl.LazyFrame, name: str, about: About, base: Path, joined: dict[str, pl.DataType]
) -> pl.LazyFrame:
    own = table.collect_schema()
    columns = {
        column: (pl.col(column) if column in own else pl.lit(None)).cast(kind).alias(column)
        for column, kind in joined.items()
    }
    columns["uri"] = _rebase(columns["uri"], Path(about["base"]), base).alias("uri")
    # What was joined before keeps where it came from.
    columns[JOINED_FROM] = pl.coalesce(columns[JOINED_FROM], pl.lit(name)).alias(JOINED_FROM)
    return table.select(*columns.values())


def _rebase(uri: pl.Expr, old: Path, new: Path) -> pl.Expr:
    """Return `uri`s that hang from `new`, a folder above `old` or the same.

    `dataset.location.path_to_uri` escapes names that are no text; so is done here.
    """
    prefix, inside = _folder(relative_to(old, new)), _folder(new)
    escaped = quote(os.fsencode(prefix))
    is_escaped, is_absolute = uri.str.starts_with(_ESCAPED), uri.str.starts_with("/")
    rest = uri.str.strip_prefix(_ESCAPED)
    below = pl.lit(prefix) + uri
    if path_to_uri(Path(prefix)) != str(Path(prefix)):
        below = pl.lit(_ESCAPED + escaped) + uri.str.replace_all("%", "%25", literal=True)
    return (
        pl.when(uri.str.contains("://", literal=True))
        .then(uri)
        .when(is_escaped & ~rest.str.starts_with("/"))
        .then(pl.lit(_ESCAPED + escaped) + rest)
        .when(is_escaped)
        .then(uri)
        .when(is_absolute)
        .then(uri.str.strip_prefix(_text_prefix(inside)))
        .otherwise(below)
    )


def _text_prefix(folder: str) -> str:
    """Return how paths in `folder` begin; what no text can begin with where it is no text."""
    try:
        folder.encode()
    except UnicodeEncodeError:
        return "\0"
    return folder


def _folder(path: Path) -> str:
    text = str(path)
    return "" if text == "." else text if text.endswith("/") else f"{text}/"
