"""Tables in Parquet files: written whole or not at all, and read with one sentence where broken."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import polars as pl
from polars.io.plugins import register_io_source

from pixonomy.errors import StorageError
from pixonomy.storage.files import printable, storage_errors, write_aside
from pixonomy.storage.parquet import BadParquet, check_parquet
from pixonomy.storage.refusal import find_refusal

_PROBE_BYTES = 1024**2  # no disk that has room for these refused what Polars writes at once


def write_parquet(
    path: Path, rows: pl.DataFrame | pl.LazyFrame, about: Mapping[str, str] | None = None
) -> None:
    """Write a table and texts about it to one Parquet file, whole or not at all.

    Lazy rows are streamed: memory does not grow with their number.

    Raises:
        StorageError: if the disk is full or the folder cannot be written.
    """
    with write_aside(path) as partial, partial.open("wb") as file, _polars_refusals(file):
        rows.lazy().sink_parquet(file, metadata=dict(about or {}))


def stream_parquet(
    path: Path,
    batches: Iterator[pl.DataFrame],
    about: Mapping[str, str] | None = None,
    rows_together: int | None = None,
) -> None:
    """Write a table that comes batch by batch to one Parquet file, whole or not at all.

    Args:
        batches: at least one, all of the same columns.
        about: texts about the table.
        rows_together: rows of a row group, which is read as one; None: Polars chooses.

    Raises:
        StorageError: if the disk is full or the folder cannot be written.
    """
    first = next(batches)
    failed: list[Exception] = []

    def draw(*_: object) -> Iterator[pl.DataFrame]:
        yield first
        try:
            yield from batches
        except Exception as error:  # Polars would raise it as an error of its own
            failed.append(error)

    rows = register_io_source(draw, schema=first.schema, is_pure=True)
    with write_aside(path) as partial, partial.open("wb") as file, _polars_refusals(file):
        rows.sink_parquet(file, metadata=dict(about or {}), row_group_size=rows_together)
        if failed:
            raise failed[0]


def read_parquet(path: Path, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Return the table in a Parquet file, or only some `columns` of it, in that order.

    Raises:
        StorageError: if the file cannot be read or is damaged.
    """
    with scan_parquet(path) as rows:
        return (rows if columns is None else rows.select(columns)).collect()


@contextmanager
def scan_parquet(path: Path) -> Iterator[pl.LazyFrame]:
    """Yield the table in a Parquet file, to be read inside the block and only as far as needed.

    Raises:
        StorageError: if the file cannot be read or is damaged.
    """
    # An open file, for Polars itself takes no names that are not UTF-8.
    with storage_errors(path), path.open("rb") as file, parquet_errors(path):
        check_parquet(file)
        yield pl.scan_parquet(file)


def read_parquet_texts(path: Path) -> dict[str, str]:
    """Return the texts about the table in a Parquet file; none where `path` is something else.

    Raises:
        StorageError: if the file cannot be read or is damaged.
    """
    with storage_errors(path):
        if not path.is_file():
            return {}
        with path.open("rb") as file, parquet_errors(path):
            is_parquet = check_parquet(file, ())
            return pl.read_parquet_metadata(file) if is_parquet else {}


@contextmanager
def parquet_errors(path: Path) -> Iterator[None]:
    """Turn what breaks inside the block, where Parquet is read, into one sentence about `path`.

    Raises:
        StorageError: that the file is damaged.
    """
    try:
        with _polars_refusals():
            yield
    except (pl.exceptions.PolarsError, BadParquet) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise _damaged(path, f" ({reason})") from error
    except pl.exceptions.PanicException as error:  # no Exception, and its text is of no use
        raise _damaged(path, "") from error


def _damaged(path: Path, reason: str) -> StorageError:
    return StorageError(
        f"{printable(path)} is damaged: it cannot be read as Parquet{reason}; copy or download it "
        "again."
    )


@contextmanager
def _polars_refusals(written: BinaryIO | None = None) -> Iterator[None]:
    """Turn what the operating system refused to Polars back into the error it was.

    Args:
        written: the file that Polars writes to; it keeps some refusals to itself ("Invalid thrift:
            transport error"), and the system repeats them.
    """
    try:
        yield
    except pl.exceptions.PolarsError as error:
        refused = find_refusal(error)
        if refused is not None:
            raise refused from error
        if written is not None:
            written.write(bytes(_PROBE_BYTES))
            written.flush()
        raise


def hash_rows(rows: pl.DataFrame) -> str:
    """Return the SHA-256 of a table's values, in their order, in hexadecimal."""
    return hashlib.sha256(rows.write_csv(None).encode()).hexdigest()
