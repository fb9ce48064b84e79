"""Aggregates what the network says of single images to one category for each group of images."""

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from pixonomy.bundle.calibrate import Calibration, Doubles
from pixonomy.errors import SettingError
from pixonomy.nearest_names import suggest

Pooling = Literal["mean_log", "mean", "max"]
POOLINGS: tuple[str, ...] = get_args(Pooling)

NO_PREDICTION = -1
"""The winner of a group without a readable image."""


def check_pooling(pooling: str) -> None:
    """Refuse a way of pooling that is none of `POOLINGS`.

    Raises:
        SettingError: naming the known ones.
    """
    if pooling not in POOLINGS:
        known, near = ", ".join(POOLINGS), suggest(pooling, POOLINGS)
        raise SettingError(f"Pictures are pooled by {known}, not by {pooling!r}.{near}")


def score(pooling: Pooling, calibration: Calibration, logits: npt.NDArray[np.float32]) -> Doubles:
    """Return what is pooled: float64, shape (n, k), of logits, shape (n, k)."""
    if pooling == "mean_log":
        return calibration.log_probabilities(logits)
    return calibration.probabilities(logits)


@dataclass
class Aggregation:
    """Pools the images of groups that come one after the other, in portions of any size.

    A group takes the category with the highest mean log-probability, mean probability or highest
    probability over its images. Sums stand for means: they have the same winner.

    Attributes:
        groups: how many there are.
        most_likely: int64 (groups,): the category of each as far as its images have come, the
            first one where several are equal, or `NO_PREDICTION`.
    """

    pooling: Pooling
    groups: int
    most_likely: npt.NDArray[np.int64] = field(init=False)
    _last: int = field(init=False, default=NO_PREDICTION)
    _total: Doubles = field(init=False)

    def __post_init__(self) -> None:
        self.most_likely = np.full(self.groups, NO_PREDICTION, np.int64)
        self._total = np.zeros(0)

    def add(self, groups: npt.NDArray[np.int64], scores: Doubles) -> None:
        """Take in images.

        Args:
            groups: the group number of each image, ascending here and from call to call, (n,).
            scores: what `score` returned for them, float64 (n, k).
        """
        if not len(groups):
            return
        combine = np.maximum if self.pooling == "max" else np.add
        starts = np.flatnonzero(np.diff(groups, prepend=NO_PREDICTION))
        totals = combine.reduceat(scores, starts, axis=0)
        if groups[0] == self._last:
            totals[0] = combine(totals[0], self._total)
        self.most_likely[groups[starts]] = totals.argmax(axis=1)
        self._last, self._total = int(groups[-1]), totals[-1].copy()
