"""Makes a state of the file that `backup` wrote: whole, or not at all."""

import json
import os
import re
import shutil
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

from pixonomy.errors import DataError, SettingError
from pixonomy.json_types import Json
from pixonomy.results.backup_results import BackupResult
from pixonomy.state.backup import ABOUT, FORMAT, IMAGE_FOLDER, count_rows, open_read_only
from pixonomy.state.database import FILE
from pixonomy.state.opening import open_database
from pixonomy.storage.address import require_local
from pixonomy.storage.files import (
    existing_path,
    flush_to_disk,
    partial_path,
    printable,
    remove,
    storage_errors,
)

_IMAGE = re.compile(re.escape(IMAGE_FOLDER) + r"[0-9a-f]{2}/[0-9a-f]{32}\.jpg")
_ABOUT_BYTES = 65_536


def restore(file: Path, state: Path) -> BackupResult:
    """Make a state of a backup; its images come into the folder `images` of it.

    Args:
        state: a folder that is empty or not there.

    Raises:
        DataError: if the file is no backup, breaks off or is damaged.
        SettingError: if there is no file, `state` is not empty, or a newer release made the file.
        StorageError: if the disk is full, or the file cannot be read.
    """
    require_local(state)
    existing_path(file, "backup")
    with storage_errors(state):
        if state.exists() and (not state.is_dir() or any(state.iterdir())):
            raise SettingError(
                f"{printable(state)} is not empty: a backup is restored into a new folder."
            )
    partial = partial_path(state)
    try:
        with storage_errors(state):
            partial.mkdir(mode=0o700, parents=True)
            images = _unpack(file, partial)
            counts = _check_database(partial, file)
            flush_to_disk(partial)
            partial.replace(state)
    finally:
        remove(partial)
    return BackupResult(
        file=printable(file),
        state=printable(state),
        images=images,
        missing=0,
        images_at=None,
        **counts,
    )


def _unpack(file: Path, folder: Path) -> int:
    """Unpack all members; return how many images there were."""
    images, about = 0, None
    try:
        with storage_errors(file), tarfile.open(file, "r:") as tar:
            for member in tar:
                if member.isfile() and member.name == ABOUT and member.size <= _ABOUT_BYTES:
                    about = _read_member(tar, member)
                elif member.isfile() and member.name == FILE:
                    _write_member(tar, member, folder / FILE)
                elif member.isfile() and _IMAGE.fullmatch(member.name):
                    _write_member(tar, member, folder / member.name)
                    images += 1
                else:
                    raise _no_backup(file, f"it holds {member.name[:80]!r}")
    except tarfile.TarError as error:
        raise _no_backup(file, "it is damaged or breaks off") from error
    _check_about(file, about, images)
    return images


def _check_about(file: Path, about: bytes | None, images: int) -> None:
    """Return if a backup is of a known format and has all its images.

    Raises:
        DataError: if it has not, or breaks off.
        SettingError: if a newer release has made it.
    """
    if about is None:
        raise _no_backup(file, "it breaks off")
    try:
        content: Json = json.loads(about)
    except (ValueError, RecursionError) as error:
        raise _no_backup(file, "it is damaged") from error
    if not isinstance(content, dict) or content.get("images") != images:
        raise _no_backup(file, "not all of its images are in it")
    if content.get("format") != FORMAT:
        raise SettingError(
            f"{printable(file)} is of format {content.get('format')!r} and this release reads "
            f"format {FORMAT}: install the release that made it, {content.get('release')!r}."
        )


def _read_member(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    opened = tar.extractfile(member)
    return b"" if opened is None else opened.read()


def _write_member(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    opened = tar.extractfile(member)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        if opened is not None:
            shutil.copyfileobj(opened, file)


def _check_database(folder: Path, file: Path) -> dict[str, int]:
    """Return how many rows a restored database has; it is brought to this release's version."""
    if not (folder / FILE).is_file():
        raise _no_backup(file, f"it has no {FILE}")
    try:
        with closing(open_read_only(folder / FILE)) as rows:
            found = rows.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise _no_backup(file, f"its database is damaged: {found}")
        open_database(folder).close()
        with closing(open_read_only(folder / FILE)) as rows:
            return count_rows(rows)
    except sqlite3.Error as error:
        raise _no_backup(file, f"its database is damaged: {error}") from error


def _no_backup(file: Path, reason: str) -> DataError:
    return DataError(f"{printable(file)} is no backup that can be restored: {reason}.")
