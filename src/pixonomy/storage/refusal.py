"""Finds the operating system's refusal behind a library's own error."""

import errno
import os
import re


def find_refusal(error: BaseException) -> OSError | None:
    """Return what the operating system refused, where an error is a library's word for that.

    Polars' Rust writes "(os error 28)", HDF5 "errno = 28"; NumPy has a short write in words only
    ("27648 requested and 8064 written"), and SQLite a full disk.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return error
    text = str(error)
    numbered = re.search(r"\(os error (\d+)\)|\berrno = (\d+)", text)
    if numbered is not None:
        number = int(numbered[1] or numbered[2])
        return OSError(number, os.strerror(number))
    is_short = isinstance(error, OSError) and "requested and" in text
    if is_short or "No space left on device" in text or "disk is full" in text:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return error if isinstance(error, OSError) else None
