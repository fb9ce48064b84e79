"""What the service returns of what it keeps for a saver: uploads, corrections, goals, links."""

from dataclasses import dataclass

from pixonomy.results.answer_results import Candidate
from pixonomy.results.json_record import Result


@dataclass(frozen=True, kw_only=True)
class KeptUpload(Result):
    """An answered image that its saver agreed to keep.

    Attributes:
        id: of the upload.
        created: when, in UTC (ISO 8601).
        model: the digest of the bundle that answered.
        verdict: `sure`, `unsure` or `none` (of these).
        label: the category, or null.
        confidence: calibrated probability of the likeliest category, 0 to 1.
        top: up to five categories, the likeliest first.
        has_image: whether a copy of the image is kept.
        keep: whether the image is kept with the goal.
        improve: whether it may be used to make the answers better.
    """

    id: str
    created: str
    model: str
    verdict: str
    label: str | None
    confidence: float
    top: tuple[Candidate, ...]
    has_image: bool
    keep: bool
    improve: bool


@dataclass(frozen=True, kw_only=True)
class KeptUploads(Result):
    """All that is kept of a saver's uploads; `GET /v1/uploads` returns it.

    Attributes:
        uploads: each.
    """

    uploads: tuple[KeptUpload, ...]


@dataclass(frozen=True, kw_only=True)
class KeptCorrection(Result):
    """What an upload shows, as its saver sees it; `POST /v1/corrections` returns it.

    Attributes:
        id: of the correction.
        upload: the id of the upload.
        label: a category; null: none of them.
        text: the saver's own words; "" where there are none.
        created: when, in UTC (ISO 8601).
    """

    id: str
    upload: str
    label: str | None
    text: str
    created: str


@dataclass(frozen=True, kw_only=True)
class KeptGoal(Result):
    """A goal of a saver; sums are in its currency.

    Attributes:
        id: of the goal.
        version: 1 when it is made, one more with each change: what a change has to name.
        name: of the goal.
        label: the category that it belongs to, or null.
        amount: the sum to save, or null.
        currency: three capital letters, as in ISO 4217, or null.
        by: the day by which it is to be saved (ISO 8601), or null.
        saved: what there is of it already.
        upload: the id of the upload that is shown with it, or null.
        each_month: what remains, for each month until the day; null where sum or day are not set.
        each_week: the same for each week.
        share: how much of the sum is saved, 0 to 1.
        created: when, in UTC (ISO 8601).
        changed: when it was last, in UTC (ISO 8601).
    """

    id: str
    version: int
    name: str
    label: str | None
    amount: float | None
    currency: str | None
    by: str | None
    saved: float
    upload: str | None
    each_month: float | None
    each_week: float | None
    share: float
    created: str
    changed: str


@dataclass(frozen=True, kw_only=True)
class KeptGoals(Result):
    """A saver's goals; `GET /v1/goals` returns it.

    Attributes:
        goals: each.
    """

    goals: tuple[KeptGoal, ...]


@dataclass(frozen=True, kw_only=True)
class EmbedLink(Result):
    """What opens the saver's page in a frame; `POST /v1/embed-links` returns it.

    Attributes:
        path: on this service.
        seconds: for which it opens the page.
    """

    path: str
    seconds: int
