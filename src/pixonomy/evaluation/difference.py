"""Right and wrong answers of two classifiers go in; how far their accuracies differ comes out."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import binomtest, norm

from pixonomy.bundle.calibrate import Doubles

LEVEL = 0.95
POWER = 0.80  # with which the smallest difference would be found

_MOST_DRAWS, _DRAWN = 10_000, 4 * 10**7  # fewer draws where groups are many
_FEWEST_DRAWS, _AT_ONCE = 500, 10**6


@dataclass(frozen=True)
class Difference:
    """The second accuracy minus the first; shares run -1 to 1.

    Attributes:
        groups: products, bursts and the like: pictures of one stand or fall together.
        first, second: the accuracies.
        low, high: the 95 % interval of the difference, by bootstrap over groups.
        chance: the p-value of no difference.
        spread: the standard deviation of the difference over bootstrap draws.
        smallest: the difference that a test at 5 % would find four times in five.
        is_paired: whether both answered the same pictures.
    """

    n: int
    groups: int
    first: float
    second: float
    difference: float
    low: float
    high: float
    chance: float
    spread: float
    smallest: float
    is_paired: bool

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return asdict(self)


@dataclass(frozen=True)
class _Groups:
    """For each of g groups, how many of its pictures are answered rightly, and how many it has."""

    right: Doubles
    pictures: Doubles


def compare_paired(answers: pl.DataFrame, *, seed: int = 0) -> Difference:
    """Compare two classifiers on the same pictures.

    The chance is that of a sign-flip test over groups: were both alike, each group's difference
    could as well have been the other way round. Where every picture is a group of its own, that is
    McNemar's exact test (McNemar 1947).

    Args:
        answers: group_id, and first and second: the shares of answers that are right, 0 to 1;
            booleans, or means over several runs of each classifier.
    """
    gain = pl.col("second").cast(pl.Float64) - pl.col("first").cast(pl.Float64)
    of_group = answers.group_by("group_id").agg(gain.sum().alias("gain"), pl.len().alias("n"))
    of_group = of_group.sort("group_id")
    sides = _Groups(of_group["gain"].to_numpy(), of_group["n"].to_numpy().astype(float))
    generator = np.random.default_rng(seed)
    drawn = _resample(sides, generator)
    first, second = (float(answers[name].cast(pl.Float64).mean()) for name in ("first", "second"))  # type: ignore[arg-type]
    chance = flip_signs(sides.right, generator)
    return _tell(answers.height, of_group.height, (first, second), drawn, chance, is_paired=True)


def compare_apart(first: pl.DataFrame, second: pl.DataFrame, *, seed: int = 0) -> Difference:
    """Compare accuracies on different pictures.

    The chance is that of a normal difference with the bootstrap's spread.

    Args:
        first, second: group_id and is_right, a boolean or a share of 0 to 1.
    """
    generator = np.random.default_rng(seed)
    sides = [_group(table) for table in (first, second)]
    drawn = _resample(sides[1], generator), _resample(sides[0], generator)
    draws = min(map(len, drawn))
    gaps = drawn[0][:draws] - drawn[1][:draws]
    means = tuple(float(side.right.sum() / side.pictures.sum()) for side in sides)
    gap, spread = means[1] - means[0], float(gaps.std(ddof=1))
    chance = float(2 * norm.sf(abs(gap) / spread)) if spread else float(gap == 0)
    counts = first.height + second.height, sum(len(side.right) for side in sides)
    return _tell(*counts, (means[0], means[1]), gaps, chance, is_paired=False)


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
        return float(binomtest(int((gains > 0).sum()), len(gains)).pvalue)
    draws = _draws(len(gains))
    beyond = 0
    for start in range(0, draws, step := max(1, _AT_ONCE // len(gains))):
        count = min(step, draws - start)
        signs = generator.integers(0, 2, (count, len(gains)), np.int8) * 2 - 1
        beyond += int((np.abs(signs @ gains) >= seen).sum())
    return (beyond + 1) / (draws + 1)


def _group(table: pl.DataFrame) -> _Groups:
    of_group = (
        table.group_by("group_id")
        .agg(pl.col("is_right").cast(pl.Float64).sum(), pl.len().alias("n"))
        .sort("group_id")
    )
    return _Groups(of_group["is_right"].to_numpy(), of_group["n"].to_numpy().astype(float))


def _resample(groups: _Groups, generator: np.random.Generator) -> Doubles:
    """Return the mean over pictures of groups drawn with replacement, once a draw."""
    count = len(groups.right)
    draws, step = _draws(count), max(1, _AT_ONCE // count)
    means = []
    for start in range(0, draws, step):
        drawn = generator.integers(0, count, (min(step, draws - start), count))
        means.append(groups.right[drawn].sum(axis=1) / groups.pictures[drawn].sum(axis=1))
    return np.concatenate(means)


def _draws(count: int) -> int:
    return max(_FEWEST_DRAWS, min(_MOST_DRAWS, _DRAWN // count))


def _tell(
    n: int,
    groups: int,
    means: tuple[float, float],
    drawn: Doubles,
    chance: float,
    *,
    is_paired: bool,
) -> Difference:
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    reach = float(norm.ppf((1 + LEVEL) / 2) + norm.ppf(POWER))
    spread = float(drawn.std(ddof=1))
    return Difference(
        n=n,
        groups=groups,
        first=means[0],
        second=means[1],
        difference=means[1] - means[0],
        low=float(low),
        high=float(high),
        chance=chance,
        spread=spread,
        smallest=reach * spread,
        is_paired=is_paired,
    )
