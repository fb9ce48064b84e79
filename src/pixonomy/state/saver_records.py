"""What the service keeps of a saver, as values: uploads, goals and corrections."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pixonomy.goals.goal_fields import GoalFields
from pixonomy.results.answer_results import Candidate

Verdict = Literal["sure", "unsure", "none", "unreadable"]
Event = Literal["answered", "confirmed", "corrected", "none"]


@dataclass(frozen=True)
class Saver:
    """Somebody who keeps something here.

    Attributes:
        id: random; neither the cookie nor the app's id for the person follows from it.
    """

    id: str


@dataclass(frozen=True)
class Answered:
    """What a model answered for an image.

    Attributes:
        model: the bundle's name and version.
        confidence: calibrated probability of the likeliest category, 0 to 1.
        top: the likeliest categories, the likeliest first.
    """

    model: str
    label: str | None
    verdict: Verdict
    confidence: float
    top: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class Upload:
    """An answered image that its saver agreed to keep.

    Attributes:
        id: random, and the name of its image.
        has_image: whether there is an image.
        keep: whether the saver wants the image with the goal.
        improve: whether it may be used to make the answers better.
    """

    id: str
    created: datetime
    model: str
    label: str | None
    verdict: Verdict
    confidence: float
    top: tuple[Candidate, ...]
    has_image: bool
    keep: bool
    improve: bool


@dataclass(frozen=True)
class SavedGoal:
    """A goal of a saver.

    Attributes:
        version: 1 when it is made, one more with each change.
        upload_id: of the image shown with it.
        created, changed: in UTC.
    """

    id: str
    version: int
    fields: GoalFields
    upload_id: str | None
    created: datetime
    changed: datetime


@dataclass(frozen=True)
class Correction:
    """What a saver said an image shows.

    Attributes:
        label: a category; None: none of them.
        text: the saver's own words, or "".
    """

    id: str
    upload_id: str
    label: str | None
    text: str
    created: datetime


@dataclass(frozen=True)
class Once:
    """Makes a request that is sent twice count once.

    Attributes:
        key: chosen by whoever asks; only its SHA-256 is stored, for a day.
        request_sha256: of the request, in hexadecimal: the same key for another one is refused.
    """

    key: str
    request_sha256: str
