"""Checks what a Parquet file declares of itself before Polars believes it.

Polars believes the counts, lengths and offsets of a file: a wrong one ends the whole process
("memory allocation of … bytes failed"). So they are checked before Polars sees the file: those in
the footer and those before each page, never the values themselves. Field numbers are those of
parquet.thrift in Apache's parquet-format, version 2.10.
"""

import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from pixonomy.storage.thrift import Ended, Malformed, Reader, ReadStruct, Struct, Wanted

_MAGIC = b"PAR1"
_TAIL = 8  # bytes at the end: the footer's length, and the magic
_LONGEST_FOOTER = 64 * 1024**2  # bytes: hundreds of thousands of columns in row groups
_HEADER = 256  # bytes of a page's header that are read first; statistics make it longer
_LONGEST_HEADER = 16 * 1024**2  # bytes
_MOST_VALUES = 2**27  # of a page: a run of equal values takes no bytes, but memory
_FREE_ROWS, _ROWS_A_BYTE = 2**24, 64  # of a file: rows that are all equal take no bytes either
_DATA, _DICTIONARY, _DATA_V2 = 0, 2, 3  # types of pages


class BadParquet(ValueError):
    """The file is damaged: what it declares of itself cannot be true."""


def _struct(wanted: Wanted) -> ReadStruct:
    return lambda reader: reader.read(wanted)


_COLUMN = _struct({3: _struct({5: None, 6: None, 7: None, 9: None, 11: None})})
_FOOTER: Wanted = {3: None, 4: [_struct({1: [_COLUMN], 3: None})]}
_VALUES = _struct({1: None})
_PAGE: Wanted = {1: None, 2: None, 3: None, 5: _VALUES, 7: _VALUES, 8: _VALUES}
_COUNTED_BY = {_DATA: 5, _DICTIONARY: 7, _DATA_V2: 8}  # the field with a page's number of values


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The values of one column in one row group; its pages lie between `start` and `end`."""

    values: int
    unpacked: int  # bytes
    start: int
    end: int


def check_parquet(file: BinaryIO, rows: Sequence[range] | None = None) -> bool:
    """Check the footer, and the headers of all pages or of those that hold some rows.

    Args:
        file: a regular file; its position is left alone.
        rows: ascending, without overlap; None: all.

    Returns:
        Whether it is Parquet at all; else nothing was checked.

    Raises:
        BadParquet: if the file is damaged.
        OSError: if it cannot be read.
    """
    number = file.fileno()
    size = os.fstat(number).st_size
    try:
        if not _is_parquet(number, size):
            return False
        first = 0
        for count, chunks in _read_footer(number, size):
            if rows is None or _are_among(range(first, first + count), rows):
                for chunk in chunks:
                    _check_pages(number, chunk)
            first += count
    except Malformed as error:
        raise BadParquet(str(error)) from error
    return True


def _are_among(group: range, rows: Sequence[range]) -> bool:
    place = bisect_right(rows, group.start, key=lambda one: one.stop)
    return place < len(rows) and rows[place].start < group.stop


def _is_parquet(number: int, size: int) -> bool:
    begins, ends = (os.pread(number, 4, place) == _MAGIC for place in (0, max(0, size - 4)))
    if begins and not ends:
        raise BadParquet("its end is missing")
    return ends


def _read_footer(number: int, size: int) -> list[tuple[int, list[_Chunk]]]:
    """Return the number of rows, and the columns, of each row group."""
    length = int.from_bytes(os.pread(number, 4, max(0, size - _TAIL)), "little")
    if length > min(size - _TAIL - len(_MAGIC), _LONGEST_FOOTER):
        raise BadParquet(f"a footer of {length} bytes")
    about = Reader(os.pread(number, length, size - _TAIL - length)).read(_FOOTER)
    rows = about.numbers.get(3, -1)
    groups = [_read_group(group, size - _TAIL - length) for group in about.lists.get(4, ())]
    if rows != sum(count for count, _ in groups) or rows > _FREE_ROWS + _ROWS_A_BYTE * size:
        raise BadParquet(f"{rows} rows are not what it holds")
    return groups


def _read_group(group: Struct, size: int) -> tuple[int, list[_Chunk]]:
    rows = group.numbers.get(3, -1)
    chunks: list[_Chunk] = []
    for column in group.lists.get(1, ()) if rows else ():  # what holds nothing may lie anywhere
        about = column.structs.get(3, Struct()).numbers
        data = about.get(9, -1)
        start = about.get(11) or data
        end = start + about.get(7, -1)
        if not 0 < start <= data <= end <= size:
            raise BadParquet(f"a column from byte {start} to {end} of {size}")
        chunk = _Chunk(about.get(5, -1), about.get(6, -1), start, end)
        if not 0 <= rows <= chunk.values:
            raise BadParquet(f"a column of {chunk.values} values in {rows} rows")
        chunks.append(chunk)
    return rows, chunks


def _check_pages(number: int, chunk: _Chunk) -> None:
    place, values = chunk.start, 0
    while place < chunk.end:
        header, length = _read_header(number, place, chunk.end)
        kind, unpacked, packed = (header.numbers.get(field, -1) for field in (1, 2, 3))
        place += length + packed
        if packed < 0 or place > chunk.end or not 0 <= unpacked <= chunk.unpacked:
            raise BadParquet(f"a page of {packed} bytes, {unpacked} unpacked, before byte {place}")
        if kind not in _COUNTED_BY:
            continue
        count = header.structs.get(_COUNTED_BY[kind], Struct()).numbers.get(1, -1)
        # A value of a dictionary takes a byte at least.
        if not 0 <= count <= (unpacked if kind == _DICTIONARY else _MOST_VALUES):
            raise BadParquet(f"a page of {count} values before byte {place}")
        values += count if kind != _DICTIONARY else 0
    if values != chunk.values:
        raise BadParquet(f"{values} of a column's {chunk.values} values")


def _read_header(number: int, place: int, end: int) -> tuple[Struct, int]:
    """Read a page's header, and return its length in bytes."""
    most = min(end - place, _LONGEST_HEADER)
    length = _HEADER
    while True:
        reader = Reader(os.pread(number, min(length, most), place))
        try:
            return reader.read(_PAGE), reader.place
        except Ended:
            if length >= most:
                raise
            length *= 16
