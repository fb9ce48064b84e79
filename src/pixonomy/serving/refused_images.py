"""Remembers images that have ended a worker, so that they are refused unread."""

from collections import Counter, OrderedDict
from hashlib import sha256

_KEPT = 10_000


class RefusedImages:
    """The SHA-256 of the last 10,000 images that ended a worker."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._hashes: OrderedDict[str, int] = OrderedDict()  # hash → bytes of the image
        self._sizes: Counter[int] = Counter()  # only an image of such a size has to be hashed

    def add(self, image: bytes) -> str:
        """Keep an image's hash; return it."""
        found = sha256(image).hexdigest()
        if found not in self._hashes:
            self._hashes[found] = len(image)
            self._sizes[len(image)] += 1
        if len(self._hashes) > self._kept:
            _, size = self._hashes.popitem(last=False)
            self._sizes[size] -= 1
        return found

    def __contains__(self, image: bytes) -> bool:
        return self._sizes[len(image)] > 0 and sha256(image).hexdigest() in self._hashes
