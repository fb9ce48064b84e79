"""Measures accuracy as a proportion of right answers with its interval."""

from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from pixonomy.intervals import measure_means, number_units, wilson_interval


@dataclass(frozen=True)
class Share:
    """How many of n images got the right answer, as a share (0 to 1) with its 95 % interval.

    `units` of these images are independent of each other. The interval is Wilson's where each
    image is, see `intervals.Means.shares`.
    """

    n: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    units: int

    def as_json(self) -> dict[str, float]:
        """Return it as plain JSON."""
        return asdict(self)


def share_right(right: int, n: int) -> Share | None:
    """Return the share `right` of `n` independent images; None of no images."""
    if not n:
        return None
    return Share(n, right / n, *wilson_interval(right, n), n)


def share_of(is_right: pl.Series, units: pl.Series | None = None) -> Share | None:
    """Return the share of true values; None of no images.

    Args:
        units: equal for images that are not independent; None: all are.
    """
    if not is_right.len():
        return None
    numbers = None if units is None else number_units(pl.DataFrame({"unit": units}))
    found = measure_means(is_right.to_numpy().astype(np.float64), numbers)
    (low,), (high,) = found.shares()
    share = float(found.mean[0])
    return Share(is_right.len(), share, float(low), float(high), int(found.units[0]))


def share_among(table: pl.DataFrame) -> Share | None:
    """Return the share of rows whose `predicted` is their `label`, by `unit` or else group_id."""
    numbers = number_units(table)
    is_right = table.select(pl.col("label") == pl.col("predicted")).to_series()
    return share_of(is_right, None if numbers is None else pl.Series(numbers))
