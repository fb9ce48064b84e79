"""Find pairs of images that show the same, from thumbnails and embeddings.

Candidates are near neighbours (`candidates`), thinned out by their thumbnails
(`filter_candidates`); what is left is looked at again, pixel by pixel (`verify`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pixonomy.dataset.location import PLACED, locate
from pixonomy.executors.local import run
from pixonomy.near_duplicates.filter_candidates import MatchSettings, suspect
from pixonomy.near_duplicates.thumbnail_index import Embeddings, open_thumbnail_index
from pixonomy.near_duplicates.verify import Suspicion, Task, verify
from pixonomy.progress import Context
from pixonomy.storage.tables import scan_parquet

MATCH_VERSION = 2
"""Raised whenever the same image statistics would give other pairs."""

NEEDED = ("sha256", "descriptor", "image_id", *PLACED, "modified_ns")
"""The columns of the image statistics that are read; `member`, `encoding`, `modified_ns` may be
missing."""

_DEFAULT, _USUAL = Context(), MatchSettings()
_LOCATED = 20_000  # pairs whose images are located at once
_TASK = 128  # pairs a task
_FEW = 4  # tasks that are not worth a process of their own
_SCHEMA = {
    "first": pl.UInt32(),
    "second": pl.UInt32(),
    "how": pl.String(),
    "score": pl.Float32(),
}


@dataclass(frozen=True)
class ComparedImages:
    """What is compared.

    Attributes:
        statistics: the image statistics, a Parquet file with the columns `NEEDED`, a row an
            image; rows without sha256 or descriptor take no part, and of equal sha256 the first
            stands for all.
        base: the folder that relative `uri`s hang from.
        embeddings: float16 or float32 (rows, d), or None.
    """

    statistics: Path
    base: Path
    embeddings: Embeddings | None = None


def find_pairs(
    images: ComparedImages, settings: MatchSettings = _USUAL, context: Context = _DEFAULT
) -> pl.DataFrame:
    """Find images that show the same, though cropped, padded, mirrored, turned or altered.

    Returns:
        first, second (UInt32, numbers of rows of the image statistics, first < second), how
        ("pixels"), score (Float32, the correlation of what both show, 0 to 1); sorted, each pair
        once. An image that can no longer be read has no pairs.
    """
    with open_thumbnail_index(images.statistics, images.embeddings) as thumbnail_index:
        if len(thumbnail_index.rows) < 2:
            return pl.DataFrame(schema=_SCHEMA)
        candidate_pairs = suspect(thumbnail_index, settings, context)
        rows = pl.Series(thumbnail_index.rows, dtype=pl.UInt32)
    scores = _verify(candidate_pairs, rows, images, context)
    return (
        candidate_pairs.select(
            first=rows.gather(candidate_pairs["first"]),
            second=rows.gather(candidate_pairs["second"]),
            how=pl.lit("pixels"),
            score=pl.Series(scores, dtype=pl.Float32),
        )
        .filter(pl.col("score") > 0)
        .sort("first", "second")
    )


def _verify(
    candidate_pairs: pl.DataFrame, rows: pl.Series, images: ComparedImages, context: Context
) -> list[float]:
    scores: list[float] = []
    is_worth = candidate_pairs.height > _FEW * _TASK
    tasks = _tasks(candidate_pairs, rows, images)
    for some in run(verify, tasks, context.cores if is_worth else 1):
        scores.extend(some)
        context.progress("comparing pictures", len(scores), candidate_pairs.height)
    return scores


def _tasks(
    candidate_pairs: pl.DataFrame, rows: pl.Series, images: ComparedImages
) -> Iterator[Task]:
    for many in candidate_pairs.iter_slices(_LOCATED):
        ends = np.stack([many["first"].to_numpy(), many["second"].to_numpy()])
        involved, places = np.unique(ends, return_inverse=True)
        locations = locate(_read_places(images.statistics, rows.gather(involved)), images.base)
        pairs = places.reshape(ends.shape).T
        where = many["placement"].to_numpy().reshape(-1, 2, 3)
        flags = many.select("is_placed", "is_in_place").rows()
        for start in range(0, many.height, _TASK):
            some = slice(start, start + _TASK)
            here = np.unique(pairs[some])
            yield Task(
                [locations[place] for place in here],
                [
                    Suspicion(
                        int(first), int(second), placement if is_placed else None, is_in_place
                    )
                    for (first, second), placement, (is_placed, is_in_place) in zip(
                        np.searchsorted(here, pairs[some]), where[some], flags[some], strict=True
                    )
                ],
            )


def _read_places(statistics: Path, rows: pl.Series) -> pl.DataFrame:
    """Return where the images of ascending rows lie."""
    with scan_parquet(statistics) as table:
        there = table.collect_schema().names()
        names = [name for name in NEEDED if name in there and name != "descriptor"]
        places = table.select(names).with_row_index("row")
        wanted = rows.alias("row").to_frame().lazy()
        return wanted.join(places, on="row", how="left", maintain_order="left").collect()
