"""Counts how often each pair of true and predicted category occurs, as sparse as it is."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Confusion:
    """How often images of each of k categories are answered with each.

    Only pairs that occur are held: of 5,270 categories there are 28 million pairs, most of them
    never seen.

    Attributes:
        categories: k.
        true: the number of the true category of each pair, int64 (m,), ascending.
        predicted: that of the predicted one, (m,), ascending within a true one.
        count: images, (m,), at least 1.
    """

    categories: int
    true: Counts
    predicted: Counts
    count: Counts

    @classmethod
    def of(cls, truth: Counts, predicted: Counts, categories: int) -> Self:
        """Count the pairs of n images; both int64 (n,), 0 to k - 1."""
        pairs, count = np.unique(truth * categories + predicted, return_counts=True)
        true, answered = np.divmod(pairs, categories)
        return cls(categories, true, answered, count.astype(np.int64))

    @property
    def n(self) -> int:
        """All images."""
        return int(self.count.sum())

    @property
    def present(self) -> Counts:
        """Images of each category, int64 (k,)."""
        return self._sum(self.true, self.count)

    @property
    def answered(self) -> Counts:
        """Answers of each category, int64 (k,)."""
        return self._sum(self.predicted, self.count)

    @property
    def right(self) -> Counts:
        """Images of each category that are answered with it, int64 (k,)."""
        is_right = self.true == self.predicted
        return self._sum(self.true[is_right], self.count[is_right])

    def mistakes(self, limit: int | None = None) -> "Confusion":
        """Return the pairs of different categories, the most frequent first; ties as they stand.

        Args:
            limit: the number of pairs, at most.
        """
        wrong = np.flatnonzero(self.true != self.predicted)
        order = wrong[np.argsort(-self.count[wrong], kind="stable")][:limit]
        return Confusion(
            self.categories, self.true[order], self.predicted[order], self.count[order]
        )

    def dense(self) -> Counts:
        """Return all of it, int64 (k, k): rows true, columns predicted."""
        whole = np.zeros((self.categories, self.categories), np.int64)
        whole[self.true, self.predicted] = self.count
        return whole

    def cells(self) -> list[list[int]]:
        """Return the pairs that occur as [true, predicted, count], plain numbers."""
        columns = (self.true, self.predicted, self.count)
        return np.stack(columns, axis=1).tolist()  # type: ignore[no-any-return]

    def _sum(self, places: Counts, weights: Counts) -> Counts:
        sums = np.zeros(self.categories, np.int64)
        np.add.at(sums, places, weights)
        return sums
