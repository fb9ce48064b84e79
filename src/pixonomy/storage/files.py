"""Writes whole files, reads and hashes them: nothing half-written ever bears a final name."""

import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pixonomy.errors import PixonomyError, SettingError, StorageError
from pixonomy.storage.address import require_local
from pixonomy.storage.refusal import find_refusal

_PARTIAL = ".partial-"


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
    """Name in one sentence what the operating system refused and what to do."""
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


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with storage_errors(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_json(content: object) -> str:
    """Return the SHA-256 of a JSON value in its canonical form, in hexadecimal."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


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
