"""An address such as s3://bucket/key goes in; its size, version and byte ranges come out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixonomy.errors import PixonomyError, SettingError, StorageError

_SCHEME = "s3://"
_SETTINGS = {
    # A server that is not there is told within seconds, one that stumbles gets a second chance.
    "connect_timeout": 5,
    "read_timeout": 15,
    "retries": {"mode": "standard", "max_attempts": 3},
}
_ATTEMPTS = 3  # for the bytes themselves, which botocore does not ask for again
_NO_ANSWER = (
    "EndpointConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ConnectionClosedError",
    "ProxyConnectionError",
    "SSLError",
)
_NO_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError")


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
        modified_ns: when it was last written, ns since 1970, by the storage's clock; None: untold.
        version: the object's ETag; a read fails once the object has another.
        storage: the s3fs file system that found it.
    """

    address: str
    size: int
    modified_ns: int | None
    version: str
    storage: Any

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes of a range; fewer where the object ends before.

        Raises:
            StorageError: if they cannot be had, or the object was changed since it was opened.
        """
        end = min(offset + length, self.size)
        if end <= offset:
            return b""
        with _sentences(self.address):
            from fsspec.asyn import sync

            return bytes(sync(self.storage.loop, _get, self, offset, end))


def open_remote(address: str) -> RemoteFile:
    """Find an object.

    Raises:
        SettingError: for another kind of address, or where the part of Pixonomy that reads S3 is
            not installed, or there is no such object.
        StorageError: if the storage refuses or does not answer.
    """
    if not address.startswith(_SCHEME):
        shown = address.partition("?")[0]  # behind it may stand a signature
        raise SettingError(f"Cannot read {shown}: known are local paths and {_SCHEME}bucket/key.")
    storage = _connect()
    with _sentences(address):
        about = storage.info(address)
    if about["type"] != "file":
        raise SettingError(f"{address} is no object; name one file, such as {_SCHEME}bucket/key.")
    written = about.get("LastModified")
    modified_ns = round(written.timestamp()) * 10**9 if written else None
    return RemoteFile(address, int(about["size"]), modified_ns, str(about["ETag"]), storage)


def require_writable(address: str) -> None:
    """Refuse an address of a kind to which nothing can be copied.

    Raises:
        SettingError: naming the kinds that are known.
    """
    if not address.startswith(_SCHEME):
        shown = address.partition("?")[0]  # behind it may stand a signature
        raise SettingError(
            f"Cannot write to {shown}: known are local paths and {_SCHEME}bucket/key."
        )


def upload(path: Path, address: str) -> None:
    """Copy a file to an object, which is there whole or not at all.

    Raises:
        SettingError: for another kind of address.
        StorageError: if the storage refuses or does not answer.
    """
    require_writable(address)
    storage = _connect()
    with _sentences(address):
        storage.put_file(str(path), address)


def _connect() -> Any:
    try:
        import s3fs
    except ImportError as error:
        raise SettingError(
            "Reading from S3 needs one more part: pip install 'pixonomy[s3]'."
        ) from error
    # The same in the same thread: its connections are kept.
    storage = s3fs.S3FileSystem(config_kwargs=_SETTINGS)
    storage.retries = 1  # botocore tries again; both would be tries times tries
    return storage


async def _get(file: RemoteFile, begin: int, end: int) -> bytes:
    from aiohttp import ClientError
    from botocore.exceptions import HTTPClientError, IncompleteReadError

    bucket, _, key = file.address.removeprefix(_SCHEME).partition("/")
    span = f"bytes={begin}-{end - 1}"
    for attempt in range(1, _ATTEMPTS + 1):
        # s3fs's own reads know no If-Match, and half an old and half a new object is neither.
        answer = await file.storage._call_s3(
            "get_object", Bucket=bucket, Key=key, Range=span, IfMatch=file.version
        )
        async with answer["Body"] as body:
            if answer["ContentLength"] != end - begin:
                raise StorageError(f"The storage of {file.address} gave other bytes than asked.")
            try:
                return bytes(await body.read())
            except (HTTPClientError, IncompleteReadError, ClientError, TimeoutError):
                if attempt == _ATTEMPTS:
                    raise
    raise AssertionError("the last attempt returns or raises")


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
        raise _explain(error, address) from error


def _explain(error: Exception, address: str) -> PixonomyError:
    reason, told = type(error).__name__, str(error)
    if isinstance(error, OSError) and error.strerror:
        reason = error.strerror.rstrip(".")  # what the storage itself says
    if "PreconditionFailed" in told or "At least one of the pre-conditions" in told:
        return StorageError(f"{address} was changed while it was read: run again.")
    if reason in _NO_CREDENTIALS:
        return StorageError(
            f"No credentials for {address}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
            "AWS_PROFILE."
        )
    if reason in _NO_ANSWER:
        return StorageError(
            f"No answer from the storage of {address} ({reason}): check the network and "
            "AWS_ENDPOINT_URL."
        )
    if "Invalid endpoint" in told:
        return SettingError("AWS_ENDPOINT_URL is no address; expected https://host or http://host.")
    return StorageError(f"{address} cannot be read ({reason}).")
