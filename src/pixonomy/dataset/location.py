"""Where the bytes of a row's image lie: a file or object, and a range or a cell in it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

import polars as pl
from polars import selectors

from pixonomy.dataset.seen import SEEN_COLUMNS, Seen, to_seen
from pixonomy.storage.address import Address, is_remote

DEFLATE = "deflate"
"""An `encoding`: the range holds the compressed member of a zip."""
STORED = "stored"
"""An `encoding`: the range holds the bytes as they are, as null does; see `CHECKSUM`."""
CHECKSUM = ":crc32="
"""What may stand behind `DEFLATE` and `STORED`, and before the CRC-32 of the bytes: 8 hex digits.
"""
PARQUET = "parquet:"
"""An `encoding`, with the name of a column behind it: `member` is the row number."""

PLACED = ("uri", "offset", "length", "member", "encoding")
"""The columns that say where an image lies."""
SEEN = selectors.by_name(*SEEN_COLUMNS, "sha256", require_all=False)
"""Selects what a changed file is known by, as far as a manifest has it; older ones have less."""
LOCATED = selectors.by_name("image_id", *PLACED) | SEEN
"""Selects what a `Location` is made from."""
UNREAD = "unread:"
"""What stands before the id of an image whose bytes could not be had, in place of a SHA-256."""

_ESCAPED = "percent:"


@dataclass(frozen=True, slots=True)
class Location:
    """Where one image's bytes lie.

    Attributes:
        file: on this machine, or an object (s3://…).
        offset: in bytes, from the beginning of the file.
        length: in bytes; None: to the end of the file.
        member, encoding: for bytes that are no plain range, see `DEFLATE` and `PARQUET`.
        seen: what `index` saw of the file; None where that is not known.
        sha256: of the image's bytes, hexadecimal, or its first digits; None where not known.
    """

    image_id: str
    file: Address
    offset: int = 0
    length: int | None = None
    member: str | None = None
    encoding: str | None = None
    seen: Seen | None = None
    sha256: str | None = None

    @property
    def is_whole_file(self) -> bool:
        """Whether it is known to be all of a file."""
        is_plain = self.member is None and self.encoding is None
        return is_plain and self.offset == 0 and self.length is not None


def with_checksum(encoding: str | None, crc: int) -> str | None:
    """Return the `encoding` of bytes whose CRC-32 is known; 0: it is not."""
    return f"{encoding or STORED}{CHECKSUM}{crc:08x}" if crc else encoding


def locate(rows: pl.DataFrame, base: Path) -> list[Location]:
    """Return the location of each row, in order; relative `uri`s hang from `base`."""
    columns = ("image_id", *PLACED, "sha256", *SEEN_COLUMNS)
    missing = [pl.lit(None).alias(name) for name in columns if name not in rows.columns]
    rows = rows.with_columns(*missing).with_columns(_digest())
    # Thousands of rows share one file: its address and its state are made once.
    files = {uri: uri_to_file(uri, base) for uri in rows["uri"].unique()}
    states = rows.select(SEEN_COLUMNS)
    distinct = states.unique()
    seen = dict(zip(distinct.iter_rows(), to_seen(distinct), strict=True))
    places = zip(rows.select(columns[:-3]).iter_rows(), states.iter_rows(), strict=True)
    return [
        Location(image_id, files[uri], offset or 0, length, member, encoding, seen[state], sha256)
        for (image_id, uri, offset, length, member, encoding, sha256), state in places
    ]


def _digest() -> pl.Expr:
    text = pl.col("sha256").cast(pl.String)
    return pl.when(~text.str.starts_with(UNREAD)).then(text).alias("sha256")


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


def uri_to_file(uri: str | None, base: Path) -> Address:
    """Return the file or object a `uri` names, be it none."""
    if uri is None:
        return Address(None)
    return Address(None, uri) if is_remote(uri) else Address(base / uri_to_path(uri))


def in_chunks(locations: list[Location], size: int) -> Iterator[list[Location]]:
    """Cut locations into lists of at most `size`."""
    for start in range(0, len(locations), size):
        yield locations[start : start + size]
