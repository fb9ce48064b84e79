"""Right and wrong answers go in; the share of right ones with its interval comes out."""

from dataclasses import asdict, dataclass

import polars as pl

from pixonomy.evaluation.metrics import wilson_interval


@dataclass(frozen=True)
class Share:
    """How many of n pictures got the right answer, as a share (0 to 1) with its 95 % interval.

    The interval is Wilson's, see `metrics.wilson_interval`.
    """

    n: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float

    def as_json(self) -> dict[str, float]:
        """Return it as plain JSON."""
        return asdict(self)


def share_right(right: int, n: int) -> Share | None:
    """Return the share `right` of `n`; None of no pictures."""
    if not n:
        return None
    low, high = wilson_interval(right, n)
    return Share(n, right / n, low, high)


def share_of(is_right: pl.Series) -> Share | None:
    """Return the share of true values; None of no pictures."""
    return share_right(int(is_right.sum()), is_right.len())
