"""Hashes images of earlier versions anew, so that all perceptual hashes are of one kind."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pixonomy.collecting.records import read_unmarked
from pixonomy.collecting.state_db import StateDatabase
from pixonomy.collecting.tar_writer import shard_path
from pixonomy.dataset.location import Location, in_chunks, locate
from pixonomy.dataset.manifest import conform
from pixonomy.dataset.read import read_all
from pixonomy.errors import UndecodableImage
from pixonomy.executors.local import run
from pixonomy.images.image_hash import LUMA_HASH, fingerprint
from pixonomy.progress import Context

_TASK = 256  # images
_FEW = 2 * _TASK  # that are not worth processes


def rehash_older(state_db: StateDatabase, folder: Path, context: Context) -> None:
    """Hash images of earlier versions anew, so that duplicates are found among all of them.

    Killed on the way, it goes on with the next run. What cannot be read keeps its hash.
    """
    done = 0
    for rows in read_unmarked(state_db, LUMA_HASH):
        if not rows.height:
            return
        workers = context.cores if rows.height > _FEW else 1
        locations = locate(conform(_placed(rows)), folder)
        hashed = [one for part in _hash(locations, workers) for one in part]
        found = zip(rows["number"], hashed, strict=True)
        state_db.rehash({number: one for number, one in found if one is not None})
        done += rows.height
        context.progress("hashing earlier pictures anew", done, 0)


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
