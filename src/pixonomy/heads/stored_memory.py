"""Stores the memory of corrections in one file, and reads it back for the same network."""

import json
import zipfile
from pathlib import Path
from typing import NamedTuple, TypedDict, cast

import numpy as np
import numpy.typing as npt

from pixonomy.errors import SettingError, StorageError
from pixonomy.heads.correction_memory import MOST, CorrectionMemory, Review
from pixonomy.heads.references import Floats
from pixonomy.storage.files import printable, storage_errors, write_aside

_VERSION = 1
_ARRAYS = {"vectors.npy", "numbers.npy", "about.npy"}
_LARGEST = 4 * 1024**3  # bytes: 50,000 embeddings of 4,096 numbers take 400 MB


class LoadedMemory(NamedTuple):
    """A memory, and how many images it does not hold for their labels are unknown."""

    memory: CorrectionMemory
    passed_over: int


class _About(TypedDict):
    """What stands beside the embeddings: id, label and answer of each review, among others."""

    version: int
    network: str
    reviews: list[tuple[str, str | None, str | None]]


def save_memory(path: Path, memory: CorrectionMemory, network: str) -> None:
    """Write a memory to one file, whole or not at all.

    Args:
        network: what the embeddings are of: the SHA-256 of the model.

    Raises:
        StorageError: if the disk is full or the folder cannot be written.
    """
    reviews = [(one.id, one.label, one.answer) for one in memory.reviews]
    about = json.dumps({"version": _VERSION, "network": network, "reviews": reviews})
    with write_aside(path) as partial, partial.open("wb") as file:
        np.savez(
            file,
            vectors=memory.vectors,
            numbers=memory.numbers,
            about=np.frombuffer(about.encode(), np.uint8),
        )


def load_memory(
    path: Path, references: Floats, network: str, labels: frozenset[str], most: int = MOST
) -> LoadedMemory:
    """Return the memory that is stored at `path`, the newest images of it.

    Args:
        references: see `CorrectionMemory`.
        labels: of the bundle; what was said to be another category is passed over.

    Raises:
        SettingError: if its embeddings are another network's, which mean nothing to this one.
        StorageError: if it is not there, cannot be read or is damaged.
    """
    with storage_errors(path):
        try:
            vectors, numbers, about = _read(path)
            reviews = [Review(*one) for one in about["reviews"]]
        except FileNotFoundError:
            raise
        except (ValueError, TypeError, KeyError, EOFError, RecursionError, zipfile.BadZipFile):
            raise _damaged(path) from None
    if about["network"] != network:
        raise SettingError(
            f"{printable(path)} remembers embeddings of another network; only the one they come "
            "from can compare them. Begin a new memory, or embed the reviewed pictures anew."
        )
    memory = CorrectionMemory(references, most)
    _check(path, vectors, numbers, reviews, references.shape[1])
    known = [place for place, one in enumerate(reviews) if one.label is None or one.label in labels]
    for place in sorted(known, key=lambda one: int(numbers[one]))[-most:]:
        memory.add(vectors[place], reviews[place], is_checked=False)
    memory.check()
    return LoadedMemory(memory, len(reviews) - len(known))


def _read(path: Path) -> tuple[npt.NDArray[np.float16], npt.NDArray[np.int64], _About]:
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        is_plain = all(one.compress_type == zipfile.ZIP_STORED for one in parts)
        size = sum(one.file_size for one in parts)
        if {one.filename for one in parts} != _ARRAYS or not is_plain or size > _LARGEST:
            raise ValueError("other arrays than a memory has")
    with np.load(path, allow_pickle=False) as stored:
        about = json.loads(stored["about"].tobytes())
        if not isinstance(about, dict) or about.get("version") != _VERSION:
            raise ValueError("another version")
        return stored["vectors"], stored["numbers"], cast(_About, about)


def _check(
    path: Path,
    vectors: npt.NDArray[np.generic],
    numbers: npt.NDArray[np.generic],
    reviews: list[Review],
    dimensions: int,
) -> None:
    is_whole = (
        vectors.dtype == np.float16
        and numbers.dtype == np.int64
        and vectors.shape == (len(reviews), dimensions)
        and numbers.shape == (len(reviews),)
        and bool(np.isfinite(vectors).all())
        and all(isinstance(one.id, str) for one in reviews)
        and all(
            value is None or isinstance(value, str)
            for one in reviews
            for value in (one.label, one.answer)
        )
        and len({one.id for one in reviews}) == len(reviews)
    )
    if not is_whole:
        raise _damaged(path)


def _damaged(path: Path) -> StorageError:
    return StorageError(
        f"{printable(path)} is damaged: it is no memory of corrections; remove it, and the memory "
        "begins anew."
    )
