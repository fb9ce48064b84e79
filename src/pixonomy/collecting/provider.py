"""What every provider is: its terms, its pace, and how its pages are asked for and read."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pixonomy.collecting.finds import Find, Kind, Pace, Page, Reply
from pixonomy.errors import SettingError

MlUse = Literal["allowed", "not without permission"]

Get = Callable[..., Awaitable[Reply]]
"""`get(url, kind, headers=…, form=…)`: asks politely; see `manners`."""


@dataclass(frozen=True)
class Terms:
    """Under which terms a provider may be used.

    Attributes:
        ml_use: whether its terms allow training on what it finds, within each picture's licence.
        max_per_query: so many finds a search are there at most; None: no known limit.
        daily_requests: of its interface; None: no known limit.
    """

    ml_use: MlUse
    terms_url: str
    max_per_query: int | None = None
    daily_requests: int | None = None


@dataclass(frozen=True)
class Settings:
    """What a provider is set to.

    Attributes:
        values: from `[provider.NAME]` of the taxonomy file.
        key: its secret, if it needs one; never shown, logged or stored.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = field(default=None, repr=False)

    def text(self, name: str, default: str) -> str:
        """Return a text."""
        value = self.values.get(name, default)
        if not isinstance(value, str):
            raise SettingError(f"{name} of a provider is a text, not {value!r}.")
        return value

    def number(self, name: str, default: float) -> float:
        """Return a number above 0."""
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise SettingError(f"{name} of a provider is a number above 0, not {value!r}.")
        return float(value)


class Provider(Protocol):
    """Finds pictures by keyword."""

    name: str
    known: tuple[str, ...]  # its settings
    needs_license: bool  # of each picture: one that names none is refused
    terms: Terms
    page_size: int

    def pace(self, kind: Kind) -> Pace:
        """Return how fast a host may be asked."""

    async def find(self, keyword: str, at: Mapping[str, Any] | None, get: Get) -> Page:
        """Return a page of the search for a keyword: the first, or what an earlier page names."""


def plain(text: Any) -> str:
    """Return what a provider says as one line of text."""
    return " ".join(text.split()) if isinstance(text, str) else ""


def whole(value: Any) -> int | None:
    """Return a count or a number of pixels; None where it is none."""
    try:
        number = int(value)
    except (TypeError, ValueError):
        return None
    return number if number > 0 else None


def unique(finds: list[Find]) -> tuple[Find, ...]:
    """Return finds without those whose id came before."""
    return tuple({find.native_id: find for find in reversed(finds)}.values())[::-1]
