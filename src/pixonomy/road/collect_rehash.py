"""A ledger with perceptual hashes of two kinds goes in; all of them are of today's kind after."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pixonomy.collecting.ledger import Ledger
from pixonomy.collecting.records import read_unmarked
from pixonomy.collecting.shards import shard_path
from pixonomy.errors import UndecodableImage
from pixonomy.fetch import read_all
from pixonomy.images.fingerprint import LUMA_HASH, fingerprint
from pixonomy.locate import Location, in_chunks, locate
from pixonomy.manifest import conform
from pixonomy.progress import Surroundings
from pixonomy.workers import run

_TASK = 256  # pictures
_FEW = 2 * _TASK  # that are not worth processes


def rehash_older(ledger: Ledger, folder: Path, surroundings: Surroundings) -> None:
    """Hash pictures of earlier versions anew, so that copies are found among all of them.

    Killed on the way, it goes on with the next run. What cannot be read keeps its hash.
    """
    done = 0
    for rows in read_unmarked(ledger, LUMA_HASH):
        if not rows.height:
            return
        workers = surroundings.cores if rows.height > _FEW else 1
        locations = locate(conform(_placed(rows)), folder)
        hashed = [one for part in _hash(locations, workers) for one in part]
        found = zip(rows["number"], hashed, strict=True)
        ledger.rehash({number: one for number, one in found if one is not None})
        done += rows.height
        surroundings.progress("hashing earlier pictures anew", done, 0)


def _hash(locations: list[Location], workers: int) -> Iterator[list[str | None]]:
    yield from run(_hash_all, in_chunks(locations, _TASK), workers)


def _hash_all(locations: list[Location]) -> list[str | None]:
    found: list[str | None] = [None] * len(locations)
    for place, data in read_all(locations):
        if not isinstance(data, UndecodableImage):
            found[place] = fingerprint(data).perceptual_hash
    return found


def _placed(rows: pl.DataFrame) -> pl.DataFrame:
    names = [f"shards/{shard_path(Path(), shard).name}" for shard in rows["shard"]]
    return rows.with_columns(uri=pl.Series(names, dtype=pl.String))
