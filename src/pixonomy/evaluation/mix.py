"""Separates what of a difference of accuracies is due to the mix of categories, and what is not.

A set can be harder because it holds more of the hard categories, or because images of a category
look otherwise. The accuracy there, reweighted to the shares of categories in the test split, tells
these apart: E. M. Kitagawa, "Components of a difference between two rates", JASA 50 (1955), pages
1168-1194; with one of the two sets as the standard R. Oaxaca, "Male-female wage differentials in
urban labor markets", International Economic Review 14 (1973), pages 693-709, and A. S. Blinder,
"Wage discrimination: reduced form and structural estimates", Journal of Human Resources 8 (1973),
pages 436-455. Here the test split is: sets of which only the shares differ then have no part that
is due to the images.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.evaluation.standardise import Answers, Estimate
from pixonomy.intervals import Doubles
from pixonomy.pages.wording import counted, percent

FEWEST_UNITS = 5
"""Independent units of a category that its accuracy there is told from, at least."""
_MOSTLY = 0.5  # of the test images have to be of categories that can be compared
_NAMED = 12


@dataclass(frozen=True)
class Part:
    """A part of a difference of accuracies, with its 95 % interval; all run -1 to 1."""

    difference: float
    low: float
    high: float

    @classmethod
    def of(cls, found: Estimate) -> Self:
        """Return it with its bounds."""
        low, high = found.value - found.down, found.value + found.up
        return cls(found.value, max(-1.0, low), min(1.0, high))


@dataclass(frozen=True)
class Reweighted:
    """A set's accuracy as if its categories were as frequent as in the test split.

    All is of the categories that have test images and enough independent units there. The
    intervals take the test split's shares as they are, not as drawn from anything.

    Attributes:
        categories: how many these are.
        own_covered, there_covered: their share of the labelled images on either side.
        own, there: the plain accuracies.
        accuracy, accuracy_low, accuracy_high: there, reweighted, with its 95 % interval.
        by_mix: what of `there` - `own` is because categories come in other shares.
        by_pictures: what of it is because images of a category are answered otherwise.
    """

    categories: int
    own_covered: float
    there_covered: float
    own: float
    there: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    by_mix: Part
    by_pictures: Part


@dataclass(frozen=True)
class Mix:
    """How far a difference of accuracies is one of the mix of categories.

    Attributes:
        reweighted: None where there is no evidence; `why_not` then says so, in words.
        only_own: categories with test images and none there.
        only_there: with images there and no test image.
        few: with test images and some there, but of fewer than 5 independent units.
    """

    reweighted: Reweighted | None
    why_not: str
    only_own: tuple[str, ...]
    only_there: tuple[str, ...]
    few: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Return it as plain JSON."""
        return asdict(self)


def separate_mix(own: pl.DataFrame, there: pl.DataFrame, labels: Sequence[str]) -> Mix:
    """Tell a change of the mix of categories from a change of accuracy within them.

    Args:
        own, there: label, one of `labels`, predicted and, where known, `unit` or else group_id.
    """
    ours, theirs = (Answers.read(table, tuple(labels)) for table in (own, there))
    has_ours, has_theirs = ours.counts > 0, theirs.counts > 0
    is_enough = theirs.found.units >= FEWEST_UNITS
    shared = has_ours & is_enough
    why = _why_not(ours.counts, shared)
    only_own, only_there, few = (
        tuple(label for label, is_one in zip(labels, chosen, strict=True) if is_one)
        for chosen in (
            has_ours & ~has_theirs,
            has_theirs & ~has_ours,
            has_ours & has_theirs & ~is_enough,
        )
    )
    return Mix(None if why else _reweight(ours, theirs, shared), why, only_own, only_there, few)


def describe_mix(mix: Mix, names: Mapping[str, str], split: str) -> list[str]:
    """Return what is known in sentences.

    Args:
        names: label → name to show.
        split: of the run's own images.
    """
    if mix.reweighted is None:
        why = f"How much of this is due to another mix of categories is not told: {mix.why_not}."
        return [why, *_describe_lacking(mix, names, split)]
    found = mix.reweighted
    here = f"{percent(found.accuracy_low)} to {percent(found.accuracy_high)}"
    return [
        f"With its categories as frequent as among the {split} pictures, its accuracy there would "
        f"be {percent(found.accuracy)} (95% interval {here}); as they are, it is "
        f"{percent(found.there)}.",
        f"Of the difference to its {split} pictures, {_points(found.there - found.own)} points, "
        f"{_describe_part(found.by_mix)} are because the mix of categories differs and "
        f"{_describe_part(found.by_pictures)} because pictures of a category are answered "
        "otherwise.",
        *_describe_covered(found, mix, split),
        *_describe_lacking(mix, names, split),
    ]


def _why_not(counts: Doubles, shared: npt.NDArray[np.bool_]) -> str:
    of_these = f"with {FEWEST_UNITS} independent units or more there"
    if shared.sum() < 2:
        return f"fewer than two of its categories {of_these} have test pictures"
    covered = float(counts[shared].sum() / counts.sum())
    if covered < _MOSTLY:
        return f"the categories {of_these} have only {percent(covered)} of its test pictures"
    return ""


def _reweight(ours: Answers, theirs: Answers, shared: npt.NDArray[np.bool_]) -> Reweighted:
    own, there = ours.only(shared), theirs.only(shared)
    shares = own.shares
    reweighted = there.standardise(shares)
    return Reweighted(
        categories=int(shared.sum()),
        own_covered=len(own.is_right) / len(ours.is_right),
        there_covered=len(there.is_right) / len(theirs.is_right),
        own=own.accuracy,
        there=there.accuracy,
        accuracy=reweighted.value,
        accuracy_low=reweighted.value - reweighted.down,
        accuracy_high=reweighted.value + reweighted.up,
        by_mix=Part.of(there.beside(shares)),
        by_pictures=Part.of(reweighted.minus(own.standardise(shares))),
    )


def _describe_covered(found: Reweighted, mix: Mix, split: str) -> list[str]:
    if not (mix.only_own or mix.only_there or mix.few):
        return []
    return [
        f"All this is of the {found.categories} categories that have {split} pictures and "
        f"{FEWEST_UNITS} independent units or more there: {percent(found.own_covered)} of its "
        f"{split} pictures and {percent(found.there_covered)} of those there."
    ]


def _describe_lacking(mix: Mix, names: Mapping[str, str], split: str) -> list[str]:
    kinds = (
        (mix.only_own, "No picture there shows"),
        (mix.few, f"Of fewer than {FEWEST_UNITS} independent units there are"),
        (mix.only_there, f"Without any {split} picture are"),
    )
    return [f"{words} {_name(labels, names)}." for labels, words in kinds if labels]


def _name(labels: Sequence[str], names: Mapping[str, str]) -> str:
    more = len(labels) - _NAMED
    named = ", ".join(names[label] for label in labels[:_NAMED])
    return f"{named} and {counted(more, 'category', 'categories')} more" if more > 0 else named


def _describe_part(part: Part) -> str:
    return f"{_points(part.difference)} ({_points(part.low)} to {_points(part.high)})"


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f}"
