"""Sketches of pictures go in; the pairs worth a look at their pixels come out."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pixonomy.matching.candidates import Reaches, find_candidates
from pixonomy.matching.placement import place
from pixonomy.matching.sketches import Sketches
from pixonomy.matching.variants import fine_windows
from pixonomy.matching.vectors import Thumbnails
from pixonomy.progress import Surroundings

_PLACED = 8000  # pairs whose thumbnails are compared at once
_BEST_FIRST = [False, False, True, False]


@dataclass(frozen=True)
class MatchSettings:
    """How widely is looked for copies.

    Attributes:
        reaches: how far candidates are looked for.
        cosine: how alike thumbnails must be at the best placement to be looked at again, …
        in_place, third: … or edge on edge, but for a caption: see `placement.Placed`.
        most: how many of the likeliest others each picture is compared with.
    """

    reaches: Reaches = field(default_factory=Reaches)
    cosine: float = 0.85
    in_place: float = 0.45
    third: float = 0.98
    most: int = 5


def suspect(
    sketches: Sketches, settings: MatchSettings, surroundings: Surroundings
) -> pl.DataFrame:
    """Find pairs whose thumbnails may show the same.

    Returns:
        first, second (UInt32, numbers in the sketches), one, two (Int64, the likeliest two of
        `placement.placements`), is_in_place (may be alike edge on edge); sorted.
    """
    kept = [
        _place(some, sketches.thumbnails, settings)
        for stretch in find_candidates(sketches, settings.reaches, surroundings)
        for some in stretch.iter_slices(_PLACED)
    ]
    ordered = pl.concat(kept).sort("first", "second", "rank", "one", descending=_BEST_FIRST)
    pairs = ordered.group_by("first", "second", maintain_order=True).agg(
        pl.col("one", "two", "rank").first(), pl.col("is_in_place").any()
    )
    return _keep_likeliest(pairs, settings.most)


def _place(pairs: pl.DataFrame, thumbnails: Thumbnails, settings: MatchSettings) -> pl.DataFrame:
    ends = np.stack([pairs["asking"].to_numpy(), pairs["found"].to_numpy()])
    involved, rows = np.unique(ends, return_inverse=True)
    asking, found = rows.reshape(ends.shape)
    placed = place(np.asarray(thumbnails[involved]), asking, found)
    is_in_place = (placed.in_place >= settings.in_place) & (placed.third >= settings.third)
    one, two = placed.places.T
    is_whole = one % len(fine_windows()) == 0
    return pl.DataFrame(
        {
            "first": ends.min(0),
            "second": ends.max(0),
            "one": one,
            "two": two,
            "is_in_place": is_in_place | is_whole,
            "rank": np.where(is_in_place, np.float32(1), placed.cosine),
        }
    ).filter(pl.Series(is_in_place | (placed.cosine >= settings.cosine)))


def _keep_likeliest(pairs: pl.DataFrame, most: int) -> pl.DataFrame:
    """Keep those pairs that are among the likeliest of either of their pictures."""
    numbered = pairs.with_row_index("pair")
    ends = pl.concat(
        [numbered.select("pair", "rank", picture=name) for name in ("first", "second")]
    )
    place_of = pl.col("rank").rank("ordinal", descending=True).over("picture")
    likely = ends.filter(place_of <= most)["pair"].unique().sort()
    return pairs[likely].drop("rank")
