"""A file or an object goes in; long stretches of its bytes come out, the next one read ahead."""

import mmap
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from pixonomy.errors import SettingError
from pixonomy.files import printable, storage_errors
from pixonomy.remote import RemoteFile, open_remote


class Stretches(Protocol):
    """An opened file or object.

    Attributes:
        size: in bytes.
        identity: changes when the content does; plain JSON.
    """

    size: int
    identity: list[object]

    def read(self, offset: int, length: int) -> memoryview:
        """Return the bytes of a range, fewer at the end; valid until the file is closed."""


@contextmanager
def open_stretches(file: Path | str) -> Iterator[Stretches]:
    """Open a path on this machine or the address of an object.

    Raises:
        SettingError: if nothing is there.
        StorageError: if it cannot be read.
    """
    if isinstance(file, str):
        remote = _Remote(open_remote(file))
        try:
            yield remote
        finally:
            remote.close()
        return
    with storage_errors(file):
        if not file.is_file():
            raise SettingError(f"{printable(file)} is no regular file.")
        mapped = _Mapped(file)
    try:
        yield mapped
    finally:
        mapped.close()


class _Mapped:
    """A file on this machine: nothing is copied, and the kernel may drop what was read."""

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
        self._advise("MADV_SEQUENTIAL", 0, self.size)

    def read(self, offset: int, length: int) -> memoryview:
        # The disk fetches the next stretch while this one is walked.
        self._advise("MADV_WILLNEED", offset + length, length)
        return self._view[offset : offset + length]

    def close(self) -> None:
        self._view.release()
        # Arrays that still look at the map keep it; it goes with the last of them.
        with suppress(BufferError):
            if isinstance(self._map, mmap.mmap):
                self._map.close()

    def _advise(self, advice: str, offset: int, length: int) -> None:
        page = mmap.PAGESIZE
        start = offset // page * page
        if isinstance(self._map, mmap.mmap) and hasattr(mmap, advice) and start < self.size:
            self._map.madvise(getattr(mmap, advice), start, min(length + page, self.size - start))


class _Remote:
    """An object, read block by block, a few ahead; only blocks still needed are kept."""

    _BLOCK = 16 * 1024 * 1024  # bytes: long enough that the way to the storage does not count
    _AHEAD = 3

    def __init__(self, file: RemoteFile) -> None:
        self._file = file
        self.size = file.size
        self.identity: list[object] = [file.size, file.version]
        self._threads = ThreadPoolExecutor(self._AHEAD, "read ahead")
        self._blocks: dict[int, Future[bytes]] = {}

    def read(self, offset: int, length: int) -> memoryview:
        first, end = offset // self._BLOCK, min(offset + length, self.size)
        last = max(first, (end - 1) // self._BLOCK)
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
