"""Reads byte ranges of objects in S3-compatible storage, and uploads files to it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pixonomy.errors import PixonomyError, SettingError, StorageError
from pixonomy.storage.aws import find_account
from pixonomy.storage.files import storage_errors

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import ClientConfig, RetryConfig, S3Config, S3Store

_SCHEME = "s3://"
_BUCKET = re.compile(r"[A-Za-z0-9._-]+")
# A server that is not there is noticed within seconds, one that stumbles gets further chances.
_CONNECT = timedelta(seconds=5)
_SILENCE = timedelta(seconds=15)  # without a byte, while reading
_PART_SENT = timedelta(minutes=10)  # for one part; while it is sent no byte comes back
_RETRIES: "RetryConfig" = {
    "retry_timeout": timedelta(seconds=20),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=4),
        "base": 2,
    },
}
_PART = 8 * 1024**2  # bytes of an upload that are sent at once …
_MOST_UPLOADS = 10_000  # … unless S3 would count too many of them
_SENT_AT_ONCE = 4  # parts
# How the client's report names what went wrong, and how people do.
_NO_ANSWER = {
    "kind: ConnectionRefused": "connection refused",
    '"dns error"': "unknown host",
    "InvalidCertificate(": "its certificate is not trusted",
    "kind: Timeout": "timed out",
    "kind: Connect": "cannot connect",
    "kind: Interrupted": "the answer breaks off",
    "kind: Request": "cannot be asked",
}
_OTHER_REGION = ("BareRedirect", "<Code>AuthorizationHeaderMalformed<")
_STATUS = re.compile(r"status(?: code)?: (\d{3})")


@dataclass(frozen=True)
class RemoteFile:
    """An object in S3-compatible storage, as it was when it was opened.

    Credentials and endpoint are found the way all AWS tools find them, see `aws`.

    Attributes:
        size: in bytes.
        modified_ns: when it was last written, ns since 1970, by the storage's clock.
        version: the object's ETag; a read fails once the object has another.
        key: its name in its bucket.
        bucket: the client for that bucket.
    """

    address: str
    size: int
    modified_ns: int
    version: str
    key: str
    bucket: "S3Store"

    def read(self, offset: int, length: int) -> memoryview:
        """Return the bytes of a range; fewer where the object ends before.

        Raises:
            StorageError: if they cannot be had, or the object was changed since it was opened.
        """
        end = min(offset + length, self.size)
        if end <= offset:
            return memoryview(b"")
        with s3_errors(self.address):
            import obstore

            # Half an old and half a new object is neither: hence If-Match.
            options: GetOptions = {"range": (offset, end), "if_match": self.version}
            found = obstore.get(self.bucket, self.key, options=options)
            data = memoryview(found.bytes())  # a copy costs more than to receive it
        if found.meta["e_tag"] != self.version:  # some storage overlooks If-Match
            raise _changed(self.address)
        if len(data) != end - offset:
            raise _other_bytes(self.address)
        return data


def open_remote(address: str) -> RemoteFile:
    """Find an object.

    Raises:
        SettingError: for another kind of address, or where the part of Pixonomy that reads S3 is
            not installed, or there is no such object.
        StorageError: if the storage refuses or does not answer.
    """
    name, key = split_address(address, "read")
    bucket = connect(name, _SILENCE)
    with s3_errors(address):
        import obstore

        try:
            about = obstore.head(bucket, key)
        except FileNotFoundError:
            if any(obstore.list(bucket, key, chunk_size=1)):
                raise _no_object(address) from None
            raise
    if not about["e_tag"]:
        raise StorageError(f"{address} has no ETag, so that a change would not be seen.")
    modified_ns = round(about["last_modified"].timestamp()) * 10**9
    return RemoteFile(address, about["size"], modified_ns, about["e_tag"], key, bucket)


def require_writable(address: str) -> None:
    """Refuse an address of a kind to which nothing can be copied.

    Raises:
        SettingError: naming the kinds that are known.
    """
    if not address.startswith(_SCHEME):
        raise _unknown_kind(address, "write to")


def upload(path: Path, address: str) -> None:
    """Copy a file to an object, which is there whole or not at all.

    Raises:
        SettingError: for another kind of address.
        StorageError: if the storage refuses or does not answer.
    """
    name, key = split_address(address, "write to")
    bucket = connect(name, _PART_SENT)
    with storage_errors(path), path.open("rb") as file, s3_errors(address, "written"):
        import obstore

        size = path.stat().st_size
        if size <= _PART:
            obstore.put(bucket, key, file.read())
            return
        part = max(_PART, -(-size // _MOST_UPLOADS))
        # Handed over part by part: Ctrl-C is heard between them, and the upload given up.
        parts = iter(partial(file.read, part), b"")
        obstore.put(bucket, key, parts, chunk_size=part, max_concurrency=_SENT_AT_ONCE)


@lru_cache(maxsize=64)
def connect(bucket: str, silence: timedelta, most_retries: int = 4) -> "S3Store":
    """Return the client for a bucket, the same for the same: its connections are kept.

    Args:
        silence: how long the storage may say nothing.
        most_retries: after an answer that may be another one next time.

    Raises:
        SettingError: if a part of Pixonomy is not installed, or a setting is wrong.
        StorageError: if there are no credentials.
    """
    try:
        import obstore.store

        account = find_account(f"{_SCHEME}{bucket}")
    except ImportError as error:
        raise SettingError(
            "Reading from S3 needs one more part: pip install 'pixonomy[s3]'."
        ) from error
    config: S3Config = {}
    if account.endpoint is not None:
        config["endpoint"] = account.endpoint
    if account.region is not None:
        config["region"] = account.region
    client: ClientConfig = {
        "allow_http": True,
        "connect_timeout": min(_CONNECT, silence),
        "read_timeout": silence,
        "timeout": timedelta(hours=1),  # silence is what counts, see above
    }
    if account.certificates is not None:
        client["root_certificate"] = account.certificates
    with s3_errors(f"{_SCHEME}{bucket}"):
        return obstore.store.S3Store(
            bucket,
            config=config,
            client_options=client,
            retry_config={**_RETRIES, "max_retries": most_retries},
            credential_provider=account.keys,
        )


def split_address(address: str, task: str) -> tuple[str, str]:
    """Return the bucket and the key of an address, which the client would take as they are.

    Args:
        task: what was to be done with it, such as "read", for errors.

    Raises:
        SettingError: if it is none of an object.
    """
    if not address.startswith(_SCHEME):
        raise _unknown_kind(address, task)
    bucket, _, key = address.removeprefix(_SCHEME).partition("/")
    if not key or key.endswith("/"):
        raise _no_object(address)
    if not _BUCKET.fullmatch(bucket):
        raise _nothing(address)
    # The client drops a slash in front, and so would read another object.
    if any(part in ("", ".", "..") for part in key.split("/")) or not key.isprintable():
        raise SettingError(
            f"Cannot {task} {address}: no part of a key may be empty, '.' or '..', or hold "
            "characters that cannot be printed."
        )
    return bucket, key


def _unknown_kind(address: str, task: str) -> SettingError:
    shown = address.partition("?")[0]  # behind it may stand a signature
    return SettingError(f"Cannot {task} {shown}: known are local paths and {_SCHEME}bucket/key.")


def _nothing(address: str, done: str = "read") -> SettingError:
    missing = "object" if done == "read" else "bucket"
    return SettingError(f"There is no {missing} at {address}.")


def _no_object(address: str) -> SettingError:
    return SettingError(f"{address} is no object; name one file, such as {_SCHEME}bucket/key.")


def _changed(address: str) -> StorageError:
    return StorageError(f"{address} was changed while it was read: run again.")


def _other_bytes(address: str) -> StorageError:
    return StorageError(f"The storage of {address} gave other bytes than asked.")


@contextmanager
def s3_errors(address: str, done: str = "read") -> Iterator[None]:
    """Turn the storage's refusals inside the block into one sentence; secrets are never in it.

    Raises:
        SettingError: if there is no such object or bucket.
        StorageError: if the storage refuses or does not answer.
    """
    from obstore import exceptions

    try:
        yield
    except (SettingError, StorageError):
        raise
    except FileNotFoundError as error:
        raise _nothing(address, done) from error
    except exceptions.PreconditionError as error:
        raise _changed(address) from error
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
        raise StorageError(
            f"No permission for {address}: check the credentials and the bucket's policy."
        ) from error
    except (exceptions.BaseError, ValueError) as error:
        raise _explain(str(error), address, done) from error


def _explain(report: str, address: str, done: str) -> PixonomyError:
    if "NotPartial" in report or "UnexpectedRange" in report:
        return _other_bytes(address)
    if any(word in report for word in _OTHER_REGION):
        return StorageError(f"{address} lies in another region: set AWS_DEFAULT_REGION to it.")
    status = _STATUS.search(report)
    if status is not None and status[1] == "404":
        return _nothing(address, done)
    if status is not None:
        advice = "; run again later" if status[1] >= "500" else ""
        return StorageError(f"{address} cannot be {done}: its storage answers {status[1]}{advice}.")
    for word, reason in _NO_ANSWER.items():
        if word in report:
            return StorageError(
                f"No answer from the storage of {address} ({reason}): check the network and "
                "AWS_ENDPOINT_URL."
            )
    return StorageError(f"{address} cannot be {done}.")
