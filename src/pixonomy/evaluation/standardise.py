"""Standardises accuracy by category to the mix of categories of another set.

Direct standardisation, in surveys post-stratification: D. Holt and T. M. F. Smith, "Post
stratification", Journal of the Royal Statistical Society A 142 (1979), pages 33-46.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.intervals import Doubles, Integers, Means, measure_means, number_units


@dataclass(frozen=True)
class Estimate:
    """A value and how far its 95 % interval reaches below and above it."""

    value: float
    down: float
    up: float

    def minus(self, other: Self) -> "Estimate":
        """Return the difference to an independent one (R. G. Newcombe 1998, method 10)."""
        return Estimate(
            self.value - other.value,
            float(np.hypot(self.down, other.up)),
            float(np.hypot(self.up, other.down)),
        )


@dataclass(frozen=True)
class Answers:
    """The answers to n images of k categories.

    Attributes:
        is_right: 1 or 0, float64 (n,).
        place, unit: the category and the independent unit of each image, numbers, (n,).
        found: the accuracy of each category, (k,).
    """

    is_right: Doubles
    place: Integers
    unit: Integers
    found: Means

    @classmethod
    def of(cls, is_right: Doubles, place: Integers, unit: Integers, categories: int) -> Self:
        """Measure each category."""
        return cls(is_right, place, unit, measure_means(is_right, unit, place, categories))

    @classmethod
    def read(cls, table: pl.DataFrame, labels: tuple[str, ...]) -> Self:
        """Read label, one of `labels`, predicted and, where known, `unit` or else group_id."""
        numbers = {label: number for number, label in enumerate(labels)}
        place = table["label"].replace_strict(numbers, return_dtype=pl.Int64).to_numpy()
        is_right = (table["label"] == table["predicted"]).to_numpy().astype(np.float64)
        units = number_units(table)
        return cls.of(
            is_right, place, np.arange(len(place)) if units is None else units, len(labels)
        )

    def only(self, wanted: npt.NDArray[np.bool_]) -> Self:
        """Return the answers to images of the wanted categories, (k,), these numbered anew."""
        is_of_these = wanted[self.place]
        place = (np.cumsum(wanted) - 1)[self.place[is_of_these]]
        return self.of(self.is_right[is_of_these], place, self.unit[is_of_these], int(wanted.sum()))

    @property
    def counts(self) -> Doubles:
        """Images of each category, (k,)."""
        return self.found.n

    @property
    def shares(self) -> Doubles:
        """The share of each category among the images, (k,)."""
        return np.asarray(self.counts / self.counts.sum(), np.float64)

    @property
    def accuracy(self) -> float:
        """The plain one."""
        return float(self.is_right.mean())

    def standardise(self, shares: Doubles) -> Estimate:
        """Return the accuracy as if categories had these shares, (k,); they are taken as exact.

        Every category has images.
        """
        return self._combine(shares)

    def beside(self, shares: Doubles) -> Estimate:
        """Return by how much the plain accuracy lies above the standardised one.

        The given shares are exact; the images' own ones are drawn as the images are.
        """
        apart = self.found.mean[self.place] - self.accuracy
        drawn = measure_means(apart, self.unit)
        reach = float(drawn.quantile[0] * np.sqrt(drawn.variance[0]))
        found = self._combine(self.shares - shares)
        return replace(
            found, down=float(np.hypot(found.down, reach)), up=float(np.hypot(found.up, reach))
        )

    def _combine(self, weights: Doubles) -> Estimate:
        """Return the sum of the categories' accuracies by weights, (k,), of any sign.

        The reach of each category's own interval is squared and added (G. Y. Zou, W. Huang and
        X. Zhang, "A note on confidence interval estimation for a linear function of binomial
        proportions", Computational Statistics & Data Analysis 53 (2009), pages 1080-1085), so that
        categories that are all right have an interval, too. A unit is of one category.
        """
        low, high = self.found.shares()
        mean = self.found.mean
        down, up = mean - low, high - mean
        is_plus = weights > 0
        return Estimate(
            float((weights * mean).sum()),
            float(np.sqrt((weights**2 * np.where(is_plus, down, up) ** 2).sum())),
            float(np.sqrt((weights**2 * np.where(is_plus, up, down) ** 2).sum())),
        )
