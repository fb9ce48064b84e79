"""Tells where a page is from: when and from what it was made, how long that took, and how again."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from pixonomy.pages.wording import shorten

_LONGEST_SOURCE = 60  # characters; the whole path shows when the pointer rests on it


@dataclass(frozen=True)
class Provenance:
    """What the line below a page's title says; see the template `provenance.html`.

    Attributes:
        created: the date and time.
        source: the file or folder that the page describes.
        seconds: how long the command had taken when the page was written; None where unknown.
        command: what makes the page, and all that it describes, once more.
        details: sentences that say more.
    """

    created: str
    source: str
    seconds: float | None
    command: str
    details: tuple[str, ...] = ()

    @classmethod
    def now(
        cls, source: str, began: float | None, command: str, details: tuple[str, ...] = ()
    ) -> "Provenance":
        """Describe what is made at this moment.

        Args:
            began: of the command, as `time.monotonic` measured it; None where unknown.
        """
        seconds = None if began is None else time.monotonic() - began
        created = f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC".lstrip("0")
        return cls(created, source, seconds, command, details)

    @property
    def short_source(self) -> str:
        """The source, cut in its middle."""
        return shorten(self.source, _LONGEST_SOURCE)
