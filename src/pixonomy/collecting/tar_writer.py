"""Appends images to tar files in WebDataset's form, and cuts back what was not noted.

Of each image a member with its bytes and one with a JSON of where it is from, both under the name
of its number. Appending begins where the state database says that the file ends: what a killed run
left behind is overwritten.
"""

import json
import os
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pixonomy.storage.files import storage_errors

SHARD_BYTES = 256 * 1024**2
_END = bytes(2 * tarfile.BLOCKSIZE)


@dataclass(frozen=True)
class NewImage:
    """A image to append.

    Attributes:
        ending: of its file name, such as jpg.
        about: where it is from, as plain JSON.
    """

    data: bytes
    ending: str
    about: Mapping[str, str]


@dataclass(frozen=True)
class Placed:
    """Where an image's bytes lie."""

    shard: int
    offset: int
    length: int


def shard_path(folder: Path, shard: int) -> Path:
    """Return the path of a tar file."""
    return folder / f"pictures-{shard:05d}.tar"


class ShardWriter:
    """Appends to the last tar file of a folder, or begins the next."""

    def __init__(self, folder: Path, ends: Mapping[int, tuple[int, bool]], most: int = SHARD_BYTES):
        """Cut the files back to where they end.

        Args:
            ends: of each tar file its size without the end mark, and whether it is full.
        """
        self._folder, self._most = folder, most
        self._ends = dict(ends)
        with storage_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            for shard, (size, _) in self._ends.items():
                _end_at(shard_path(folder, shard), size)
            known = {shard_path(folder, one) for one in self._ends}
            for extra in folder.glob("pictures-*.tar"):
                if extra not in known:
                    extra.unlink()

    def append(self, number: int, images: Sequence[NewImage]) -> list[Placed]:
        """Append images, numbered from `number` on, and wait until the disk has them.

        Each file ends with tar's end mark at any time: a reader finds whole images only.
        """
        placed: list[Placed] = []
        start = 0
        while start < len(images):
            shard, size = self._open_shard()
            parts: list[bytes] = []
            while start < len(images) and (size < self._most or not parts):
                data, offset = _members(number + start, images[start])
                placed.append(Placed(shard, size + offset, len(images[start].data)))
                parts.append(data)
                size += len(data)
                start += 1
            self._write(shard, self._ends.get(shard, (0, False))[0], b"".join(parts))
            self._ends[shard] = (size, size >= self._most)
        return placed

    @property
    def ends(self) -> dict[int, tuple[int, bool]]:
        """Of each tar file its size without the end mark, and whether it is full."""
        return dict(self._ends)

    def _open_shard(self) -> tuple[int, int]:
        last = max(self._ends, default=-1)
        if last >= 0 and not self._ends[last][1]:
            return last, self._ends[last][0]
        return last + 1, 0

    def _write(self, shard: int, at: int, data: bytes) -> None:
        path = shard_path(self._folder, shard)
        with storage_errors(path):
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                done = 0
                whole = memoryview(data + _END)
                while done < len(whole):
                    done += os.pwrite(handle, whole[done:], at + done)
                os.fsync(handle)
            finally:
                os.close(handle)


def _members(number: int, image: NewImage) -> tuple[bytes, int]:
    """Return the two members of an image, and where its bytes begin in them."""
    name = f"{number:09d}"
    about = json.dumps(image.about, ensure_ascii=False, sort_keys=True).encode()
    first = _member(f"{name}.{image.ending}", image.data)
    return first + _member(f"{name}.json", about), tarfile.BLOCKSIZE


def _member(name: str, data: bytes) -> bytes:
    header = tarfile.TarInfo(name)
    header.size, header.mode = len(data), 0o644
    filling = bytes(-len(data) % tarfile.BLOCKSIZE)
    return header.tobuf(tarfile.USTAR_FORMAT) + data + filling


def _end_at(path: Path, size: int) -> None:
    """Cut a file back to `size` and the end mark, if it is not so already."""
    with path.open("r+b") as file:
        file.seek(size)
        if file.read(len(_END) + 1) != _END:
            file.seek(size)
            file.truncate()
            file.write(_END)
            file.flush()
            os.fsync(file.fileno())
