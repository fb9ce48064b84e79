"""Reads a file or an object in long chunks, the next one ahead of its use."""

import mmap
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import numpy as np

from pixonomy.errors import SettingError
from pixonomy.storage.address import Address
from pixonomy.storage.files import printable, storage_errors
from pixonomy.storage.s3 import RemoteFile, open_remote

_MAPPED_AT_ONCE = 64 * 1024  # bytes: what Linux maps around a page that is asked for


class Chunks(Protocol):
    """An opened file or object.

    Attributes:
        size: in bytes.
        usual: how many bytes are well read at once.
        identity: changes when the content does; plain JSON.
    """

    size: int
    usual: int
    identity: list[object]

    def read(self, offset: int, length: int) -> memoryview:
        """Return the bytes of a range, fewer at the end; valid until the file is closed."""


@contextmanager
def open_chunks(file: Address) -> Iterator[Chunks]:
    """Open a path on this machine or the address of an object.

    Raises:
        SettingError: if nothing is there.
        StorageError: if it cannot be read.
    """
    if file.path is None:
        remote = _Remote(open_remote(file.url))
        try:
            yield remote
        finally:
            remote.close()
        return
    with storage_errors(file.path):
        if not file.path.is_file():
            raise SettingError(f"{printable(file.path)} is no regular file.")
        mapped = _Mapped(file.path)
    try:
        yield mapped
    finally:
        mapped.close()


class _Mapped:
    """A file on this machine: nothing is copied, and the kernel may drop what was read."""

    usual = 512 * 1024 * 1024

    def __init__(self, file: Path) -> None:
        with file.open("rb") as opened:
            status = file.stat()
            self.size = status.st_size
            # An empty file cannot be mapped.
            self._map = (
                mmap.mmap(opened.fileno(), self.size, access=mmap.ACCESS_READ) if self.size else b""
            )
        self.identity: list[object] = [self.size, status.st_mtime_ns]
        self._view = memoryview(self._map)
        self._threads = ThreadPoolExecutor(1, "touch ahead")

    def read(self, offset: int, length: int) -> memoryview:
        # The disk fetches the next pages, and the kernel maps them, while these are scanned.
        self._threads.submit(_touch, self._view[offset + length : offset + 2 * length])
        return self._view[offset : offset + length]

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._view.release()
        # Arrays that still look at the map keep it; it goes with the last of them.
        with suppress(BufferError):
            if isinstance(self._map, mmap.mmap):
                self._map.close()


def _touch(view: memoryview) -> None:
    """Look at one byte in each range that the kernel maps at once; NumPy lets others go on."""
    np.frombuffer(view, np.uint8)[::_MAPPED_AT_ONCE].max(initial=0)


class _Remote:
    """An object, read block by block, a few ahead; only blocks still needed are kept."""

    usual = 64 * 1024 * 1024  # all of it is in memory, twice while blocks are put together
    _BLOCK = 16 * 1024 * 1024  # bytes: long enough that the way to the storage does not count
    _AHEAD = 3

    def __init__(self, file: RemoteFile) -> None:
        self._file = file
        self.size = file.size
        self.identity: list[object] = [file.size, file.version]
        self._threads = ThreadPoolExecutor(self._AHEAD, "read ahead")
        self._blocks: dict[int, Future[memoryview]] = {}

    def read(self, offset: int, length: int) -> memoryview:
        first, end = offset // self._BLOCK, min(offset + length, self.size)
        last = (end - 1) // self._BLOCK if end > offset else first - 1
        for number in range(first, last + self._AHEAD + 1):
            start = number * self._BLOCK
            if number not in self._blocks and start < self.size:
                self._blocks[number] = self._threads.submit(self._file.read, start, self._BLOCK)
        self._blocks = {number: one for number, one in self._blocks.items() if number >= first}
        needed = [self._blocks[number].result() for number in range(first, last + 1)]
        begin = offset - first * self._BLOCK
        return memoryview(b"".join(needed))[begin : begin + max(0, end - offset)]

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
