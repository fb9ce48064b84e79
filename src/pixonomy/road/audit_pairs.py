"""A survey goes in; the pairs of near-copies in it come out."""

from pathlib import Path

import polars as pl

from pixonomy.auditing.survey import Survey
from pixonomy.matching.pairs import MATCH_VERSION, Pictures, find_pairs
from pixonomy.progress import Surroundings
from pixonomy.storage.cache import keep
from pixonomy.storage.fingerprint import Fingerprint

PAIRS = "pairs.parquet"


def pair(
    surveyed: Survey, base: Path, folder: Path, made_from: Fingerprint, surroundings: Surroundings
) -> pl.DataFrame:
    """Return the pairs: first, second (UInt32, numbers of rows), how and score.

    Args:
        base: what relative addresses in the survey hang from.
        folder: where the table is kept for the next time.
        made_from: what tells this survey from others.
    """

    def make() -> pl.DataFrame:
        pictures = Pictures(surveyed.table, base, surveyed.embeddings)
        return find_pairs(pictures, surroundings=surroundings)

    return keep(folder / PAIRS, {**made_from, "matching": MATCH_VERSION}, make)
