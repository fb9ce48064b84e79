"""Scales the bars of a bar chart, as our pages draw it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """One line of a bar chart.

    Attributes:
        name: of what.
        text: how much, in words.
        width: of the bar, 0 to 100.
        is_this: whether it is the one that all others are there to be compared with.
        link: the id of the place on the page that tells more.
    """

    name: str
    text: str
    width: float
    is_this: bool = False
    link: str | None = None


def scale_bars(lines: Iterable[tuple[str, str, float]]) -> list[Bar]:
    """Return a bar for each (name, text, amount); the largest amount takes all the width."""
    lines = list(lines)
    largest = max((amount for _, _, amount in lines), default=0) or 1
    return [Bar(name, text, 100 * amount / largest) for name, text, amount in lines]
