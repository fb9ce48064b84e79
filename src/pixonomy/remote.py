"""An address such as s3://bucket/key goes in; its size, version and byte ranges come out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pixonomy.errors import SettingError, StorageError

_SCHEME = "s3://"


def is_remote(address: str) -> bool:
    """Tell an address of an object from a path on this machine.

    A path can never look like one: `pathlib` makes one slash out of two.
    """
    return "://" in address


@dataclass(frozen=True)
class RemoteFile:
    """An object in S3-compatible storage, as it was when it was opened.

    Credentials and endpoint are found the way all AWS tools find them.

    Attributes:
        size: in bytes.
        version: the object's ETag; a read fails once the object has another.
    """

    address: str
    size: int
    version: str
    _storage: Any

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes of a range; fewer where the object ends before.

        Raises:
            StorageError: if they cannot be had, or the object was changed since it was opened.
        """
        end = min(offset + length, self.size)
        if end <= offset:
            return b""
        bucket, _, key = self.address.removeprefix(_SCHEME).partition("/")
        with _sentences(self.address):
            # s3fs's own reads know no If-Match, and half an old and half a new object is neither.
            answer = self._storage.call_s3(
                "get_object",
                Bucket=bucket,
                Key=key,
                Range=f"bytes={offset}-{end - 1}",
                IfMatch=self.version,
            )
            return _drain(self._storage, answer["Body"])


def open_remote(address: str) -> RemoteFile:
    """Find an object.

    Raises:
        SettingError: for another kind of address, or where the part of Pixonomy that reads S3 is
            not installed, or there is no such object.
        StorageError: if the storage refuses or does not answer.
    """
    if not address.startswith(_SCHEME):
        raise SettingError(f"Cannot read {address}: known are local paths and {_SCHEME}bucket/key.")
    storage = _connect()
    with _sentences(address):
        about = storage.info(address)
    if about["type"] != "file":
        raise SettingError(f"{address} is no object; name one file, such as {_SCHEME}bucket/key.")
    return RemoteFile(address, int(about["size"]), str(about["ETag"]), storage)


def _connect() -> Any:
    try:
        import s3fs
    except ImportError as error:
        raise SettingError(
            "Reading from S3 needs one more part: pip install 'pixonomy[s3]'."
        ) from error
    return s3fs.S3FileSystem()


def _drain(storage: Any, body: Any) -> bytes:
    import fsspec.asyn

    async def read() -> bytes:
        try:
            return bytes(await body.read())
        finally:
            body.close()

    return bytes(fsspec.asyn.sync(storage.loop, read))


@contextmanager
def _sentences(address: str) -> Iterator[None]:
    """Turn the storage's refusals inside the block into one sentence; secrets are never in it."""
    try:
        yield
    except (SettingError, StorageError):
        raise
    except FileNotFoundError as error:
        raise SettingError(f"There is no object at {address}.") from error
    except PermissionError as error:
        raise StorageError(
            f"No permission for {address}: check the credentials and the bucket's policy."
        ) from error
    except Exception as error:  # botocore and aiohttp raise trees of their own
        reason = type(error).__name__
        if "PreconditionFailed" in str(error) or "At least one of the pre-conditions" in str(error):
            raise StorageError(f"{address} was changed while it was read: run again.") from error
        raise StorageError(f"{address} cannot be read ({reason}).") from error
