"""Reads the bytes of images by their locations, in the order of the files they lie in."""

import errno
import os
import stat
import zlib
from bisect import bisect_left
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Protocol

import polars as pl

from pixonomy.dataset.location import CHECKSUM, DEFLATE, PARQUET, STORED, Location
from pixonomy.dataset.seen import MISSING
from pixonomy.dataset.unchanged import Opened, compare, refuse
from pixonomy.errors import SettingError, UndecodableImage
from pixonomy.storage.address import Address
from pixonomy.storage.parquet import BadParquet, check_parquet
from pixonomy.storage.s3 import open_remote

Fetched = bytes | UndecodableImage
"""The encoded image, or why there is none."""

MAX_READ = 256 * 1024 * 1024  # bytes; an image beyond any decoder's cap is not read at all
_MAX_RUN = 8 * 1024 * 1024  # bytes read at once
_GAP = {False: 32 * 1024, True: 1024 * 1024}  # bytes read in vain rather than ask again: S3 is far
_ROW_GAP = 1000  # rows of a table read in vain rather than begin anew
_MISSING = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)  # a link may lead nowhere, or to itself
_BATCH = 16  # rows of a table held at once, beside the row group they are in


class _Ranges(Opened, Protocol):
    def read(self, offset: int, length: int) -> bytes | memoryview: ...


class _LocalFile:
    version = None

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        status = os.fstat(file.fileno())
        self.size, self.modified_ns = status.st_size, status.st_mtime_ns

    def read(self, offset: int, length: int) -> bytes:
        return os.pread(self._file.fileno(), length, offset)


def read_bytes(location: Location) -> bytes:
    """Return the encoded image at a location.

    Raises:
        UndecodableImage: if the bytes are not there or more than any image has.
    """
    ((_, fetched),) = read_all([location])
    if isinstance(fetched, UndecodableImage):
        raise fetched
    return fetched


def read_all(locations: Sequence[Location]) -> Iterator[tuple[int, Fetched]]:
    """Yield (place in `locations`, image) for all of them, in the order of files and offsets.

    Neighbours in a file are read together. An image that cannot be had is a reason, not an error;
    one whose file was changed since it was indexed is none either, unless it has the SHA-256 of
    before.

    Raises:
        StorageError: if a remote storage refuses or does not answer.
    """
    columns: dict[tuple[Address, str], list[int]] = {}
    files: dict[Address, list[int]] = {}
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
    file: Address, locations: Sequence[Location], places: list[int]
) -> Iterator[tuple[int, Fetched]]:
    with ExitStack() as stack:
        try:
            ranges = _open(file, stack)
        # A storage that does not answer is no fault of the images: that ends the work.
        except (UndecodableImage, SettingError, OSError) as error:
            for place in places:
                yield place, _explain(error)
            return
        readable = yield from _refuse_some(locations, places, ranges)
        readable.sort(key=lambda place: locations[place].offset)
        for run in _neighbours(locations, readable, ranges.size, _GAP[file.is_remote]):
            for place, fetched in _read_run(ranges, locations, run):
                yield place, compare(fetched, locations[place], ranges)


def _refuse_some(
    locations: Sequence[Location], places: list[int], ranges: _Ranges
) -> Generator[tuple[int, Fetched], None, list[int]]:
    """Yield the places that need not be read from an opened file, and why; return the others."""
    readable: list[int] = []
    for place in places:
        reason = refuse(locations[place], ranges)
        if reason is None:
            readable.append(place)
        else:
            yield place, reason
    return readable


def _open(file: Address, stack: ExitStack) -> _Ranges:
    if file.is_remote:
        return open_remote(file.url)
    if file.path is None:
        raise UndecodableImage("the row names no file")
    _require_file(file.path)
    return _LocalFile(stack.enter_context(file.path.open("rb")))


def _require_file(file: Path) -> None:
    try:
        mode = file.stat().st_mode
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno not in _MISSING:
            raise
        raise UndecodableImage(MISSING) from error
    if stat.S_ISDIR(mode):
        raise UndecodableImage("a folder, not a file")
    if not stat.S_ISREG(mode):  # opening a pipe or a device could wait for ever
        raise UndecodableImage("not a regular file")


def _neighbours(
    locations: Sequence[Location], ordered: list[int], size: int, gap: int
) -> Iterator[list[int]]:
    """Cut places, ordered by offset, into runs worth reading at once."""
    run: list[int] = []
    first = last = 0
    for place in ordered:
        start, end = _range(locations[place], size)
        if run and (start - last > gap or max(last, end) - first > _MAX_RUN):
            yield run
            run = []
        if not run:
            first = last = start
        run.append(place)
        last = max(last, end)
    if run:
        yield run


def _range(location: Location, size: int) -> tuple[int, int]:
    end = size if location.length is None else location.offset + location.length
    return location.offset, max(location.offset, end)


def _read_run(
    ranges: _Ranges, locations: Sequence[Location], run: list[int]
) -> Iterator[tuple[int, Fetched]]:
    spans = [_range(locations[place], ranges.size) for place in run]
    begin, end = spans[0][0], max(end for _, end in spans)
    if end - begin > MAX_READ:
        yield from (
            (place, UndecodableImage(f"larger than {MAX_READ // 1024**2} MiB")) for place in run
        )
        return
    try:
        data = memoryview(ranges.read(begin, end - begin))
    except OSError as error:
        yield from ((place, _explain(error)) for place in run)
        return
    for place, (start, stop) in zip(run, spans, strict=True):
        part = data[start - begin : stop - begin]
        yield place, _unpack(part, stop - start, locations[place].encoding)


def _unpack(part: memoryview, wanted: int, encoding: str | None) -> Fetched:
    if len(part) < wanted:
        return UndecodableImage("the file ends before the picture does")
    if encoding is None:
        return bytes(part)
    kind, _, checksum = encoding.partition(CHECKSUM)
    if kind not in (STORED, DEFLATE):
        return UndecodableImage(f"the bytes have the unknown encoding {encoding}")
    data = bytes(part) if kind == STORED else _inflate(part)
    if checksum and isinstance(data, bytes) and f"{zlib.crc32(data):08x}" != checksum:
        return UndecodableImage("the zip's member is damaged: its checksum differs")
    return data


def _inflate(part: memoryview) -> Fetched:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)  # negative: a zip's members have no header
    try:
        data = stream.decompress(part, MAX_READ)
    except zlib.error as error:
        return UndecodableImage(f"the zip's member is damaged: {error}")
    if not stream.eof:
        return UndecodableImage("the zip's member is damaged or too large")
    return data


def _read_column(
    file: Address, column: str, locations: Sequence[Location], places: list[int]
) -> Iterator[tuple[int, Fetched]]:
    """Read rows of a Parquet column of bytes, or of structs with a field `bytes`."""
    waiting: dict[int, list[int]] = {}
    reason = UndecodableImage("the table has no such row")
    with ExitStack() as stack:
        try:
            ranges = _open_here(file, stack)
        except (UndecodableImage, OSError) as error:
            yield from ((place, _explain(error)) for place in places)
            return
        readable = yield from _refuse_some(locations, places, ranges)
        for place in readable:
            waiting.setdefault(_row_number(locations[place]), []).append(place)
        try:
            for row, fetched in _read_rows(file, column, sorted(waiting)):
                for place in waiting.pop(row):
                    yield place, compare(fetched, locations[place], ranges)
        except (UndecodableImage, SettingError, OSError, pl.exceptions.PolarsError) as error:
            reason = _explain(error)
        except (BadParquet, pl.exceptions.PanicException):  # the second is no Exception
            reason = UndecodableImage("cannot be read: the table is damaged")
    yield from ((place, reason) for rest in waiting.values() for place in rest)


def _open_here(file: Address, stack: ExitStack) -> _Ranges:
    if file.path is None:
        raise UndecodableImage("pictures inside a table are read from this machine only")
    return _open(file, stack)


def _row_number(location: Location) -> int:
    text = location.member or ""
    return int(text) if text.isdecimal() and len(text) < 19 else -1


def _read_rows(file: Address, column: str, rows: list[int]) -> Iterator[tuple[int, Fetched]]:
    """Yield some rows, named by ascending numbers; each row group is decoded once a run."""
    if file.path is None:
        raise UndecodableImage("pictures inside a table are read from this machine only")
    _require_file(file.path)
    # Opened here, because Polars takes no names that are not UTF-8.
    with file.path.open("rb") as opened:
        byte_ranges = list(_contiguous([row for row in rows if row >= 0]))
        check_parquet(opened, [range(one[0], one[-1] + 1) for one in byte_ranges])
        table = pl.scan_parquet(opened)
        images = table.select(_bytes_of(column, table.collect_schema()))
        for byte_range in byte_ranges:
            first, count = byte_range[0], byte_range[-1] - byte_range[0] + 1
            batches = images.slice(first, count).collect_batches(chunk_size=_BATCH)
            for batch in batches:
                end = first + batch.height
                wanted = byte_range[bisect_left(byte_range, first) : bisect_left(byte_range, end)]
                found = batch.to_series().gather([row - first for row in wanted])
                yield from zip(wanted, map(_check, found), strict=True)
                first = end


def _bytes_of(column: str, schema: pl.Schema) -> pl.Expr:
    dtype = schema.get(column)
    if dtype == pl.Binary:
        return pl.col(column)
    if isinstance(dtype, pl.Struct) and pl.Field("bytes", pl.Binary()) in dtype.fields:
        return pl.col(column).struct.field("bytes")
    raise UndecodableImage(f"the table holds no pictures in column {column!r}")


def _contiguous(rows: list[int]) -> Iterator[list[int]]:
    """Cut ascending row numbers where so many lie between that beginning anew is better."""
    start = 0
    for place in range(1, len(rows) + 1):
        if place == len(rows) or rows[place] - rows[place - 1] > _ROW_GAP:
            yield rows[start:place]
            start = place


def _check(data: bytes | None) -> Fetched:
    if data is None:
        return UndecodableImage("the table holds no picture there")
    return data if len(data) <= MAX_READ else _too_large()


def _too_large() -> UndecodableImage:
    return UndecodableImage(f"larger than {MAX_READ // 1024**2} MiB")


def _explain(error: Exception) -> UndecodableImage:
    if isinstance(error, UndecodableImage):
        return error
    if isinstance(error, OSError):
        return UndecodableImage(f"cannot be read: {error.strerror or error}")
    return UndecodableImage(f"cannot be read: {str(error).splitlines()[0].rstrip('.')}")
