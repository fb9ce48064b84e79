"""Notices a full disk before something is written to it in vain."""

import errno
import os
import shutil
from pathlib import Path

from pixonomy.errors import StorageError
from pixonomy.storage.files import printable, storage_error, storage_errors


def require_space(folder: Path, smallest: int) -> None:
    """Return if a folder can be written to.

    Args:
        smallest: bytes that must be free.

    Raises:
        StorageError: if it is not there, is not ours to write, or its disk is full.
    """
    with storage_errors(folder):
        free = shutil.disk_usage(folder).free
    if free < smallest:
        raise storage_error(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), folder)
    # The user that this process acts as, where that is not the one that started it.
    has_effective = os.access in os.supports_effective_ids
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=has_effective):
        raise StorageError(f"No permission to write to {printable(folder)}.")
