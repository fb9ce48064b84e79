"""What the verbs return that answer for images: `classify` and `predict`."""

from dataclasses import dataclass, field
from typing import Literal

from pixonomy.results.json_record import LEFT_OUT_WHEN_NONE, Result

RestsOn = Literal["training", "both", "words"]
"""On what an answer rests: on training images like it, on its category's words, or on both."""


@dataclass(frozen=True, kw_only=True)
class Candidate(Result):
    """A category that an image may show.

    Attributes:
        label: the category.
        name: its name for people.
        confidence: calibrated probability, 0 to 1.
    """

    label: str
    name: str
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Goal(Result):
    """A goal that people might set for a category, a template to change.

    Attributes:
        name: the goal's.
        amount: the lowest and the highest usual sum; null: it varies.
        months: the usual time to save for it; null: it varies.
        currency: of the sums, as in ISO 4217; null: the user's.
        source: who found the sums; null: they are a guess.
        source_url: where that can be read.
        year: the one that the sums are of.
        formula: what a sum follows from that only the saver knows, such as `months of spending`.
        per_unit: with a formula, the lowest and the highest to multiply the saver's number with.
    """

    name: str
    amount: tuple[float, ...] | None
    months: int | None
    currency: str | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)
    source: str | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)
    source_url: str | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)
    year: int | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)
    formula: str | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)
    per_unit: tuple[float, ...] | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)


@dataclass(frozen=True, kw_only=True)
class ImageAnswer(Result):
    """What a bundle answers of one image; label and name are None without a category.

    Attributes:
        path: of the image.
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

    path: str
    verdict: Literal["sure", "unsure", "none", "unreadable"]
    label: str | None
    name: str | None
    confidence: float
    top: tuple[Candidate, ...]
    problem: str | None
    category_path: tuple[str, ...] | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)
    goals: tuple[Goal, ...] | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)
    rests_on: RestsOn | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)


@dataclass(frozen=True, kw_only=True)
class ClassifyResult(Result):
    """Answers for images, in their order; `classify` returns it.

    Attributes:
        images: an answer for each.
        table: the CSV of them, where the command line was asked for one.
    """

    images: tuple[ImageAnswer, ...]
    table: str | None = field(default=None, metadata=LEFT_OUT_WHEN_NONE)


@dataclass(frozen=True, kw_only=True)
class PredictResult(Result):
    """Answers for a manifest; `predict` returns it.

    Attributes:
        predictions: the Parquet file.
        submission: the CSV with a line for each group, if one was asked for.
        rows, groups: images and groups in the manifest.
        problems: rows without an answer.
        seconds: how long this call took.
    """

    predictions: str
    submission: str | None
    rows: int
    groups: int
    problems: int
    seconds: float
