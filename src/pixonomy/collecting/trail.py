"""Watches the pages of a search and notices when it leads nowhere any more.

What is kept is small, whatever a site sends: short hashes, and counts.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pixonomy.collecting.provider import whole

MOST_PAGES = 1000  # of results, for one keyword
MOST_BARREN = 10  # pages without a new result, one after the other


@dataclass
class Trail:
    """What a search has come by.

    Attributes:
        seen: hashes of pages' addresses, and of the sets of results on them.
        pages: that were read.
        barren: the last ones of these, that had nothing new.
    """

    seen: set[str] = field(default_factory=set)
    pages: int = 0
    barren: int = 0

    @classmethod
    def read(cls, stored: object) -> "Trail":
        """Return a trail from what `as_json` gave; an empty one from anything else."""
        if not isinstance(stored, Mapping) or not isinstance(stored.get("seen"), str):
            return cls()
        seen = set(stored["seen"].split())
        return cls(seen, whole(stored.get("pages")) or 0, whole(stored.get("barren")) or 0)

    def as_json(self) -> dict[str, str | int]:
        """Return it as plain JSON."""
        return {"seen": " ".join(sorted(self.seen)), "pages": self.pages, "barren": self.barren}

    def knows(self, address: str) -> bool:
        """Tell whether a page was read before."""
        return _hash(address) in self.seen

    def note(self, address: str, search_results: Iterable[str]) -> None:
        """Note a page that was read, with the addresses of what it had."""
        self.pages += 1
        self.seen.add(_hash(address))
        found = sorted(set(search_results))
        digest = _hash("\n".join(found))
        self.barren = self.barren + 1 if not found or digest in self.seen else 0
        self.seen.add(digest)

    @property
    def problem(self) -> str:
        """Why it leads nowhere any more; empty while it does."""
        if self.barren >= MOST_BARREN:
            return f"{self.barren} pages in a row had no new pictures; the search ends there"
        if self.pages >= MOST_PAGES:
            return f"{self.pages} pages were read; the search ends there"
        return ""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
