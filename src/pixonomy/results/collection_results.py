"""What `collect` returns, for each of its modes."""

from collections.abc import Mapping
from dataclasses import dataclass

from pixonomy.results.json_record import Result


@dataclass(frozen=True, kw_only=True)
class CollectResult(Result):
    """What a collection keeps; `collect` returns it.

    Attributes:
        manifest: the Parquet file.
        pictures: images without a problem.
        duplicates: images that repeat another one.
        refused, failed: addresses that were not taken, and that could not be had.
        shortfall: how many addresses each keyword lacks of those wanted.
        sightings: the Parquet file of all addresses seen.
        attribution: the CSV of sources and licences.
        page: the HTML page to look at.
        credits: the HTML page to publish.
        kept: images kept in all.
        waiting: addresses that are still to be asked.
        usable_shortfall: how many usable images each keyword lacks.
        licenses: images by SPDX identifier.
        refused_by_reason: addresses by the reason.
        left: hosts that were left while images wait there, and why; the 100 at which most wait.
        left_hosts: how many such hosts there are.
        seconds: how long this call took.
    """

    manifest: str
    pictures: int
    duplicates: int
    refused: int
    failed: int
    shortfall: Mapping[str, int]
    sightings: str
    attribution: str
    page: str
    credits: str
    kept: int
    waiting: int
    usable_shortfall: Mapping[str, int]
    licenses: Mapping[str, int]
    refused_by_reason: Mapping[str, int]
    left: Mapping[str, str]
    left_hosts: int
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class PlannedProvider(Result):
    """What a provider would be asked for, if it alone had to serve all keywords.

    Attributes:
        provider: its name.
        terms: what its terms say of training.
        terms_url: where they are.
        pictures: at most, by its limit for a search.
        shortfall: how many of those wanted lie beyond that limit.
        requests: to its interface, or for its pages.
        interface_hours: that these take at its pace.
        media_hours: that the images take at its pace, from one host.
        is_one_host: whether pages and images come from one host, one after the other.
        hours: in all, at least.
    """

    provider: str
    terms: str
    terms_url: str
    pictures: int
    shortfall: int
    requests: int
    interface_hours: float
    media_hours: float
    is_one_host: bool
    hours: float


@dataclass(frozen=True, kw_only=True)
class PlannedTotal(Result):
    """What all providers give in turn: each is asked for what those before it do not have.

    Attributes:
        pictures: at most.
        shortfall: how many of those wanted are beyond that.
        requests: to interfaces, or for pages.
        hours: in all, at least.
    """

    pictures: int
    shortfall: int
    requests: int
    hours: float


@dataclass(frozen=True, kw_only=True)
class CollectPlanResult(Result):
    """What a collection would ask for; `collect` returns it for a dry run.

    Attributes:
        keywords: how many there are.
        pictures: wanted for all of them.
        providers: each as if it were the only one.
        plan: all of them in turn.
        seconds: how long this call took.
    """

    keywords: int
    pictures: int
    providers: tuple[PlannedProvider, ...]
    plan: PlannedTotal
    seconds: float


@dataclass(frozen=True, kw_only=True)
class KeywordStatus(Result):
    """How far a keyword is.

    Attributes:
        category, keyword: which it is.
        kept: images.
        wanted: images.
        waiting: addresses that are still to be asked.
    """

    category: str
    keyword: str
    kept: int
    wanted: int
    waiting: int


@dataclass(frozen=True, kw_only=True)
class CollectStatusResult(Result):
    """How far a collection is; `collect --status` prints it.

    Attributes:
        pictures: different ones that are kept, copies by their pixels included.
        wanted: of all keywords.
        waiting, refused, failed: addresses.
        last_kept: when the last image came, in UTC; None without any.
        manifest: None where there is none yet.
        keywords: how far each of them is.
        refused_by_reason, failed_by_reason: addresses by the reason.
        resting_hosts: why each is left alone, and until when.
    """

    pictures: int
    wanted: int
    waiting: int
    refused: int
    failed: int
    last_kept: str | None
    manifest: str | None
    keywords: tuple[KeywordStatus, ...]
    refused_by_reason: Mapping[str, int]
    failed_by_reason: Mapping[str, int]
    resting_hosts: Mapping[str, str]
