"""Explains each label issue in a sentence, by the models and by the nearest images."""

from dataclasses import dataclass
from functools import cached_property

import faiss
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

_NEAREST = 10
_DUPLICATES = 10  # of one unit among the nearest, which do not count
_MOST = 20_000  # label issues, the most probable ones, whose neighbours are looked up


@dataclass(frozen=True)
class LabelEvidence:
    """The models' probabilities for each row.

    Attributes:
        categories: k names.
        given: label numbers, shape (n,).
        likely: P(category | image), float32 (n, k).
        posterior: P(category | image, label), float32 (n, k).
    """

    categories: tuple[str, ...]
    given: Integers
    likely: Floats
    posterior: Floats

    @cached_property
    def quality(self) -> Floats:
        """The probability that each label is right, float32 (n,)."""
        return self.posterior[np.arange(len(self.given)), self.given].clip(0.0, 1.0)

    def suggest(self, is_label_issue: npt.NDArray[np.bool_]) -> Integers:
        """Return the likeliest category of each row; for label issues the likeliest other one."""
        others = self.posterior.copy()
        label_issues = np.flatnonzero(is_label_issue)
        others[label_issues, self.given[label_issues]] = -1.0
        return np.asarray(others.argmax(axis=1), np.int64)


def give_reasons(
    evidence: LabelEvidence,
    is_label_issue: npt.NDArray[np.bool_],
    features: Floats | None = None,
    units: Integers | None = None,
) -> list[str | None]:
    """Explain each label issue in a sentence; None for the other rows.

    Args:
        features: float32 (n, d), to find the nearest images; None leaves them out.
        units: rows of the same unit are no evidence, shape (n,).
    """
    reasons: list[str | None] = [None] * len(evidence.given)
    label_issues = np.flatnonzero(is_label_issue)
    order = label_issues[np.argsort(evidence.quality[label_issues], kind="stable")]
    suggested = evidence.suggest(is_label_issue)
    for row in order:
        reasons[row] = f"A {_opinion(evidence, int(row), int(suggested[row]))}."
    if features is not None and units is not None:
        looked_up = order[:_MOST]
        for row, near in zip(looked_up, _nearest(features, units, looked_up), strict=True):
            opinion = _opinion(evidence, int(row), int(suggested[row]))
            seen = _neighbours(evidence, near, int(row), int(suggested[row]))
            reasons[row] = f"{seen}; a {opinion}."
    return reasons


def _opinion(evidence: LabelEvidence, row: int, suggested: int) -> str:
    first, second = evidence.likely[row, suggested], evidence.likely[row, evidence.given[row]]
    return (
        f"model trained without it gives {_quote(evidence, suggested)} {_percent(first)} "
        f"and {_quote(evidence, int(evidence.given[row]))} {_percent(second)}"
    )


def _neighbours(evidence: LabelEvidence, near: Integers, row: int, suggested: int) -> str:
    labels = evidence.given[near]
    named = int((labels == suggested).sum())
    same = int((labels == evidence.given[row]).sum())
    return (
        f"{named} of its {len(near)} nearest pictures {'is' if named == 1 else 'are'} called "
        f"{_quote(evidence, suggested)} and {same} {_quote(evidence, int(evidence.given[row]))}"
    )


def _quote(evidence: LabelEvidence, category: int) -> str:
    return f"“{evidence.categories[category]}”"


def _percent(share: float) -> str:
    percent = 100 * float(share)
    if percent < 1:
        return "less than 1 %"
    return "more than 99 %" if percent > 99 else f"{percent:.0f} %"


def _nearest(features: Floats, units: Integers, rows: Integers) -> list[Integers]:
    """Find up to ten rows of other units that are most alike by cosine, nearest first."""
    directions = features / (np.linalg.norm(features, axis=1, keepdims=True) + 1e-9)
    index = faiss.IndexFlatIP(directions.shape[1])
    index.add(directions)
    # Some more than wanted, since those of the row's own unit are dropped again.
    wanted = min(len(features), _NEAREST + _DUPLICATES)
    _, found = index.search(directions[rows], wanted)
    return [
        np.asarray(near[units[near] != units[row]][:_NEAREST], np.int64)
        for row, near in zip(rows, found, strict=True)
    ]
