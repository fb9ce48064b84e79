"""Says why Pixonomy does not run on an operating system, where it does not."""

_WINDOWS = ("win32", "cygwin")


def explain_unsupported(platform: str) -> str | None:
    """Return a sentence for a `sys.platform` that is refused, else None.

    On Windows reading and writing at an offset (os.pread, os.pwrite), blocking an interrupt
    (signal.pthread_sigmask) and replacing an open file have no equal, and damage would be silent.
    """
    if platform not in _WINDOWS:
        return None
    return (
        "Pixonomy runs on Linux and macOS, not on Windows itself: use it in the Windows Subsystem "
        "for Linux (wsl --install)."
    )
