"""What every provider is: its terms, its rate limit, how its pages are asked for and read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from pixonomy.collecting.search_results import Kind, Pace, Page, Reply, SearchResult

MlUse = Literal["allowed", "not without permission"]

_MOST = 10**9
_DIGITS = 40  # letters of a number that are read


class Get(Protocol):
    """Asks politely; see `politeness.Politeness.get`."""

    async def __call__(
        self,
        url: str,
        kind: Kind,
        /,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Reply:
        """Return what comes from an address."""


@dataclass(frozen=True)
class Terms:
    """Under which terms a provider may be used.

    Attributes:
        ml_use: whether its terms allow training on what it finds, within each image's licence.
        max_per_query: so many results a search has at most; None: no known limit.
        daily_requests: of its interface; None: no known limit.
    """

    ml_use: MlUse
    terms_url: str
    max_per_query: int | None = None
    daily_requests: int | None = None


class Provider(Protocol):
    """Finds images by keyword."""

    name: str
    known: tuple[str, ...]  # its settings
    needs_license: bool  # of each image: one that names none is refused
    terms: Terms
    page_size: int
    searched_by: Kind  # api, or page: then pages and images come from one host
    has_page_each: bool  # to find an image, a page of its own is asked for

    def pace(self, kind: Kind) -> Pace:
        """Return how fast a host may be asked."""

    async def find(self, keyword: str, at: Mapping[str, object] | None, get: Get) -> Page:
        """Return a page of the search for a keyword: the first, or what an earlier page names."""


def plain(text: object) -> str:
    """Return what a provider says as one line of text."""
    return " ".join(text.split()) if isinstance(text, str) else ""


def whole(value: object) -> int | None:
    """Return a count or a number of pixels, 1 to a milliard; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = int(value if not isinstance(value, str) else value[:_DIGITS])
    except (ValueError, OverflowError):
        return None
    return number if 0 < number <= _MOST else None


def unique(search_results: list[SearchResult]) -> tuple[SearchResult, ...]:
    """Return search results without those whose id came before."""
    found: dict[str, SearchResult] = {}
    for one in search_results:
        found.setdefault(one.native_id, one)
    return tuple(found.values())
