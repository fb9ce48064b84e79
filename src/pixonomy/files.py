"""Paths go in; whole files come out: nothing half-written ever bears a final name."""

import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
from polars.io.plugins import register_io_source

from pixonomy.errors import PixonomyError, SettingError, StorageError
from pixonomy.outputs import require_local
from pixonomy.parquet import BadParquet, check_parquet
from pixonomy.refusal import find_refusal

_PARTIAL = ".partial-"
_PROBE_BYTES = 1024**2  # no disk that has room for these refused what Polars writes at once


@contextmanager
def write_aside(path: Path, is_flushed: bool = True) -> Iterator[Path]:
    """Yield a path beside `path` to write to; rename it to `path` when the block succeeds.

    What killed runs leave is removed by whoever next locks the artefact, see `locks`.

    Args:
        is_flushed: wait until the disk has it all. Without, a power cut can leave less under the
            name: for files that are checked, and flushed later, see `flush_to_disk`.

    Raises:
        SettingError: if the path is an address, see `require_local`.
        StorageError: if the disk is full or the folder cannot be written.
    """
    require_local(path)
    partial = partial_path(path)
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield partial
            if is_flushed:
                flush_to_disk(partial)
            partial.replace(path)
        except BaseException:
            remove(partial)
            raise


def partial_path(path: Path) -> Path:
    """Return a path beside `path` that no other process, here or elsewhere, writes to."""
    return path.with_name(f".{path.name}{_PARTIAL}{secrets.token_hex(6)}")


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals inside the block into one sentence about `path`."""
    try:
        yield
    except PixonomyError:
        raise
    except Exception as error:
        refused = find_refusal(error)
        if refused is None:
            raise
        raise storage_error(refused, path) from error


def storage_error(error: OSError, path: Path | None = None) -> StorageError:
    """Say in one sentence what the operating system refused and what to do."""
    place = printable(path if path is not None else Path(os.fsdecode(error.filename or "a file")))
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            f"The disk is full: {place} could not be written. Free space, run again."
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageError(f"No permission for {place}: {error.strerror}.")
    return StorageError(f"{place} could not be read or written: {error.strerror or error}.")


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 to `path`, whole or not at all."""
    with write_aside(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: Path, content: object) -> None:
    """Write `content` as indented JSON to `path`, whole or not at all."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, sort_keys=False) + "\n")


def read_json(path: Path) -> Any:
    """Return the content of a JSON file, or None where there is no such file.

    Raises:
        StorageError: if the file cannot be read or is not JSON.
    """
    with storage_errors(path):
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (ValueError, RecursionError) as error:
            raise StorageError(f"{printable(path)} is not valid JSON: {error}.") from error


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
        except Exception as error:  # Polars would tell it as an error of its own
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
            transport error"), and the system tells them again.
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


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with storage_errors(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_json(content: object) -> str:
    """Return the SHA-256 of a JSON value in its canonical form, in hexadecimal."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def hash_rows(rows: pl.DataFrame) -> str:
    """Return the SHA-256 of a table's values, in their order, in hexadecimal."""
    return hashlib.sha256(rows.write_csv(None).encode()).hexdigest()


def remove(path: Path) -> None:
    """Remove a file or a folder with all it holds; nothing happens if it is not there."""
    with storage_errors(path):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            with suppress(FileNotFoundError):
                path.unlink()


def existing_path(path: Path, role: str) -> Path:
    """Return `path` if something is there.

    Raises:
        SettingError: naming the `role` the path plays, if nothing is there.
    """
    with storage_errors(path):
        if not path.exists():
            raise SettingError(f"There is no {role} at {printable(path)}.")
    return path


def printable(path: Path | str) -> str:
    """Return a path as text that every terminal and JSON writer accepts."""
    return os.fsencode(path).decode("utf-8", "replace")


def flush_to_disk(path: Path) -> None:
    """Wait until the disk has a file, or all files of a folder.

    Without it a power cut can leave the final name on an empty file.
    """
    for part in [path, *path.rglob("*")] if path.is_dir() else [path]:
        if part.is_file():
            with part.open("r+b") as file:  # Windows flushes no file that is only read
                os.fsync(file.fileno())
