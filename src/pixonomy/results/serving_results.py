"""What the service answers: the rows of `classify`, and what it says about its model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

from pixonomy.results.answer_results import Candidate, Goal, RestsOn
from pixonomy.results.json_record import LEFT_OUT_WHEN_NONE, Result
from pixonomy.results.kept_results import KeptGoal
from pixonomy.results.model_results import TestFigures


@dataclass(frozen=True, kw_only=True)
class ClassifiedImage(Result):
    """What a bundle answers of one image; label and name are None without a category.

    Attributes:
        verdict: `sure`, `unsure`, `none` (of these), or `unreadable`.
        label: the category.
        name: its name for people.
        confidence: calibrated probability of the likeliest category, 0 to 1.
        top: up to five categories, the likeliest first.
        problem: why the image could not be read, or None.
        category_path: names from the coarsest category down to this one, where it has parents.
        goals: what people might save for in this category, where its taxonomy says so.
        rests_on: `training` (the image is like training ones), `words` (its category's), or
            `both`, where the bundle tells them apart.
    """

    verdict: Literal["sure", "unsure", "none", "unreadable"]
    label: str | None
    name: str | None
    confidence: float
    top: tuple[Candidate, ...]
    problem: str | None
    category_path: tuple[str, ...] | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)
    goals: tuple[Goal, ...] | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)
    rests_on: RestsOn | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)

    @classmethod
    def unreadable(cls, problem: str) -> Self:
        """Return the answer for an image that cannot be read, and why."""
        return cls(
            verdict="unreadable", label=None, name=None, confidence=0.0, top=(), problem=problem
        )


@dataclass(frozen=True, kw_only=True)
class ServedImage(ClassifiedImage):
    """What the service answers of one image of a request.

    Attributes:
        index: the image's place in the request, from 0.
        verdict: `sure`, `unsure`, `none` (of these), or `unreadable`.
        label: the category.
        name: its name for people.
        confidence: calibrated probability of the likeliest category, 0 to 1.
        top: up to five categories, the likeliest first.
        problem: why the image could not be read, or None.
        category_path: names from the coarsest category down to this one, where it has parents.
        goals: what people might save for in this category, where its taxonomy says so.
        rests_on: `training` (the image is like training ones), `words` (its category's), or
            `both`, where the bundle tells them apart.
    """

    index: int


@dataclass(frozen=True, kw_only=True)
class ServedAnswers(Result):
    """Answers for the images of one request; `POST /v1/classify` returns it.

    Attributes:
        model: the digest of the bundle that gave all of them.
        images: an answer for each, in their order.
    """

    model: str
    images: tuple[ServedImage, ...]


@dataclass(frozen=True, kw_only=True)
class UploadAnswer(Result):
    """The answer for an image that may be kept; `POST /v1/uploads` returns it.

    Attributes:
        upload: the id of what is kept; null where nothing is: without consent, or of an image that
            cannot be read.
        has_image: whether a copy of the image is kept.
        model: the digest of the bundle that gave the answer.
        images: the answer, as that of `POST /v1/classify` for one image.
    """

    upload: str | None
    has_image: bool
    model: str
    images: tuple[ServedImage, ...]


@dataclass(frozen=True, kw_only=True)
class ServedLabel(Result):
    """A category that the service answers with.

    Attributes:
        label: the category.
        name: its name for people.
        goals: what people might save for in it, where its taxonomy says so.
    """

    label: str
    name: str
    goals: tuple[Goal, ...] | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)


@dataclass(frozen=True, kw_only=True)
class ServedModel(Result):
    """The bundle that answers; `GET /v1/model` returns it.

    Attributes:
        digest: of the bundle.
        labels: the categories, in the order of the network's outputs.
        size: side of the images that the network sees, in pixels.
        calibrated_on: images that its confidences were calibrated on.
        calibrated_at: when, in UTC (ISO 8601); null where the bundle does not say.
        test: how right it was on its test images; null where the bundle does not say.
    """

    digest: str
    labels: tuple[ServedLabel, ...]
    size: int
    calibrated_on: int
    calibrated_at: str | None
    test: TestFigures | None


@dataclass(frozen=True, kw_only=True)
class ServiceState(Result):
    """Whether the service is alive or ready; `GET /live` and `GET /ready` return it.

    Attributes:
        status: `ok`.
    """

    status: Literal["ok"]


@dataclass(frozen=True, kw_only=True)
class Failure(Result):
    """Why a request got no answer.

    Attributes:
        kind: one word for programs.
        message: one sentence for people.
        fields: a sentence for each field that cannot be taken, by its name.
        current: the goal as it is now, where a change names an older version of it.
    """

    kind: str
    message: str
    fields: Mapping[str, str] | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)
    current: KeptGoal | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)


@dataclass(frozen=True, kw_only=True)
class Refusal(Result):
    """The answer to a request that got none.

    Attributes:
        error: why.
    """

    error: Failure


@dataclass(frozen=True, kw_only=True)
class ServeStarted(Result):
    """A service that listens; `serve` prints it.

    Attributes:
        address: where it answers.
        model: the digest of its bundle.
        categories: that it answers with.
        workers: processes that decode and classify.
        needs_token: whether classifying needs a token.
    """

    address: str
    model: str
    categories: int
    workers: int
    needs_token: bool
