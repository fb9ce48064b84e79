"""Finds the pairs of near-duplicates among the images that an audit has measured."""

from pathlib import Path

import polars as pl

from pixonomy.auditing.measure import ImageStatistics
from pixonomy.near_duplicates.find_pairs import MATCH_VERSION, ComparedImages, find_pairs
from pixonomy.progress import Context
from pixonomy.storage.cache import keep
from pixonomy.storage.fingerprint import Fingerprint

PAIRS = "pairs.parquet"


def pair(
    surveyed: ImageStatistics, base: Path, folder: Path, made_from: Fingerprint, context: Context
) -> pl.DataFrame:
    """Return the pairs: first, second (UInt32, numbers of rows), how and score.

    Args:
        base: what relative addresses in the statistics hang from.
        folder: where the table is kept for the next time.
        made_from: what tells these statistics from others.
    """

    def make() -> pl.DataFrame:
        images = ComparedImages(surveyed.table, base, surveyed.embeddings)
        return find_pairs(images, context=context)

    return keep(folder / PAIRS, {**made_from, "matching": MATCH_VERSION}, make)
