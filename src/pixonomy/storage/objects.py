"""Small objects by name, in a folder on this machine or below a prefix in S3."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from pixonomy.errors import SettingError, StorageError
from pixonomy.storage.address import Address
from pixonomy.storage.disk_space import require_space
from pixonomy.storage.files import storage_errors, write_aside
from pixonomy.storage.s3 import connect, s3_errors, split_address

_SMALLEST_SPACE = 1024**2
_SILENCE, _RETRIES = timedelta(seconds=5), 2
_CHECK_SILENCE = timedelta(seconds=1)


class Objects(Protocol):
    """Objects by name, such as ab/abcd.jpg; all methods raise StorageError where storage fails."""

    place: str
    """The folder, or the address in S3."""

    def put(self, name: str, data: bytes) -> None:
        """Store an object, whole or not at all."""

    def get(self, name: str) -> bytes | None:
        """Return an object; None where there is none of this name."""

    def delete(self, names: Sequence[str]) -> None:
        """Delete objects; what is not there is passed over."""

    def scan(self) -> Iterator[tuple[str, datetime]]:
        """Yield the name of each object and when it was written, in UTC."""

    def check(self) -> None:
        """Return if objects can be read and, as far as that is seen without, written."""


def open_objects(where: Address) -> Objects:
    """Return the objects in a folder, which is made, or below a prefix in S3.

    Raises:
        SettingError: for another kind of address, or without the part that reads S3.
        StorageError: if the folder cannot be made, or there are no credentials.
    """
    return FolderObjects(where.path) if where.path is not None else BucketObjects(where.url)


class FolderObjects:
    """Objects as files of a folder, for their owner's eyes alone."""

    def __init__(self, folder: Path) -> None:
        """Make the folder."""
        with storage_errors(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self.place = folder, str(folder.absolute())

    def put(self, name: str, data: bytes) -> None:
        """Write the file aside, with mode 0600, and rename it."""
        path = self._folder / name
        with storage_errors(path):
            path.parent.mkdir(mode=0o700, exist_ok=True)
        with write_aside(path) as partial:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with os.fdopen(os.open(partial, flags, 0o600), "wb") as file:
                file.write(data)

    def get(self, name: str) -> bytes | None:
        """Return a file's bytes."""
        path = self._folder / name
        with storage_errors(path), suppress(FileNotFoundError):
            return path.read_bytes()
        return None

    def delete(self, names: Sequence[str]) -> None:
        """Delete files."""
        for name in names:
            path = self._folder / name
            with storage_errors(path):
                path.unlink(missing_ok=True)

    def scan(self) -> Iterator[tuple[str, datetime]]:
        """Yield the files of all folders in it, also those that are half written."""
        with storage_errors(self._folder):
            for folder, _, names in os.walk(self._folder):
                for name in names:
                    path = Path(folder, name)
                    with suppress(FileNotFoundError):
                        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                        yield path.relative_to(self._folder).as_posix(), modified

    def check(self) -> None:
        """Return if the folder is there, may be written and has room."""
        require_space(self._folder, _SMALLEST_SPACE)


class BucketObjects:
    """Objects below a prefix in S3-compatible storage."""

    def __init__(self, url: str) -> None:
        """Connect to nothing yet; `url` is such as s3://bucket/prefix."""
        self.place = url.rstrip("/")
        bucket, key = split_address(f"{self.place}/any", "write to")
        self._prefix = key.removesuffix("any")
        self._bucket = connect(bucket, _SILENCE, _RETRIES)
        self._checked = connect(bucket, _CHECK_SILENCE, 0)

    def put(self, name: str, data: bytes) -> None:
        """Upload an object."""
        import obstore

        with self._errors("written"):
            obstore.put(self._bucket, self._prefix + name, data, use_multipart=False)

    def get(self, name: str) -> bytes | None:
        """Download an object."""
        import obstore

        with self._errors("read"), suppress(FileNotFoundError):
            return bytes(obstore.get(self._bucket, self._prefix + name).bytes())
        return None

    def delete(self, names: Sequence[str]) -> None:
        """Delete objects, a thousand with one request."""
        import obstore

        if names:
            with self._errors("written"):
                obstore.delete(self._bucket, [self._prefix + name for name in names])

    def scan(self) -> Iterator[tuple[str, datetime]]:
        """Yield the objects, a thousand with one request."""
        import obstore

        with self._errors("read"):
            for chunk in obstore.list(self._bucket, self._prefix or None):
                for one in chunk:
                    yield one["path"].removeprefix(self._prefix), one["last_modified"]

    def check(self) -> None:
        """Return if the bucket answers at once."""
        import obstore

        with self._errors("read"):
            next(iter(obstore.list(self._checked, f"{self._prefix}check/")), None)

    @contextmanager
    def _errors(self, done: str) -> Iterator[None]:
        try:
            with s3_errors(self.place, done):
                yield
        except SettingError as error:  # the bucket was there when the service started
            raise StorageError(str(error)) from error
