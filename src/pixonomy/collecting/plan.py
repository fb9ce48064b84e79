"""Keywords and providers go in; what a collection will ask for, and how long it takes, comes out.

Nothing is asked of anybody: it follows from the providers' limits and paces.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pixonomy.collecting.provider import Provider


@dataclass(frozen=True)
class ProviderPlan:
    """What a provider would be asked for, if it alone had to serve all keywords.

    Attributes:
        pictures: at most, by its limit for a search.
        shortfall: how many of those wanted lie beyond that limit.
        requests: to its interface.
        interface_hours: that these take at its pace, days of its daily budget included.
        media_hours: that the pictures take at its pace, from one host.
        terms: what its terms say of training.
    """

    provider: str
    terms: str
    terms_url: str
    pictures: int
    shortfall: int
    requests: int
    interface_hours: float
    media_hours: float

    @property
    def hours(self) -> float:
        """The time it takes at least: its interface and its pictures are asked side by side."""
        return max(self.interface_hours, self.media_hours)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {**asdict(self), "hours": round(self.hours, 2)}


def plan_collection(
    providers: Sequence[Provider], keywords: int, per_keyword: int
) -> tuple[ProviderPlan, ...]:
    """Plan each provider as if it were the only one."""
    return tuple(_plan(one, keywords, per_keyword) for one in providers)


def _plan(provider: Provider, keywords: int, per_keyword: int) -> ProviderPlan:
    most = provider.terms.max_per_query
    each = per_keyword if most is None else min(per_keyword, most)
    requests = keywords * math.ceil(each / provider.page_size)
    interface, media = provider.pace("api"), provider.pace("media")
    seconds = requests / interface.per_second
    daily = provider.terms.daily_requests
    if daily is not None and requests > daily:
        seconds = max(seconds, (math.ceil(requests / daily) - 1) * 86_400.0)
    return ProviderPlan(
        provider.name,
        provider.terms.ml_use,
        provider.terms.terms_url,
        keywords * each,
        keywords * (per_keyword - each),
        requests,
        round(seconds / 3600, 2),
        round(keywords * each / media.per_second / 3600, 2),
    )
