"""Measures how large images are, from a manifest's columns and a sample of images."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from pixonomy.browsing.sampled_images import SampledImage

QUANTILES: Mapping[str, float] = {
    "Smallest": 0.0,
    "5% below": 0.05,
    "Median": 0.5,
    "5% above": 0.95,
    "Largest": 1.0,
}
_SIDES = ("width", "height")


@dataclass(frozen=True)
class Sizes:
    """How large images are.

    Attributes:
        dimensions: width and height, in pixels, and n, how many images have them; the most
            frequent first.
        is_complete: whether `dimensions` are what the manifest says of its images, not of a
            sample that was decoded.
        lengths: for each of `QUANTILES` the encoded bytes of an image; None where unknown.
        length_in_all: encoded bytes of all usable images, 0 where unknown.
    """

    dimensions: pl.DataFrame
    is_complete: bool
    lengths: tuple[int, ...] | None
    length_in_all: int

    @property
    def measured(self) -> int:
        """Of how many images the dimensions are known."""
        return int(self.dimensions["n"].sum())

    @property
    def shorter_sides(self) -> pl.DataFrame:
        """The shorter side, in pixels, and n, how many images have it."""
        side = pl.min_horizontal(*_SIDES).alias("side")
        return self.dimensions.group_by(side).agg(pl.col("n").sum()).sort("side")

    def sides(self, name: str) -> tuple[int, ...]:
        """Return each of `QUANTILES` of width, height or side (the shorter one), in pixels."""
        table = self.shorter_sides if name == "side" else self.dimensions.sort(name)
        reached = table["n"].cum_sum().to_numpy()
        places = [np.searchsorted(reached, share * reached[-1]) for share in QUANTILES.values()]
        return tuple(int(one) for one in table[name].gather(places))


def measure_lengths(rows: pl.LazyFrame, usable: int) -> tuple[tuple[int, ...] | None, int]:
    """Return `Sizes.lengths` and `Sizes.length_in_all` as far as the table tells them."""
    is_known = pl.col("problem").is_null() & pl.col("length").is_not_null()
    lengths = rows.filter(is_known).select("length").collect(engine="streaming")["length"]
    if len(lengths) < max(1, usable):
        return None, 0
    return _pick(lengths), int(lengths.sum())


def gather_lengths(sampled: Iterable[SampledImage]) -> tuple[int, ...] | None:
    """Return `Sizes.lengths` of the images that could be decoded."""
    lengths = [one.length for one in sampled if one.fault is None]
    return _pick(pl.Series(lengths)) if lengths else None


def read_dimensions(rows: pl.LazyFrame, usable: int) -> pl.DataFrame | None:
    """Return `Sizes.dimensions` as the table's own columns tell them.

    Returns:
        None where it has no columns width and height, or they are empty for most images.
    """
    if not set(_SIDES) <= set(rows.collect_schema()):
        return None
    sides = [pl.col(name).cast(pl.Int64, strict=False) for name in _SIDES]  # text in some tables
    usable_rows = rows.filter(pl.col("problem").is_null()).select(sides)
    known = usable_rows.filter(pl.all_horizontal(pl.col(_SIDES) > 0))
    found = _count(known)
    return found if 2 * found["n"].sum() > usable else None


def gather_dimensions(sampled: Iterable[SampledImage]) -> pl.DataFrame:
    """Return `Sizes.dimensions` of the images that could be decoded."""
    sides = [(one.width, one.height) for one in sampled if one.fault is None]
    return _count(pl.LazyFrame(sides, dict.fromkeys(_SIDES, pl.Int64), orient="row"))


def _pick(numbers: pl.Series) -> tuple[int, ...]:
    ordered = numbers.sort()
    places = [round(share * (len(ordered) - 1)) for share in QUANTILES.values()]
    return tuple(int(one) for one in ordered.gather(places))


def _count(sides: pl.LazyFrame) -> pl.DataFrame:
    counted = sides.group_by(_SIDES).agg(n=pl.len().cast(pl.Int64)).collect(engine="streaming")
    return counted.sort(["n", *_SIDES], descending=[True, False, False])
