"""Reads a text table of any dialect exactly, with the line of each row.

The dialect is found: comma, semicolon, tab or bar; quotes doubled or behind a backslash; any ends
of lines. RFC 4180 is what all of them stem from. A row that cannot be read is an error that names
its line: none is dropped, joined with the next or filled up.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import polars as pl

from pixonomy.errors import DataError
from pixonomy.sources.encoding import to_utf8
from pixonomy.sources.headers import Headers, read_headers
from pixonomy.sources.names import is_image

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE, _SAMPLE_ROWS = 65_536, 200
_BATCH = 50_000  # rows that are Python's at a time
_ESCAPED_QUOTE = b'\\"'
_STAND_IN = "\0"  # for an escaped quote: text with NUL was refused before
_SEP = re.compile(rb"sep=(.)\r?[\n\r]", re.IGNORECASE)
_LEFT_OUT = re.compile(rb"[ \t]*(#[^\r\n]*)?(\r\n|\n|\r)")


@dataclass(frozen=True)
class TextTable:
    """Rows of text.

    Attributes:
        rows: columns of text, blanks and all; null where a cell is empty.
        lines: the line in the file where each row begins, from 1.
        remarks: what was guessed.
    """

    rows: pl.DataFrame
    lines: pl.Series
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Dialect:
    delimiter: str
    quote: str = '"'


class _Malformed(Exception):
    """A row that the dialect does not allow."""


def read_text_table(
    data: bytes, name: str, ending: str, is_known: Callable[[str], bool]
) -> TextTable:
    """Read the rows of a CSV, TSV or the like.

    Args:
        name: of the file, for sentences.
        ending: of the file (.tsv): a hint.
        is_known: tells a header that means something from any other text.

    Raises:
        DataError: if it is no text table; names the line.
    """
    text, remark = to_utf8(data, name)
    text, skipped, named = _strip_front(text, is_known)
    if not text or text.isspace():
        return TextTable(pl.DataFrame(), pl.Series([], dtype=pl.Int64))
    try:
        dialect = _sniff(text, ending, named, is_known)
        headers = _read_head(text, dialect, name, is_known)
        rows, lines = _read_rows(text, dialect, headers, skipped)
    except (_Malformed, csv.Error) as error:
        raise DataError(f"{name} cannot be read as a table: {error}.") from error
    return TextTable(rows, lines, tuple(one for one in (remark, headers.remark) if one))


def _read_rows(
    text: bytes, dialect: _Dialect, headers: Headers, skipped: int
) -> tuple[pl.DataFrame, pl.Series]:
    rows = _read_plain(text, dialect, headers)
    if rows is None:
        return _read_quoted(text, dialect, headers, skipped)
    start = skipped + (1 if headers.is_made_up else 2)
    return rows, pl.int_range(start, start + rows.height, dtype=pl.Int64, eager=True)


def _strip_front(text: bytes, is_known: Callable[[str], bool]) -> tuple[bytes, int, str | None]:
    """Take off blank lines, comments and a spreadsheet's `sep=;`; count the lines."""
    skipped, named = 0, None
    while True:
        if named is None and (found := _SEP.match(text)):
            named = found[1].decode("utf-8", "replace")
        else:
            found = _LEFT_OUT.match(text)
        if found is None:
            return text, skipped, named
        comment = found[0].strip().lstrip(b"#").decode("utf-8", "replace")
        if any(is_known(word) for word in re.split(r"[,;\t|]", comment)):
            return text.lstrip(b" \t#"), skipped, named  # a header behind a "#"
        text, skipped = text[found.end() :], skipped + 1


def _sniff(
    text: bytes, ending: str, named: str | None, is_known: Callable[[str], bool]
) -> _Dialect:
    """Choose the delimiter that finds a known header, and as many fields in every row."""
    end = text.rfind(b"\n", 0, _SAMPLE) if len(text) > _SAMPLE else len(text)
    sample = text[: end if end > 0 else _SAMPLE].decode("utf-8", "ignore")
    quote = "'" if sample.startswith("'") else '"'
    usual = "\t" if ending == ".tsv" else ","
    candidates = dict.fromkeys((usual, *_DELIMITERS, *(" " if ending == ".txt" else "")))
    if named is not None and named in candidates:
        return _Dialect(named, quote)

    def fit(delimiter: str) -> tuple[bool, bool, int]:
        reader = _reader(_Lines(sample), _Dialect(delimiter, quote), is_strict=False)
        rows = [row for row in islice(reader, _SAMPLE_ROWS) if row]
        widths = [len(row) for row in rows] or [0]
        knows = any(is_known(cell) for cell in rows[0]) if rows else False
        return knows, widths[0] > 1 and len(set(widths)) == 1, widths[0]

    return _Dialect(max(candidates, key=fit), quote)


class _Lines(Iterator[str]):
    """The lines of a text, counted as they are read."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.count = 0

    def __next__(self) -> str:
        line = next(self._lines)
        self.count += 1
        return line


def _reader(lines: Iterable[str], dialect: _Dialect, is_strict: bool = True) -> Iterator[list[str]]:
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        skipinitialspace=True,
        strict=is_strict,
    )


def _read_head(
    text: bytes, dialect: _Dialect, name: str, is_known: Callable[[str], bool]
) -> Headers:
    end = text.find(b"\n", _SAMPLE)
    sample = text[: end if end > 0 else len(text)].decode("utf-8", "ignore")
    cells: list[str] = next(_reader(_Lines(sample), dialect, is_strict=False), [])
    return read_headers(cells, name, is_known)


def _read_plain(text: bytes, dialect: _Dialect, headers: Headers) -> pl.DataFrame | None:
    """Read what is certain to be one row a line by Polars; None for all else."""
    if dialect.quote.encode() in text or dialect.delimiter == " ":
        return None
    text = text.replace(b"\r\n", b"\n") if b"\r" in text else text
    text = text.rstrip(b"\n") if text.endswith(b"\n\n") else text
    if b"\r" in text or b"\n\n" in text or _ESCAPED_QUOTE in text:
        return None
    count = text.count(b"\n") + (not text.endswith(b"\n"))
    width = len(headers.names)
    if text.count(dialect.delimiter.encode()) != count * (width - 1):
        return None
    try:
        rows = pl.read_csv(
            text,
            separator=dialect.delimiter,
            quote_char=None,
            has_header=False,
            skip_rows=0 if headers.is_made_up else 1,
            new_columns=headers.names,
            infer_schema=False,
        )
    except pl.exceptions.PolarsError:  # a short row beside a long one, or a header alone
        return None
    is_whole = rows.height == count - (not headers.is_made_up) and rows.width == width
    return rows.select(headers.meaningful(rows)) if is_whole else None


def _read_quoted(
    text: bytes, dialect: _Dialect, headers: Headers, skipped: int
) -> tuple[pl.DataFrame, pl.Series]:
    """Read any table by Python's csv.

    Tried in turn, where they make a difference: quotes behind a backslash, as it stands, and with
    blanks behind a closing quote.

    Raises:
        _Malformed: naming the line.
    """
    plain = text.decode()
    forms = [(plain, False)]
    if _ESCAPED_QUOTE in text:
        forms.insert(0, (_unescape(text), True))
    if (closed := _close_up(plain, dialect)) != plain:
        forms.append((closed, False))
    for form, has_escapes in forms[:-1]:
        try:
            return _collect(form, dialect, headers, skipped, has_escapes)
        except _Malformed:
            continue
    return _collect(forms[-1][0], dialect, headers, skipped, forms[-1][1])


def _close_up(text: str, dialect: _Dialect) -> str:
    """Take off blanks between a closing quote and the next delimiter."""
    quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
    return re.sub(rf"{quote}[ \u00a0]+(?={delimiter}|[\r\n]|\Z)", dialect.quote, text)


def _unescape(text: bytes) -> str:
    """Put a stand-in for each escaped quote; where all backslashes escape, undo them all."""
    escaped = rb'\\([\\"])'
    if not re.search(rb'\\[^\\"]', re.sub(escaped, b"", text)):
        plain = re.sub(escaped, lambda found: b"\0" if found[1] == b'"' else b"\\", text)
        return plain.decode()
    return text.replace(_ESCAPED_QUOTE, _STAND_IN.encode()).decode()


def _collect(
    text: str, dialect: _Dialect, headers: Headers, skipped: int, has_escapes: bool = False
) -> tuple[pl.DataFrame, pl.Series]:
    width = len(headers.names)
    found = _rows(text, dialect, width, skipped)
    if not headers.is_made_up:
        next(found, None)
    frames, lines = [], []
    while batch := list(islice(found, _BATCH)):
        lines += [line for line, _ in batch]
        columns = zip(*(row for _, row in batch), strict=True)
        frame = pl.DataFrame(
            {name: list(cells) for name, cells in zip(headers.names, columns, strict=True)},
            schema=dict.fromkeys(headers.names, pl.String()),
        )
        if has_escapes:
            frame = frame.select(pl.all().str.replace_all(_STAND_IN, '"', literal=True))
        frames.append(frame.select(pl.when(pl.all() != "").then(pl.all())))
    empty = pl.DataFrame(schema=dict.fromkeys(headers.names, pl.String()))
    rows = pl.concat([empty, *frames])
    return rows.select(headers.meaningful(rows)), pl.Series(lines, dtype=pl.Int64)


def _rows(
    text: str, dialect: _Dialect, width: int, skipped: int
) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the fields of each row that is not blank."""
    lines = _Lines(text)
    start = 1 + skipped
    try:
        for row in _reader(lines, dialect):
            end = lines.count + skipped
            if end > start:
                _check_lines(row, start, end, dialect)
            if len(row) > 1 or (row and row[0].strip()):
                yield start, _fit(row, width, start, dialect)
            start = end + 1
    except csv.Error as error:
        reason = str(error).replace("unexpected end of data", "a quotation mark is never closed")
        raise _Malformed(f"line {start}: {reason}") from error


def _check_lines(row: list[str], start: int, end: int, dialect: _Dialect) -> None:
    """Refuse a quoted field that swallows rows, as a missing quotation mark makes one."""
    for field in row:
        for line in re.split(r"\r\n|\n|\r", field)[1:]:
            cells = (cell.strip(f" {dialect.quote}") for cell in line.split(dialect.delimiter))
            if any(is_image(cell) for cell in cells):
                raise _Malformed(
                    f"lines {start} to {end} are one row, since a quotation mark opens in line "
                    f"{start}, and one of them names a picture of its own; is a mark missing?"
                )


def _fit(row: list[str], width: int, line: int, dialect: _Dialect) -> list[str]:
    if len(row) == width:
        return row
    if len(row) > width and not any(cell.strip() for cell in row[width:]):
        return row[:width]
    raise _Malformed(
        f"line {line} has {len(row)} fields (by {dialect.delimiter!r}), but the header has {width}"
    )
