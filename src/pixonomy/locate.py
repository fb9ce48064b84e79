"""A manifest's rows go in; where the bytes of their pictures lie comes out."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

import polars as pl

from pixonomy.remote import is_remote

DEFLATE = "deflate"
"""An `encoding`: the range holds the compressed member of a zip."""
PARQUET = "parquet:"
"""An `encoding`, with the name of a column behind it: `member` is the row number."""

_ESCAPED = "percent:"


@dataclass(frozen=True, slots=True)
class Location:
    """Where one picture's bytes lie.

    Attributes:
        file: a path on this machine, or the address of an object (s3://…).
        offset: in bytes, from the beginning of the file.
        length: in bytes; None: to the end of the file.
        member, encoding: for bytes that are no plain range, see `DEFLATE` and `PARQUET`.
    """

    image_id: str
    file: Path | str
    offset: int = 0
    length: int | None = None
    member: str | None = None
    encoding: str | None = None


def locate(rows: pl.DataFrame, base: Path) -> list[Location]:
    """Return the location of each row, in order; relative `uri`s hang from `base`."""
    columns = ("image_id", "uri", "offset", "length", "member", "encoding")
    # Thousands of rows share one file: its address is made once.
    files = {uri: uri_to_file(uri, base) for uri in rows["uri"].unique()}
    missing = [name for name in columns if name not in rows.columns]
    rows = rows.with_columns(pl.lit(None).alias(name) for name in missing)
    return [
        Location(image_id, files[uri], offset or 0, length, member, encoding)
        for image_id, uri, offset, length, member, encoding in rows.select(columns).iter_rows()
    ]


def relative_to(path: Path, base: Path) -> Path:
    """Return `path` as seen from `base`, or unchanged if it lies elsewhere."""
    return path.relative_to(base) if path.is_relative_to(base) else path


def path_to_uri(path: Path) -> str:
    """Return a relative or absolute path as text that Parquet can hold.

    Names that are not UTF-8 are percent-encoded behind a mark; all others stay as they are.
    """
    text = str(path)
    try:
        text.encode()
    except UnicodeEncodeError:
        return _ESCAPED + quote(os.fsencode(text))
    return _ESCAPED + quote(text) if text.startswith(_ESCAPED) else text


def uri_to_path(uri: str) -> Path:
    """Undo `path_to_uri`."""
    if uri.startswith(_ESCAPED):
        return Path(os.fsdecode(unquote_to_bytes(uri.removeprefix(_ESCAPED))))
    return Path(uri)


def uri_to_file(uri: str | None, base: Path) -> Path | str:
    """Return the file or object a `uri` names; "" where it names none."""
    if uri is None:
        return ""
    return uri if is_remote(uri) else base / uri_to_path(uri)


def in_chunks(locations: list[Location], size: int) -> Iterator[list[Location]]:
    """Cut locations into lists of at most `size`."""
    for start in range(0, len(locations), size):
        yield locations[start : start + size]
