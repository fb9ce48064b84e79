"""Keeps images as objects: an object is there before its row, and gone before its row is."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice

from pixonomy.errors import StorageError
from pixonomy.state.state_errors import StateUnavailable
from pixonomy.storage.objects import Objects

_AT_ONCE = 1000
# Also one that was half written when its process was killed.
_OURS = re.compile(r"[0-9a-f]{2}/\.?([0-9a-f]{32})\.jpg(?:\.partial-[0-9a-f]+)?")


class KeptImages:
    """Images by the id of their upload; all methods raise StateUnavailable where storage fails."""

    def __init__(self, objects: Objects) -> None:
        """Keep images as these objects."""
        self._objects = objects

    @property
    def place(self) -> str:
        """The folder, or the address in S3."""
        return self._objects.place

    def put(self, upload_id: str, image: bytes) -> None:
        """Store an image."""
        with _unavailable():
            self._objects.put(image_name(upload_id), image)

    def get(self, upload_id: str) -> bytes | None:
        """Return an image; None where there is none."""
        with _unavailable():
            return self._objects.get(image_name(upload_id))

    def delete(self, upload_ids: Iterable[str]) -> None:
        """Delete images; what is not there is passed over."""
        with _unavailable():
            self._objects.delete([image_name(one) for one in upload_ids])

    def scan(self) -> Iterator[dict[str, tuple[str, datetime]]]:
        """Yield, in batches, the name of each object → its upload and when it was written.

        What others may have put into the folder is passed over.
        """
        with _unavailable():
            objects = self._objects.scan()
            while batch := list(islice(objects, _AT_ONCE)):
                found = [(name, _OURS.fullmatch(name), written) for name, written in batch]
                yield {name: (match[1], written) for name, match, written in found if match}

    def delete_objects(self, names: list[str]) -> None:
        """Delete objects by their names."""
        with _unavailable():
            self._objects.delete(names)

    def check(self) -> None:
        """Return if images can be read and written."""
        with _unavailable():
            self._objects.check()


def image_name(upload_id: str) -> str:
    """Return the name of an upload's image; folders stay small."""
    return f"{upload_id[:2]}/{upload_id}.jpg"


def is_partial(name: str) -> bool:
    """Tell whether an object was half written when its process was killed."""
    return ".partial-" in name


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        raise StateUnavailable(str(error)) from error
