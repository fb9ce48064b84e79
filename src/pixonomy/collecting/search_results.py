"""Search results, requests and replies as plain values, and what can go wrong with each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["api", "page", "media"]
"""What is asked for: a documented interface, a page for people, or an image."""


@dataclass(frozen=True)
class SearchResult:
    """A image that a provider names for a keyword.

    Attributes:
        native_id: the provider's own id; stable from search to search.
        image_url: what is downloaded.
        page_url: where people see it.
        license: as the provider calls it; empty where it says nothing.
        width, height: in pixels, as the provider says; None where it does not.
    """

    native_id: str
    image_url: str
    page_url: str = ""
    title: str = ""
    creator: str = ""
    license: str = ""
    license_url: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class Page:
    """A page of a search.

    Attributes:
        search_results: in the provider's order.
        next: what the next page is asked for with; None where this one is the last.
        total: how many there are in all, as the provider says; None where it does not.
        messages: sentences on what this page lacks, for people.
    """

    search_results: tuple[SearchResult, ...]
    next: Mapping[str, object] | None
    total: int | None = None
    messages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pace:
    """How fast a host may be asked: requests at a time, and a second."""

    at_once: int
    per_second: float


@dataclass(frozen=True)
class Reply:
    """What came back.

    Attributes:
        url: of the last redirect.
        headers: names in small letters.
        seconds: how long it took, from the request to the last byte.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float = 0.0


class Refused(Exception):
    """Something must not be fetched, or not be used: robots.txt, an opt-out, terms, a limit.

    Attributes:
        status: of the reply that says so; None where none does.
    """

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


class Gone(Exception):
    """It is not there, and asking again will not help."""


class Trouble(Exception):
    """It did not work this time.

    Attributes:
        wait_seconds: how long the other side asks to be left alone; None: it does not say.
    """

    def __init__(self, sentence: str, wait_seconds: float | None = None) -> None:
        super().__init__(sentence)
        self.wait_seconds = wait_seconds


class Unreachable(Trouble):
    """Nobody could be connected to.

    Attributes:
        is_ours: it looks as if it were our own network that is off.
    """

    def __init__(self, sentence: str, is_ours: bool = False) -> None:
        super().__init__(sentence)
        self.is_ours = is_ours


class NoReply(Trouble):
    """Somebody was connected to, and sent no whole reply in time."""


class GaveUp(Trouble):
    """It was asked for as often as anybody may be: nobody asks again in this run."""


class Left(Trouble):
    """A host is not asked any more in this run.

    Attributes:
        host: its name.
        until: when it may be asked again, seconds since 1970; None: it does not say.
    """

    def __init__(self, sentence: str, host: str, until: float | None, wait_seconds: float) -> None:
        super().__init__(sentence, wait_seconds)
        self.host, self.until = host, until


class BudgetSpent(Exception):
    """A provider must not be asked any more today."""
