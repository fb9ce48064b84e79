"""Reads a file whole, within a limit, without ever waiting for a pipe or a device."""

import os
import stat
from pathlib import Path

from pixonomy.errors import BundleError
from pixonomy.storage.files import printable

_MIB = 1 << 20


def read_whole(path: Path, most: int) -> bytes:
    """Return the bytes of a regular file of at most `most` bytes; a pipe is never waited for.

    Raises:
        BundleError: if it is something else than a file (a folder, a pipe, a device) or larger.
        FileNotFoundError, OSError: if it is not there or cannot be read.
    """
    if path.is_dir():  # not every system opens one
        raise _irregular(path)
    with open(path, "rb", opener=_open_at_once) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise _irregular(path)
        content = file.read(most + 1) if status.st_size <= most else b""
    size = max(status.st_size, len(content))
    if size > most:
        raise BundleError(
            f"{printable(path)} holds {size / _MIB:,.1f} MiB and was not read: such a file has at "
            f"most {most // _MIB:,} MiB. Get it anew."
        )
    return content


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe would wait for its writer


def _irregular(path: Path) -> BundleError:
    return BundleError(f"{printable(path)} is no regular file. Get it anew.")
