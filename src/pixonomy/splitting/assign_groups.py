"""Decides which values of a column (keywords, providers) are held out, by a local search.

A value (a keyword, a provider) goes to one split whole. It may stand with several labels: then it
goes there for all of them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl

_OWED = (1.0, 0.5)  # the cost of a label that could be held out and is not, by split
_UNCOVERED = 2.0  # of one whose every value is held out: it is worth sparing more than one other
_LARGE = 0.05  # of a label's images: values worth exchanging for each other
_PASSES = 10


@dataclass(frozen=True)
class ValueCounts:
    """How many images each value has of each label.

    Attributes:
        pairs: columns value and label (numbers from 0 on) and n (images), each pair once.
        totals: how many images each label has, those without a value included.
    """

    pairs: pl.DataFrame
    totals: Sequence[int]

    @property
    def values(self) -> int:
        """The number of values."""
        highest = self.pairs.select(pl.col("value").max()).item()
        return 0 if highest is None else int(highest) + 1


def assign_values(counts: ValueCounts, wanted: Mapping[str, float], seed: int) -> list[str]:
    """Assign whole values to the `wanted` splits (name → share), the rest to train.

    A label with two values or more has one in train and one in the first wanted split; one with
    three or more has one in the second, too. Where labels share values that cannot always be: then
    as many labels as possible fare so. Beyond that the shares of each label come as near to those
    wanted as a search finds: values in an order by chance go where they bring the greatest gain,
    then single values are moved and pairs of large ones exchanged as long as that helps.

    Args:
        wanted: one or two splits with shares above 0; the more important one first.
        seed: decides the order, which decides between what is equally good.

    Returns:
        The split of each value.
    """
    assignment = _Assignment(counts, tuple(wanted.values()))
    order = np.random.default_rng(seed).permutation(counts.values).tolist()
    for value in order:
        assignment.improve(value)
    large = [value for value in order if assignment.is_large(value)]
    # A local search, not the optimum: values shared by labels make an exact one NP-hard.
    for _ in range(_PASSES):
        moves = [assignment.improve(value) for value in large]
        swaps = [assignment.swap(one, other) for one, other in assignment.exchangeable(large)]
        if not any(moves) and not any(swaps):
            break
    names = ("train", *wanted)
    return [names[place] for place in assignment.places]


class _Assignment:
    """The split of each value (0 is train, k the k-th wanted split), and what that costs."""

    def __init__(self, counts: ValueCounts, shares: tuple[float, ...]) -> None:
        self._shares, self._totals = shares, counts.totals
        self._pairs: list[list[tuple[int, int]]] = [[] for _ in range(counts.values)]
        self._values = [0] * len(counts.totals)
        for value, label, n in counts.pairs.select("value", "label", "n").iter_rows():
            self._pairs[value].append((label, n))
            self._values[label] += 1
        self.places = [0] * counts.values
        self._covered = self._values.copy()  # how many values each label has in train
        self._is_held_out = [[0] * len(counts.totals) for _ in shares]  # images by split and label
        self._costs = [self._cost(label) for label in range(len(counts.totals))]

    def is_large(self, value: int) -> bool:
        """Whether the value has more than a twentieth of a label's images."""
        return any(n > _LARGE * self._totals[label] for label, n in self._pairs[value])

    def exchangeable(self, large: Iterable[int]) -> Iterator[tuple[int, int]]:
        """Give each pair of large values that lie in different places and share a label."""
        by_label: dict[int, list[int]] = {}
        for value in large:
            for label, n in self._pairs[value]:
                if n > _LARGE * self._totals[label]:
                    by_label.setdefault(label, []).append(value)
        pairs = (pair for values in by_label.values() for pair in combinations(values, 2))
        for one, other in dict.fromkeys(pairs):
            if self.places[one] != self.places[other]:
                yield one, other

    def improve(self, value: int) -> bool:
        """Move a value to where it brings the greatest gain; return whether it moved."""
        home = self.places[value]
        others = [place for place in range(len(self._shares) + 1) if place != home]
        gains = [self._try(value, place) for place in others]
        best = min(range(len(others)), key=gains.__getitem__)
        if gains[best] > -1e-9:
            return False
        self._move(value, others[best])
        return True

    def swap(self, one: int, other: int) -> bool:
        """Exchange the places of two values if that brings a gain; return whether it did."""
        here, there = self.places[one], self.places[other]
        if self._move(one, there) + self._move(other, here) < -1e-9:
            return True
        self._move(other, there)
        self._move(one, here)
        return False

    def _try(self, value: int, place: int) -> float:
        home = self.places[value]
        change = self._move(value, place)
        self._move(value, home)
        return change

    def _move(self, value: int, place: int) -> float:
        """Put a value elsewhere; return by how much the cost grows."""
        home, change = self.places[value], 0.0
        for label, n in self._pairs[value]:
            if home:
                self._is_held_out[home - 1][label] -= n
            if place:
                self._is_held_out[place - 1][label] += n
            self._covered[label] += (place == 0) - (home == 0)
            before, self._costs[label] = self._costs[label], self._cost(label)
            change += self._costs[label] - before
        self.places[value] = place
        return change

    def _cost(self, label: int) -> float:
        """Return how far a label is from its shares, and from having what it must have."""
        cost = 0.0 if self._covered[label] or not self._values[label] else _UNCOVERED
        rest = 0.0
        for place, share in enumerate(self._shares):
            held_out = self._is_held_out[place][label]
            if not held_out and self._values[label] > place + 1:
                cost += _OWED[place]
            excess = held_out / self._totals[label] - share
            cost += excess * excess
            rest += excess
        # Squares of what each split, and so train, has too much or too little: one large miss
        # weighs more than several small ones.
        return cost + rest * rest
