"""A file of embeddings, written batch by batch and mapped when it is read."""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pixonomy.storage.files import flush_to_disk, storage_errors

_TYPE = np.dtype(np.float16)


def map_embeddings(path: Path) -> npt.NDArray[np.float16]:
    """Return the vectors in a file, float16 (n, d), mapped and not read."""
    with storage_errors(path):
        mapped: npt.NDArray[np.float16] = np.load(path, mmap_mode="r", allow_pickle=False)
    return mapped


class EmbeddingsFile:
    """A file of float16 (count, dimensions) in the making; it gets its name when it is whole."""

    def __init__(self, path: Path, count: int, dimensions: int) -> None:
        """Take up what a killed run has left; nothing is written yet."""
        self._path, self._shape = path, (count, dimensions)
        self._partial = path.with_name(f".{path.name}.begun")

    @property
    def is_begun(self) -> bool:
        """Whether a run before has begun, or even finished, a file of this shape."""
        return self._is_right(self._partial) or self._is_right(self._path)

    def begin(self) -> None:
        """Make the file, of zeros that take no space on the disk yet."""
        with storage_errors(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            made = np.lib.format.open_memmap(self._partial, "w+", _TYPE, self._shape)
            made.flush()

    def write(self, start: int, vectors: npt.NDArray[np.float16]) -> None:
        """Write the vectors of some rows, and wait until the disk has them."""
        with storage_errors(self._path), self._partial.open("r+b") as file:
            row_bytes = self._shape[1] * _TYPE.itemsize
            first = os.fstat(file.fileno()).st_size - self._shape[0] * row_bytes
            file.seek(first + start * row_bytes)
            file.write(np.ascontiguousarray(vectors, _TYPE).tobytes())
            file.flush()
            os.fsync(file.fileno())

    def finish(self) -> None:
        """Give the file its name."""
        with storage_errors(self._path):
            if self._partial.exists():  # else a run killed just afterwards has done so
                flush_to_disk(self._partial)
                self._partial.replace(self._path)

    def _is_right(self, path: Path) -> bool:
        if not path.is_file():
            return False
        try:
            found = map_embeddings(path)
        except ValueError:  # cut short
            return False
        return found.shape == self._shape and found.dtype == _TYPE
