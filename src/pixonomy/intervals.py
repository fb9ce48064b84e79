"""Means with their uncertainty, where the values come in groups that depend on each other.

Images of one group (a product, a burst, duplicates of each other) are right or wrong together more
often than by chance: what is drawn independently are groups, not images.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

CONFIDENCE_LEVEL = 0.95
UNIT = "unit"
"""The column that is equal for images that are not independent of each other."""

Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_UPPER = (1 + CONFIDENCE_LEVEL) / 2
_NORMAL = 1.959963984540054  # scipy.special.ndtri(_UPPER), where a bundle answers without SciPy


def unit_column(table: pl.DataFrame) -> str | None:
    """Return the column that tells which images belong together; None where there is none."""
    return next((name for name in (UNIT, "group_id") if name in table.columns), None)


def number_units(table: pl.DataFrame) -> Integers | None:
    """Number the unit of each of n images from 0, int64 (n,).

    Args:
        table: `unit`, or else group_id; a null is a unit of its own.

    Returns:
        None where the table has neither column: nobody knows what belongs together.
    """
    known = unit_column(table)
    if known is None:
        return None
    rank = table[known].rank("dense").cast(pl.Int64).to_numpy(writable=True)
    is_null = table[known].is_null().to_numpy()
    if is_null.any():
        rank = np.where(is_null, table.height + np.arange(table.height), rank)
    return np.unique(rank, return_inverse=True)[1].astype(np.int64)


@dataclass(frozen=True)
class Means:
    """The mean of each of s sets of images and how sure it is; every array is (s,).

    Attributes:
        n: images, float64.
        units: units they belong to, int64.
        mean: NaN for a set of no images.
        variance: of the mean.
        freedom: degrees of freedom of the variance; infinite where nothing had to be estimated.
        alike: as many independent images the units are worth if those of a unit are all alike.
    """

    n: Doubles
    units: Integers
    mean: Doubles
    variance: Doubles
    freedom: Doubles
    alike: Doubles

    @property
    def effective(self) -> Doubles:
        """As many independent images would say as much of a share, float64 (s,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.mean * (1 - self.mean) / self.variance
        # All right or all wrong says nothing of how alike a unit's images are: taken as alike.
        return np.where((self.variance > 0) & (self.units > 1) & (found > 0), found, self.alike)

    def shares(self) -> tuple[Doubles, Doubles]:
        """Return the lower and upper bounds of the 95 % intervals of means that are shares.

        Wilson's interval for the effective number of images, with Student's t in the place of the
        normal quantile. Source: E. L. Korn and B. I. Graubard, "Confidence intervals for
        proportions with small expected number of positive counts estimated from survey data",
        Survey Methodology 24 (1998), pages 193-201.
        """
        is_estimated = (self.variance > 0) & (self.units > 1)
        quantile = np.where(is_estimated, self.quantile, _NORMAL)
        return wilson(self.mean, self.effective * (_NORMAL / quantile) ** 2)

    @property
    def quantile(self) -> Doubles:
        """Student's t that 97.5 % lie below, float64 (s,)."""
        from scipy.special import stdtrit  # not needed where a bundle only answers

        freedom = np.where(np.isfinite(self.freedom), self.freedom, 1.0)
        return np.where(np.isfinite(self.freedom), stdtrit(freedom, _UPPER), _NORMAL)


def measure_means(
    values: npt.NDArray[np.bool_] | Doubles,
    units: Integers | None,
    sets: Integers | None = None,
    count: int = 1,
) -> Means:
    """Return the mean of each set of images, with the variance that dependence leaves it.

    The variance is the larger of two. One is the cluster-robust sandwich, corrected for few and for
    unequal units (CR2), with its degrees of freedom: units - 1 where they are equal (R. M. Bell and
    D. F. McCaffrey, "Bias reduction in standard errors for linear regression with multi-stage
    samples", Survey Methodology 28 (2002), pages 169-181). The other is that of the design effect
    1 + (m - 1) r, m the mean size of the unit of an image and r the correlation within units by
    analysis of variance, at least 0 (L. Kish, Survey Sampling, 1965): steadier where some units are
    large. Images that each stand alone have the variance of independent ones.

    Args:
        values: booleans or numbers, (n,).
        units: a number for each image, (n,); None: each stands alone.
        sets: the set of each image, 0 to count - 1, (n,); None: all are of the first one.
    """
    images = np.asarray(values, np.float64)
    place = np.zeros(len(images), np.int64) if sets is None else sets
    own = np.arange(len(images)) if units is None else units
    return _measure_rows(images, place, own, count)


def _measure_rows(images: Doubles, place: Integers, own: Integers, count: int) -> Means:
    """Do what `measure_means` says, a row for each set and unit of it."""
    width = int(own.max(initial=0)) + 1
    code, row = np.unique(place * width + own, return_inverse=True)
    of_set, size = code // width, sum_by(row, np.ones(len(row)), len(code))
    number = np.bincount(of_set, minlength=count)
    with np.errstate(divide="ignore", invalid="ignore"):
        n = sum_by(of_set, size, count)
        weight = size / n[of_set]
        mean = sum_by(place, images, count) / n
        apart = sum_by(row, images, len(code)) / size - mean[of_set]
        squares = sum_by(place, (images - mean[place]) ** 2, count)
        between = sum_by(of_set, size * apart**2, count)
        lever = weight**2 / (1 - weight)
        alike, levers = 1 / sum_by(of_set, weight**2, count), sum_by(of_set, lever, count)
        rho = _correlation(between, squares - between, n, number, alike)
        by_design = squares / n**2 * (1 + rho * (n / alike - 1))
        robust = sum_by(of_set, lever * apart**2, count)
        freedom = 1 / (1 / alike + levers**2 - sum_by(of_set, lever**2, count))
        is_alone = number == n
        variance = np.where(is_alone, squares / n**2, np.fmax(by_design, robust))
    freedom = np.where(is_alone, np.inf, freedom)
    return Means(n, number.astype(np.int64), mean, variance, freedom, alike)


def sum_by(places: Integers, amounts: Doubles, count: int) -> Doubles:
    """Sum amounts (m,) by their places (m,), 0 to count - 1; float64 (count,)."""
    return np.asarray(np.bincount(places, amounts, count), np.float64)


def _correlation(
    between: Doubles, within: Doubles, n: Doubles, units: Integers, alike: Doubles
) -> Doubles:
    """Return the correlation within units, 0 to 1, from sums of squares between and within them."""
    size = (n - n / alike) / (units - 1)
    of_units, of_images = between / (units - 1), np.maximum(within, 0) / (n - units)
    rho = (of_units - of_images) / (of_units + (size - 1) * of_images)
    return np.clip(np.nan_to_num(rho, nan=0.0), 0.0, 1.0)


def wilson(share: Doubles, n: Doubles) -> tuple[Doubles, Doubles]:
    """Return the bounds of Wilson's 95 % score intervals of shares (s,) among n (s,) images.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    JASA 22 (1927), pages 209-212.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        shrunk = _NORMAL**2 / n
        middle = (share + shrunk / 2) / (1 + shrunk)
        reach = np.sqrt(shrunk * share * (1 - share) + shrunk**2 / 4) / (1 + shrunk)
    low, high = np.maximum(middle - reach, 0.0), np.minimum(middle + reach, 1.0)
    # Where all are right or none is, the bound is the share itself, whatever rounding says.
    return np.where(share == 0, 0.0, low), np.where(share == 1, 1.0, high)


def wilson_interval(right: float, n: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of `right` out of `n` independent images (at least 1)."""
    low, high = wilson(np.array([right / n]), np.array([float(n)]))
    return float(low[0]), float(high[0])
