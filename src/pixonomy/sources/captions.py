"""Tells captions from labels among the texts beside images, so that no caption is a category."""

from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b

_MOST_TEXTS = 10_000  # that are looked at
_HANDFUL = 5
_WORDS = 3  # names of categories mostly have fewer, captions more
_ALONE, _NEARLY_ALL = 0.5, 0.9


@dataclass
class Captions:
    """Is shown texts, and tells whether they differ from image to image as captions do.

    Attributes:
        count: how many have been seen.
    """

    count: int = 0
    _counts: Counter[bytes] = field(default_factory=Counter)
    _words: int = 0

    @property
    def is_full(self) -> bool:
        """Whether enough have been seen."""
        return self.count >= _MOST_TEXTS

    def add(self, text: str) -> None:
        """Look at the text of one image."""
        if not self.is_full:
            self._counts[blake2b(text.encode(), digest_size=8).digest()] += 1
            self.count += 1
            self._words += len(text.split())

    def are_captions(self) -> bool:
        """Tell whether they are captions.

        They are if nearly all are different; also if more than half are said of one image only
        and have three words or more. Of a handful of images or less, all have to be different
        and to have five words or more.
        """
        if not self.count:
            return False
        alone = sum(count == 1 for count in self._counts.values()) / self.count
        words = self._words / self.count
        if self.count <= _HANDFUL:
            return alone == 1 and words >= _HANDFUL
        return alone > _NEARLY_ALL or (alone > _ALONE and words >= _WORDS)
