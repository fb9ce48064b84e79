"""A manifest's rows go in; the bytes of their pictures come out."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import polars as pl

from pixonomy.errors import UndecodableImage

_ESCAPED = "percent:"
_MAX_READ = 256 * 1024 * 1024  # bytes; a picture beyond any decoder's cap is not read at all


@dataclass(frozen=True)
class Location:
    """Where one picture's bytes lie: a file and the byte range inside it (None: to its end)."""

    image_id: str
    path: Path
    offset: int = 0
    length: int | None = None


def locate(rows: pl.DataFrame, base: Path) -> list[Location]:
    """Return the location of each row, in order; relative `uri`s hang from `base`."""
    columns = ("image_id", "uri", "offset", "length")
    return [_to_location(base, *values) for values in rows.select(columns).iter_rows()]


def read_bytes(location: Location) -> bytes:
    """Return the encoded picture at a location.

    Raises:
        UndecodableImage: if the bytes are not there or more than any picture has.
    """
    try:
        if not location.path.is_file():  # opening a pipe or a device could wait for ever
            raise UndecodableImage(_missing(location.path))
        with location.path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            wanted = size - location.offset if location.length is None else location.length
            if wanted > _MAX_READ:
                raise UndecodableImage(f"larger than {_MAX_READ // 1024**2} MiB")
            file.seek(location.offset)
            data = file.read(max(0, wanted))  # a negative count would read the whole file
    except OSError as error:
        raise UndecodableImage(f"cannot be read: {error.strerror or error}") from error
    if location.length is not None and len(data) < location.length:
        raise UndecodableImage("the file ends before the picture does")
    return data


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


def in_chunks(locations: list[Location], size: int) -> Iterator[list[Location]]:
    """Cut locations into lists of at most `size`."""
    for start in range(0, len(locations), size):
        yield locations[start : start + size]


def _to_location(base: Path, image_id: str, uri: str, offset: Any, length: Any) -> Location:
    return Location(image_id, base / uri_to_path(uri), offset or 0, length)


def _missing(path: Path) -> str:
    return "not a regular file" if path.exists() else "the file is missing"
