"""Measures how far the accuracies of two classifiers differ, with interval and p-value."""

from dataclasses import replace

import numpy as np
import polars as pl

from pixonomy.bundle.calibrate import Doubles
from pixonomy.intervals import Integers, Means, measure_means, number_units, sum_by
from pixonomy.results.model_results import AccuracyDifference

LEVEL = 0.95
POWER = 0.80  # with which the smallest difference would be found

_MOST_DRAWS, _DRAWN = 10_000, 4 * 10**7  # fewer draws where units are many
_FEWEST_DRAWS, _AT_ONCE = 500, 10**6


def compare_paired(answers: pl.DataFrame, *, seed: int = 0) -> AccuracyDifference:
    """Compare two classifiers on the same images.

    The chance is that of a sign-flip test over units: were both alike, each unit's difference could
    as well have been the other way round. Where every image is a unit of its own, that is
    McNemar's exact test (McNemar 1947).

    The interval is Student's t with the variance of `measure_means`, two more units being added:
    one that only the first answers rightly and one that only the second does. Without them, where
    few units differ, it would be too narrow, and nothing where none does (D. G. Bonett and
    R. M. Price, "Adjusted Wald confidence interval for a difference of binomial proportions based
    on paired data", Journal of Educational and Behavioral Statistics 37 (2012), pages 479-488).

    Args:
        answers: `unit` or else group_id, and first and second: the shares of answers that are
            right, 0 to 1; booleans, or means over several runs of each classifier.
    """
    first, second = (answers[name].cast(pl.Float64).to_numpy() for name in ("first", "second"))
    gains, units = second - first, _units(answers)
    found = measure_means(*_with_two_more(gains, units))
    of_unit = sum_by(units, gains, int(units.max()) + 1)
    means = float(first.mean()), float(second.mean())
    return _make_difference(
        answers.height,
        len(of_unit),
        means,
        middle=float(found.mean[0]),
        spread=float(np.sqrt(found.variance[0])),
        freedom=_freedom(found),
        chance=flip_signs(of_unit, np.random.default_rng(seed)),
        is_paired=True,
    )


def compare_apart(first: pl.DataFrame, second: pl.DataFrame) -> AccuracyDifference:
    """Compare accuracies on different images.

    The chance is that of Student's t with the degrees of freedom of Welch and Satterthwaite; the
    interval squares and adds the reach of both shares' own intervals (R. G. Newcombe, "Interval
    estimation for the difference between independent proportions", Statistics in Medicine 17
    (1998), pages 873-890, method 10).

    Args:
        first, second: `unit` or else group_id, and is_right, a boolean or a share of 0 to 1.
    """
    from scipy.stats import t as student

    sides = [
        measure_means(table["is_right"].cast(pl.Float64).to_numpy(), _units(table))
        for table in (first, second)
    ]
    means = float(sides[0].mean[0]), float(sides[1].mean[0])
    (lows, highs) = zip(*(side.shares() for side in sides), strict=True)
    gap = means[1] - means[0]
    down = np.hypot(means[1] - lows[1][0], highs[0][0] - means[0])
    up = np.hypot(highs[1][0] - means[1], means[0] - lows[0][0])
    # As the intervals have it: where all are right, the variance itself would be nothing.
    errors = [_error(side) for side in sides]
    freedom = _welch(errors, [_freedom(side) for side in sides])
    spread = float(np.hypot(errors[0], errors[1]))
    found = _make_difference(
        first.height + second.height,
        int(sum(side.units[0] for side in sides)),
        means,
        middle=gap,
        spread=spread,
        freedom=freedom,
        chance=float(2 * student.sf(abs(gap) / spread, freedom)),
        is_paired=False,
    )
    return replace(found, low=gap - float(down), high=gap + float(up))


def flip_signs(gains: Doubles, generator: np.random.Generator) -> float:
    """Return how often a sum at least as far from zero comes out when signs are drawn.

    Args:
        gains: one a group; those of zero change nothing.
    """
    gains = gains[gains != 0]
    if not len(gains):
        return 1.0
    seen = abs(gains.sum()) - 1e-9
    if len(np.unique(np.abs(gains))) == 1:  # all alike: counted, not drawn
        from scipy.stats import binomtest  # `predict` imports this module, and needs no SciPy

        return float(binomtest(int((gains > 0).sum()), len(gains)).pvalue)
    draws = _draws(len(gains))
    beyond = 0
    for start in range(0, draws, step := max(1, _AT_ONCE // len(gains))):
        count = min(step, draws - start)
        signs = generator.integers(0, 2, (count, len(gains)), np.int8) * 2 - 1
        beyond += int((np.abs(signs @ gains) >= seen).sum())
    return (beyond + 1) / (draws + 1)


def _units(table: pl.DataFrame) -> Integers:
    found = number_units(table)
    return np.arange(table.height) if found is None else found


def _with_two_more(gains: Doubles, units: Integers) -> tuple[Doubles, Integers]:
    """Add a unit of as much gain as those that differ have, and one of as much loss."""
    of_unit, sizes = np.bincount(units, gains), np.bincount(units)
    differing = of_unit[of_unit != 0]
    size = max(1, round(len(gains) / len(sizes)))
    amount = np.sqrt((differing**2).mean()) / size if len(differing) else 1.0
    more = np.repeat([amount, -amount], size)
    numbers = len(sizes) + np.repeat([0, 1], size)
    return np.concatenate([gains, more]), np.concatenate([units, numbers])


def _freedom(found: Means) -> float:
    """Return the degrees of freedom of a mean: units - 1 where they are alike; at least 1."""
    return max(1.0, min(float(found.freedom[0]), float(found.units[0] - 1)))


def _error(found: Means) -> float:
    """Return the standard error of a share, that of its interval's middle where it shows none."""
    n, share = float(found.effective[0]), float(found.mean[0])
    middle = (share * n + 2) / (n + 4)  # A. Agresti and B. A. Coull 1998
    return float(
        np.sqrt(
            max(float(found.variance[0]), 0.0 if 0 < share < 1 else middle * (1 - middle) / (n + 4))
        )
    )


def _welch(errors: list[float], freedoms: list[float]) -> float:
    """Return the degrees of freedom of a difference (B. L. Welch 1947)."""
    squares = np.square(errors)
    return float(squares.sum() ** 2 / (squares**2 / freedoms).sum())


def _draws(count: int) -> int:
    return max(_FEWEST_DRAWS, min(_MOST_DRAWS, _DRAWN // count))


def _make_difference(
    n: int,
    groups: int,
    means: tuple[float, float],
    *,
    middle: float,
    spread: float,
    freedom: float,
    chance: float,
    is_paired: bool,
) -> AccuracyDifference:
    from scipy.stats import t as student

    half, power = (float(student.ppf(share, freedom)) for share in ((1 + LEVEL) / 2, POWER))
    return AccuracyDifference(
        n=n,
        groups=groups,
        first=means[0],
        second=means[1],
        difference=means[1] - means[0],
        low=max(-1.0, min(middle - half * spread, means[1] - means[0])),
        high=min(1.0, max(middle + half * spread, means[1] - means[0])),
        chance=chance,
        spread=spread,
        freedom=freedom,
        smallest=(half + power) * spread,
        is_paired=is_paired,
    )
