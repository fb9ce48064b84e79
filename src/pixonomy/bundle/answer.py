"""A bundle and encoded pictures go in; an answer for each comes out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import numpy as np

from pixonomy.bundle.calibrate import Verdict
from pixonomy.bundle.load import Bundle
from pixonomy.errors import UndecodableImage
from pixonomy.images.resize import frame

_BATCH = 64
_TOP = 5


@dataclass(frozen=True)
class Answer:
    """What the bundle says of one picture; label and name are None without a category.

    Attributes:
        verdict: `sure`, `unsure`, `none` (of these), or `unreadable`: nothing is known of it.
        confidence: calibrated probability of the most likely category, 0 to 1.
        top: up to five categories, most likely first, as {label, name, confidence}.
        problem: why the picture could not be read, or None.
    """

    verdict: Verdict | Literal["unreadable"]
    label: str | None
    name: str | None
    confidence: float
    top: list[dict[str, Any]]
    problem: str | None = None


def classify_images(bundle: Bundle, images: Iterable[bytes | UndecodableImage]) -> Iterator[Answer]:
    """Answer for each picture, in order; memory stays flat however many there are."""
    remaining = iter(images)
    while batch := list(islice(remaining, _BATCH)):
        yield from _classify_batch(bundle, batch)


def _classify_batch(bundle: Bundle, batch: list[bytes | UndecodableImage]) -> list[Answer]:
    framed: list[np.ndarray] = []
    problems: list[str | None] = []
    for data in batch:
        try:
            if isinstance(data, UndecodableImage):
                raise data
            framed.append(frame(data, bundle.resize_spec))
            problems.append(None)
        except UndecodableImage as error:
            problems.append(str(error))
    good = iter(_answer(bundle, np.stack(framed)) if framed else [])
    return [
        next(good) if problem is None else Answer("unreadable", None, None, 0.0, [], problem)
        for problem in problems
    ]


def _answer(bundle: Bundle, images: np.ndarray) -> list[Answer]:
    outputs = bundle.network.run(images)
    probabilities = bundle.calibration.probabilities(outputs.logits)
    answers = []
    for row, verdict in zip(probabilities, bundle.calibration.verdicts(outputs), strict=True):
        order = np.argsort(-row, kind="stable")[:_TOP]
        top = [
            {
                "label": bundle.labels[place],
                "name": bundle.names[place],
                "confidence": round(float(row[place]), 6),
            }
            for place in order
        ]
        first = top[0] if verdict != "none" else {"label": None, "name": None}
        confidence = top[0]["confidence"]
        answers.append(Answer(verdict, first["label"], first["name"], confidence, top))
    return answers
