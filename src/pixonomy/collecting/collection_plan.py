"""Plans what a collection will ask for, and how long it takes, without asking anybody.

It follows from the providers' limits and rate limits, and from how long an answer usually takes.
What robots.txt, busy hosts and refused images cost comes on top.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from pixonomy.collecting.provider import Provider
from pixonomy.collecting.search_results import Pace
from pixonomy.results.collection_results import CollectPlanResult, PlannedProvider, PlannedTotal

_ANSWER_SECONDS = 0.5  # until a page or an image is there, usually
_OWN_SECONDS = 0.01  # to look at an image and write it
_RULES = 2  # requests for what a host allows
_DAY = 86_400.0


@dataclass(frozen=True)
class ProviderPlan:
    """What a provider would be asked for, if it alone had to serve all keywords.

    Attributes:
        images: at most, by its limit for a search.
        shortfall: how many of those wanted lie beyond that limit.
        requests: to its interface, or for its pages.
        interface_hours: that these take at its pace, days of its daily budget included.
        media_hours: that the images take at its pace, from one host.
        is_one_host: pages and images come from one host, one after the other.
        terms: what its terms say of training.
    """

    provider: str
    terms: str
    terms_url: str
    images: int
    shortfall: int
    requests: int
    interface_hours: float
    media_hours: float
    is_one_host: bool = False

    @property
    def hours(self) -> float:
        """The time it takes at least."""
        if self.is_one_host:
            return round(self.interface_hours + self.media_hours, 4)
        return max(self.interface_hours, self.media_hours)

    def as_result(self) -> PlannedProvider:
        """Return it as a dry run does."""
        plan = asdict(self)
        return PlannedProvider(pictures=plan.pop("images"), **plan, hours=self.hours)


@dataclass(frozen=True)
class CollectionPlan:
    """What is asked for in all.

    Attributes:
        keywords, wanted: how many, and images for all of them.
        providers: each as if it were the only one.
        shares: what each is asked for when they serve in turn: the second gets what lies beyond
            the limit of the first, and so on.
    """

    keywords: int
    wanted: int
    providers: tuple[ProviderPlan, ...]
    shares: tuple[ProviderPlan, ...]

    def as_result(self, seconds: float = 0.0) -> CollectPlanResult:
        """Return it as a dry run of so many seconds does."""
        images = sum(one.images for one in self.shares)
        return CollectPlanResult(
            keywords=self.keywords,
            pictures=self.wanted,
            providers=tuple(one.as_result() for one in self.providers),
            plan=PlannedTotal(
                pictures=images,
                shortfall=self.wanted - images,
                requests=sum(one.requests for one in self.shares),
                hours=round(sum(one.hours for one in self.shares), 4),
            ),
            seconds=seconds,
        )


def plan_collection(
    providers: Sequence[Provider], keywords: int, per_keyword: int
) -> CollectionPlan:
    """Plan the providers, each alone and all of them in turn."""
    alone = tuple(_plan(one, keywords, per_keyword) for one in providers)
    shares, left = [], per_keyword
    for one in providers:
        share = _plan(one, keywords, left)
        left -= share.images // keywords if keywords else 0
        shares.append(share)
    return CollectionPlan(keywords, keywords * per_keyword, alone, tuple(shares))


def _plan(provider: Provider, keywords: int, per_keyword: int) -> ProviderPlan:
    most = provider.terms.max_per_query
    each = per_keyword if most is None else min(per_keyword, most)
    images = keywords * each
    is_one_host = provider.searched_by == "page"
    requests = keywords * math.ceil(each / provider.page_size)
    if provider.has_page_each:
        requests += images
    seconds = _seconds(provider.pace(provider.searched_by), requests)
    if is_one_host and requests:
        seconds += _RULES / provider.pace("page").per_second
    daily = provider.terms.daily_requests
    if daily is not None and requests > daily:
        seconds = max(seconds, (math.ceil(requests / daily) - 1) * _DAY)
    media = max(_seconds(provider.pace("media"), images), images * _OWN_SECONDS)
    return ProviderPlan(
        provider.name,
        provider.terms.ml_use,
        provider.terms.terms_url,
        images,
        keywords * (per_keyword - each),
        requests,
        round(seconds / 3600, 4),
        round(media / 3600, 4),
        is_one_host,
    )


def _seconds(pace: Pace, requests: int) -> float:
    return requests * max(1 / pace.per_second, _ANSWER_SECONDS / pace.at_once)
