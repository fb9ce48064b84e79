"""Tells errors of our own, which end the run, from those that a stranger's bytes have led to."""

import errno
import sqlite3

from pixonomy.errors import PixonomyError

_OF_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE})


def is_ours(error: BaseException) -> bool:
    """Tell whether an error ends the run: a full disk, no memory, what people have to be told.

    All else that goes wrong while an image or a page is handled becomes its row's reason: one
    that nobody thought of must not cost all others.
    """
    if isinstance(error, PixonomyError | sqlite3.Error | MemoryError):
        return True
    return isinstance(error, OSError) and error.errno in _OF_DISK
