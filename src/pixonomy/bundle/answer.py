"""Classifies encoded images with a bundle: verdict, category and confidence of each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np
import numpy.typing as npt

from pixonomy.bundle.calibrate import Verdict, name_grounds
from pixonomy.bundle.load import Bundle
from pixonomy.errors import UndecodableImage
from pixonomy.images.resize import frame
from pixonomy.results.answer_results import Candidate, Goal, RestsOn

_BATCH = 64
_TOP = 5

Square = npt.NDArray[np.uint8]
"""An image as the network takes it: uint8, shape (3, size, size), RGB."""


@dataclass(frozen=True)
class Answer:
    """The bundle's answer for one image; label and name are None without a category.

    Attributes:
        verdict: `sure`, `unsure`, `none` (of these), or `unreadable`: nothing is known of it.
        confidence: calibrated probability of the most likely category, 0 to 1.
        top: up to five categories, most likely first, as {label, name, confidence}.
        problem: why the image could not be read, or None.
        category_path: names from the coarsest category down to this one; None without parents.
        goals: what people might save for in this category; None where none are known.
        rests_on: `training` (the image is like training ones), `words` (its category's), or
            `both`; None where the bundle does not say.
    """

    verdict: Verdict | Literal["unreadable"]
    label: str | None
    name: str | None
    confidence: float
    top: list[Candidate]
    problem: str | None = None
    category_path: tuple[str, ...] | None = None
    goals: tuple[Goal, ...] | None = None
    rests_on: RestsOn | None = None


def classify_images(bundle: Bundle, images: Iterable[bytes | UndecodableImage]) -> Iterator[Answer]:
    """Answer for each image, in order; memory stays flat however many there are."""
    return classify_squares(bundle, (_frame(bundle, data) for data in images))


def classify_squares(
    bundle: Bundle, squares: Iterable[Square | UndecodableImage]
) -> Iterator[Answer]:
    """Do what `classify_images` does for images that are of the network's size already."""
    remaining = iter(squares)
    while batch := list(islice(remaining, _BATCH)):
        readable = [one for one in batch if not isinstance(one, UndecodableImage)]
        good = iter(_answer(bundle, np.stack(readable)) if readable else [])
        for one in batch:
            is_readable = not isinstance(one, UndecodableImage)
            yield next(good) if is_readable else Answer("unreadable", None, None, 0.0, [], str(one))


def _frame(bundle: Bundle, data: bytes | UndecodableImage) -> Square | UndecodableImage:
    try:
        return data if isinstance(data, UndecodableImage) else frame(data, bundle.resize_spec)
    except UndecodableImage as error:
        return error


def _answer(bundle: Bundle, images: np.ndarray) -> list[Answer]:
    outputs = bundle.network.run(images)
    probabilities = bundle.calibration.probabilities(outputs.logits)
    answers = []
    verdicts, rests_on = bundle.calibration.verdicts(outputs), name_grounds(outputs)
    for row, verdict, ground in zip(probabilities, verdicts, rests_on, strict=True):
        order = np.argsort(-row, kind="stable")[:_TOP]
        top = [
            Candidate(
                label=bundle.labels[place],
                name=bundle.names[place],
                confidence=round(float(row[place]), 6),
            )
            for place in order
        ]
        first = top[0]
        is_none = verdict == "none"
        answers.append(
            Answer(
                verdict,
                None if is_none else first.label,
                None if is_none else first.name,
                first.confidence,
                top,
                category_path=None if is_none else bundle.paths.get(first.label),
                goals=None if is_none else bundle.goals.get(first.label),
                rests_on=None if is_none else ground,
            )
        )
    return answers
