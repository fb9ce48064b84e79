import errno
import sqlite3

import pytest

from pixonomy.collecting.faults import is_ours
from pixonomy.errors import StorageError


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (StorageError("The disk is full."), True),
        (sqlite3.OperationalError("database or disk is full"), True),
        (MemoryError(), True),
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (ConnectionResetError(errno.ECONNRESET, "reset"), False),
        (UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogates not allowed"), False),
        (ValueError("Invalid IPv6 URL"), False),
        (RecursionError(), False),
    ],
)
def test_what_is_ours_ends_the_run_and_what_strangers_sent_does_not(
    error: Exception, ours: bool
) -> None:
    assert is_ours(error) is ours
