"""Locations go in; the bytes of their pictures come out, read in the order of the file."""

import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Protocol

import polars as pl

from pixonomy.errors import PixonomyError, UndecodableImage
from pixonomy.locate import DEFLATE, PARQUET, Location
from pixonomy.remote import open_remote

Fetched = bytes | UndecodableImage
"""The encoded picture, or why there is none."""

MAX_READ = 256 * 1024 * 1024  # bytes; a picture beyond any decoder's cap is not read at all
_MAX_RUN = 8 * 1024 * 1024  # bytes read at once
_GAP = {False: 32 * 1024, True: 1024 * 1024}  # bytes read in vain rather than ask again: S3 is far
_MAX_OPEN = 64


class _Ranges(Protocol):
    def read(self, offset: int, length: int) -> bytes: ...

    @property
    def size(self) -> int: ...


class _LocalFile:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size

    def read(self, offset: int, length: int) -> bytes:
        return os.pread(self._file.fileno(), length, offset)


def read_bytes(location: Location) -> bytes:
    """Return the encoded picture at a location.

    Raises:
        UndecodableImage: if the bytes are not there or more than any picture has.
    """
    ((_, fetched),) = read_all([location])
    if isinstance(fetched, UndecodableImage):
        raise fetched
    return fetched


def read_all(locations: Sequence[Location]) -> Iterator[tuple[int, Fetched]]:
    """Yield (place in `locations`, picture) for all of them, in the order of files and offsets.

    Neighbours in a file are read together. A picture that cannot be had is a reason, not an error.
    """
    columns: dict[tuple[Path | str, str], list[int]] = {}
    files: dict[Path | str, list[int]] = {}
    for place, one in enumerate(locations):
        if one.encoding is not None and one.encoding.startswith(PARQUET):
            columns.setdefault((one.file, one.encoding), []).append(place)
        else:
            files.setdefault(one.file, []).append(place)
    for file, places in files.items():
        yield from _read_file(file, locations, places)
    for (file, encoding), places in columns.items():
        yield from _read_column(file, encoding.removeprefix(PARQUET), locations, places)


def _read_file(
    file: Path | str, locations: Sequence[Location], places: list[int]
) -> Iterator[tuple[int, Fetched]]:
    with ExitStack() as stack:
        try:
            ranges = _open(file, stack)
        except (UndecodableImage, PixonomyError, OSError) as error:
            for place in places:
                yield place, _explain(error)
            return
        is_far = isinstance(file, str)
        ordered = sorted(places, key=lambda place: locations[place].offset)
        for run in _neighbours(locations, ordered, ranges.size, _GAP[is_far]):
            yield from _read_run(ranges, locations, run)


def _open(file: Path | str, stack: ExitStack) -> _Ranges:
    if isinstance(file, str):
        if not file:
            raise UndecodableImage("the row names no file")
        return open_remote(file)
    if not file.is_file():  # opening a pipe or a device could wait for ever
        raise UndecodableImage("not a regular file" if file.exists() else "the file is missing")
    return _LocalFile(stack.enter_context(file.open("rb")))


def _neighbours(
    locations: Sequence[Location], ordered: list[int], size: int, gap: int
) -> Iterator[list[int]]:
    """Cut places, ordered by offset, into runs worth reading at once."""
    run: list[int] = []
    first = last = 0
    for place in ordered:
        start, end = _extent(locations[place], size)
        if run and (start - last > gap or max(last, end) - first > _MAX_RUN):
            yield run
            run = []
        if not run:
            first = last = start
        run.append(place)
        last = max(last, end)
    if run:
        yield run


def _extent(location: Location, size: int) -> tuple[int, int]:
    end = size if location.length is None else location.offset + location.length
    return location.offset, max(location.offset, end)


def _read_run(
    ranges: _Ranges, locations: Sequence[Location], run: list[int]
) -> Iterator[tuple[int, Fetched]]:
    extents = [_extent(locations[place], ranges.size) for place in run]
    begin, end = extents[0][0], max(end for _, end in extents)
    if end - begin > MAX_READ:
        yield from (
            (place, UndecodableImage(f"larger than {MAX_READ // 1024**2} MiB")) for place in run
        )
        return
    try:
        data = memoryview(ranges.read(begin, end - begin))
    except (PixonomyError, OSError) as error:
        yield from ((place, _explain(error)) for place in run)
        return
    for place, (start, stop) in zip(run, extents, strict=True):
        part = data[start - begin : stop - begin]
        yield place, _unpack(part, stop - start, locations[place].encoding)


def _unpack(part: memoryview, wanted: int, encoding: str | None) -> Fetched:
    if len(part) < wanted:
        return UndecodableImage("the file ends before the picture does")
    if encoding is None:
        return bytes(part)
    if encoding != DEFLATE:
        return UndecodableImage(f"the bytes have the unknown encoding {encoding}")
    stream = zlib.decompressobj(-zlib.MAX_WBITS)  # negative: a zip's members have no header
    try:
        data = stream.decompress(part, MAX_READ)
    except zlib.error as error:
        return UndecodableImage(f"the zip's member is damaged: {error}")
    if not stream.eof:
        return UndecodableImage("the zip's member is damaged or too large")
    return data


def _read_column(
    file: Path | str, column: str, locations: Sequence[Location], places: list[int]
) -> Iterator[tuple[int, Fetched]]:
    """Read rows of a Parquet column of bytes, or of structs with a field `bytes`."""
    rows = {int(locations[place].member or 0): place for place in places}
    try:
        yield from _read_rows(file, column, rows)
    except (OSError, pl.exceptions.PolarsError) as error:
        for place in rows.values():
            yield place, _explain(error)


def _read_rows(
    file: Path | str, column: str, rows: dict[int, int]
) -> Iterator[tuple[int, Fetched]]:
    raise NotImplementedError


def _explain(error: Exception) -> UndecodableImage:
    if isinstance(error, UndecodableImage):
        return error
    if isinstance(error, OSError):
        return UndecodableImage(f"cannot be read: {error.strerror or error}")
    return UndecodableImage(f"cannot be read: {str(error).splitlines()[0].rstrip('.')}")
