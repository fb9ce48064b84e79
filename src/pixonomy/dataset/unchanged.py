"""Refuses bytes that cannot be the image that was indexed.

What `index` saw of the file decides (size, time, ETag). Where that has changed, or was not looked
at, and the row has a SHA-256, the bytes decide: a copied or touched data set stays of use.
"""

from typing import Protocol

from pixonomy.dataset.location import PARQUET, Location
from pixonomy.dataset.seen import CHANGED, has_digest
from pixonomy.errors import UndecodableImage


class Opened(Protocol):
    """The state of an opened file or object; see `pixonomy.storage.s3.RemoteFile`."""

    @property
    def size(self) -> int:
        """In bytes."""

    @property
    def modified_ns(self) -> int | None:
        """When it was last written, ns since 1970."""

    @property
    def version(self) -> str | None:
        """The ETag of an object."""


def refuse(location: Location, opened: Opened) -> UndecodableImage | None:
    """Return why an image need not be read, if it need not."""
    if location.offset < 0:  # it must not spoil its neighbours
        return UndecodableImage("the row names no range of bytes")
    if location.seen is None:
        return None
    if location.is_whole_file and location.length != opened.size:
        return UndecodableImage(CHANGED)
    is_same = location.seen.is_of(opened.modified_ns, opened.version)
    return None if is_same or location.sha256 is not None else UndecodableImage(CHANGED)


def compare(
    fetched: bytes | UndecodableImage, location: Location, opened: Opened
) -> bytes | UndecodableImage:
    """Return what was read, unless it cannot be the image that was indexed."""
    if isinstance(fetched, UndecodableImage):
        return fetched
    is_cell = location.encoding is not None and location.encoding.startswith(PARQUET)
    if is_cell and location.length not in (None, len(fetched)):
        return UndecodableImage(CHANGED)
    if location.sha256 is None:
        return fetched
    if location.seen is not None and location.seen.is_of(opened.modified_ns, opened.version):
        return fetched
    return fetched if has_digest(fetched, location.sha256) else UndecodableImage(CHANGED)
