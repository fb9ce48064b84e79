"""Silences what Pillow and its libtiff write about damaged images.

Both write to standard error, past our own sentences: over a thousand lines for one folder of
damaged TIFFs, each of which is a row with a problem already.
"""

import ctypes
import logging

_NO_THREAD = logging.NullHandler()


def silence_pillow() -> None:
    """Take libtiff's and Pillow's own messages off standard error, in a process that is ours.

    Where libtiff is linked into Pillow (Windows), it cannot be reached, and goes on printing.
    """
    from PIL import _imaging

    # Without any handler, Python prints what a library logs.
    logging.getLogger("PIL").addHandler(_NO_THREAD)
    try:
        # Found by way of the module that is linked to it; the function is told of at
        # https://libtiff.gitlab.io/libtiff/functions/TIFFError.html
        set_handler = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
    except (OSError, AttributeError):
        return
    set_handler.argtypes, set_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
    set_handler(None)
