"""A BSON catalogue goes in; manifest rows come out, one a picture, stretch by stretch."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pixonomy.sources.bson.stretches import Stretches, open_stretches
from pixonomy.sources.bson.walk import Walk, Walked
from pixonomy.sources.damage import Damage

_STRETCH = 64 * 1024 * 1024  # bytes walked at once
_LONGEST_DOCUMENT = 256 * 1024 * 1024  # bytes; more would be read into memory from S3 in one piece
_MOST_DAMAGES = 1000  # told of one file


@dataclass(frozen=True)
class IndexedStretch:
    """What a stretch of a file holds.

    Attributes:
        rows: image_id, group_id, label, uri, offset, length, label_source, problem; a row a
            picture. A product without pictures is a row with a problem.
        end: how far the file has been read, in bytes; a walk may go on from there.
        size: of the file, in bytes.
        damage: what is wrong at `end`, if anything.
    """

    rows: pl.DataFrame
    end: int
    size: int
    damage: Damage | None = None


def index_bson(
    file: Path | str, uri: str, start: int = 0, salvage: bool = False
) -> Iterator[IndexedStretch]:
    """Walk over a file of documents {_id, category_id, imgs: [{picture: …}, …]}.

    Nothing is decoded, and of a file on this machine nothing is copied.

    Args:
        file: a path, or the address of an object.
        uri: what the rows call it.
        start: where to begin, in bytes: 0 or the `end` of an earlier walk.
        salvage: go on behind damage, at the next document that is whole.

    Raises:
        SettingError: if nothing is there.
        StorageError: if it cannot be read.
    """
    with open_stretches(file) as stretches:
        walk, at, length, damages = Walk(), start, _STRETCH, 0
        while at < stretches.size:
            stretch = stretches.read(at, length)
            walked = walk.read(stretch, at, is_last=at + len(stretch) == stretches.size)
            length = max(_STRETCH, walked.needed)
            if walked.damage is None and length > _LONGEST_DOCUMENT:
                message = f"a document of {length} bytes is no product"
                walked = Walked(walked.pictures, walked.end, Damage(walked.end, message))
            at = walked.end
            if walked.damage is not None:
                damages, length = damages + 1, _STRETCH
                goes_on = salvage and damages < _MOST_DAMAGES
                at = _find_next(walk, stretches, at + 1) if goes_on else stretches.size
            rows = _to_rows(walked.pictures, uri)
            del stretch
            yield IndexedStretch(rows, at, stretches.size, walked.damage)


def identify(file: Path | str) -> list[object]:
    """Return plain JSON that changes when the file or object does; its content is not read."""
    with open_stretches(file) as stretches:
        return stretches.identity


def _find_next(walk: Walk, stretches: Stretches, start: int) -> int:
    """Return where the next whole document at or after `start` begins, or the file's size."""
    while start < stretches.size:
        stretch = stretches.read(start, _STRETCH)
        found = walk.find(stretch)
        if found is not None:
            return start + found
        if start + len(stretch) == stretches.size or walk.has_given_up:
            break
        # A document across the end of this stretch is whole in the next one.
        start += _STRETCH // 2
    return stretches.size


def _to_rows(pictures: pl.DataFrame, uri: str) -> pl.DataFrame:
    place = pl.coalesce("offset", "product")
    has_none = pl.col("offset").is_null()
    return pictures.select(
        pl.concat_str(pl.lit(f"{uri}:"), place).alias("image_id"),
        pl.col("product_id").alias("group_id"),
        pl.col("category_id").alias("label"),
        pl.lit(uri).alias("uri"),
        "offset",
        "length",
        pl.lit("catalogue").alias("label_source"),
        pl.when(has_none).then(pl.lit("the product has no picture")).alias("problem"),
    )
