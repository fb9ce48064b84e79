"""Thins out candidate pairs by their thumbnails: what is left is worth reading the pixels for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from pixonomy.executors.local import run
from pixonomy.near_duplicates.align_thumbnails import Guesses, register_thumbnails
from pixonomy.near_duplicates.candidates import Reaches, find_candidates
from pixonomy.near_duplicates.thumbnail_index import ThumbnailIndex, map_thumbnails
from pixonomy.near_duplicates.transform import place
from pixonomy.near_duplicates.windows import fine_windows
from pixonomy.progress import Context

_PLACED = 8000  # pairs whose thumbnails are placed at once
_SIFTED = 1000  # pairs whose thumbnails are laid over each other at once
_SPARE = 3  # times as many of one image's pairs are kept until those of all are known
_FEW = 5000  # images that are not worth processes of their own
_BEST_FIRST = [False, False, True, False]

_PLACEMENT = pl.Array(pl.Float64, 6)


@dataclass(frozen=True)
class MatchSettings:
    """How widely duplicates are looked for.

    Attributes:
        reaches: how far candidates are looked for.
        cosine: how alike thumbnails must be at the best placement to be looked at again, …
        in_place, third: … or edge on edge, but for a caption: see `transform.Placed`.
        placed: how many of the likeliest others each image's thumbnail is laid over.
        worst, beside: how alike they must be then: see `align_thumbnails.BlockCorrelation`.
        most: how many of the likeliest others each image is compared with.
    """

    reaches: Reaches = field(default_factory=Reaches)
    cosine: float = 0.8
    in_place: float = 0.45
    third: float = 0.98
    placed: int = 6
    in_place_most: int = 3
    worst: float = 0.42
    beside: float = 0.97
    most: int = 5


@dataclass(frozen=True)
class _Task:
    """Pairs of rows of the thumbnails in a file."""

    path: Path
    pairs: pl.DataFrame
    settings: MatchSettings


def suspect(
    thumbnail_index: ThumbnailIndex, settings: MatchSettings, context: Context
) -> pl.DataFrame:
    """Find pairs whose thumbnails may show the same.

    Returns:
        first, second (UInt32, numbers in the thumbnail index), placement (Array of 6 Float64: from
        the second to the first, row by row), is_placed (may be alike there), is_in_place (may be
        alike edge on edge); sorted.
    """
    cores = context.cores if len(thumbnail_index.rows) > _FEW else 1
    candidates = find_candidates(thumbnail_index, settings.reaches, context)
    placed = pl.concat(
        run(_place, _split_tasks(candidates, _PLACED, thumbnail_index, settings), cores)
    )
    ordered = placed.sort("first", "second", "rank", "one", descending=_BEST_FIRST)
    pairs = ordered.group_by("first", "second", maintain_order=True).agg(
        pl.col("one", "two", "rank").first(), pl.col("is_in_place").any(), pl.col("in_place").max()
    )
    likely = _keep_likeliest(pairs, _likeliest(settings))
    laid: list[pl.DataFrame] = []
    for some in run(_register, _split_tasks([likely], _SIFTED, thumbnail_index, settings), cores):
        laid.append(some)
        done = min(likely.height, len(laid) * _SIFTED)
        context.progress("comparing thumbnails", done, likely.height)
    return _keep_likeliest(pl.concat(laid), {"rank": settings.most})


def _split_tasks(
    tables: Iterable[pl.DataFrame],
    rows: int,
    thumbnail_index: ThumbnailIndex,
    settings: MatchSettings,
) -> Iterator[_Task]:
    for table in tables:
        # An empty one too: its columns are wanted.
        for some in table.iter_slices(rows) if table.height else [table]:
            yield _Task(thumbnail_index.path, some, settings)


def _place(task: _Task) -> pl.DataFrame:
    """Return how the pairs that may be alike may lie: first, second, one, two, rank, in place."""
    pairs, settings = task.pairs, task.settings
    ends = np.stack([pairs["asking"].to_numpy(), pairs["found"].to_numpy()])
    involved, rows = np.unique(ends, return_inverse=True)
    asking, found = rows.reshape(ends.shape)
    placed = place(np.asarray(map_thumbnails(task.path)[involved]), asking, found)
    is_in_place = (placed.in_place >= settings.in_place) & (placed.third >= settings.third)
    one, two = placed.places.T
    is_whole = one % len(fine_windows()) == 0
    table = pl.DataFrame(
        {
            "asking": pairs["asking"],
            "first": ends.min(0),
            "second": ends.max(0),
            "one": one.astype(np.uint16),
            "two": two.astype(np.uint16),
            "is_in_place": is_in_place | is_whole,
            "in_place": np.where(is_in_place, placed.in_place, np.float32(0)),
            "rank": placed.cosine,
        }
    ).filter(pl.Series(is_in_place | (placed.cosine >= settings.cosine)))
    # The likeliest of each that asks, so that memory holds few pairs an image.
    likely = [
        pl.col(rank).rank("ordinal", descending=True).over("asking") <= _SPARE * most
        for rank, most in _likeliest(settings).items()
    ]
    return table.filter(pl.any_horizontal(likely)).drop("asking")


def _register(task: _Task) -> pl.DataFrame:
    """Return the pairs that are alike when laid exactly, and how they lie."""
    pairs, settings = task.pairs, task.settings
    ends = pairs.select("first", "second").to_numpy().T
    involved, rows = np.unique(ends, return_inverse=True)
    first, second = rows.reshape(ends.shape)
    places, is_in_place = pairs.select("one", "two").to_numpy(), pairs["is_in_place"].to_numpy()
    thumbnails = np.asarray(map_thumbnails(task.path)[involved])
    found = register_thumbnails(thumbnails, Guesses(first, second, places, is_in_place))
    is_placed = found.worst >= settings.worst
    is_in_place = found.beside >= settings.beside
    flat = found.placement.reshape(-1, 6)
    return pairs.select(
        "first",
        "second",
        placement=pl.Series(flat, dtype=_PLACEMENT),
        is_placed=pl.Series(is_placed),
        is_in_place=pl.Series(is_in_place),
        rank=pl.Series(np.maximum(found.worst, found.beside), dtype=pl.Float32),
    ).filter(pl.Series(is_placed | is_in_place))


def _likeliest(settings: MatchSettings) -> dict[str, int]:
    return {"rank": settings.placed, "in_place": settings.in_place_most}


def _keep_likeliest(pairs: pl.DataFrame, most: Mapping[str, int]) -> pl.DataFrame:
    """Keep those pairs that are among the likeliest of either of their images.

    Args:
        most: how many of each image's pairs are kept by each column, where that is not zero.
    """
    passed = []
    for rank, count in most.items():
        numbered = pairs.with_row_index("pair").filter(pl.col(rank) > 0)
        ends = pl.concat(
            [numbered.select("pair", rank, picture=name) for name in ("first", "second")]
        )
        place_of = pl.col(rank).rank("ordinal", descending=True).over("picture")
        passed.append(ends.filter(place_of <= count)["pair"])
    return pairs[pl.concat(passed).unique().sort()].drop(most)
