"""Lists the images of a BSON catalogue as manifest rows, one an image, chunk by chunk."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from pixonomy.sources.bson.chunks import Chunks, open_chunks
from pixonomy.sources.bson.walk import Scan
from pixonomy.sources.damage import Damage
from pixonomy.storage.address import Address

_BEHIND_DAMAGE = 1024 * 1024  # bytes: where there is damage, there may soon be more
_SMALLEST = 4  # bytes of a chunk: a document's length
_MOST_DAMAGES = 1000  # told of one file


@dataclass(frozen=True)
class IndexedChunk:
    """What a chunk of a file holds.

    Attributes:
        rows: image_id, group_id, label, uri, offset, length, label_source, problem; a row an
            image. A product without images, or with an odd id or category, is one with a
            problem.
        end: how far the file has been read, in bytes; a walk may go on from there.
        size: of the file, in bytes.
        damage: what is wrong at `end`, if anything.
    """

    rows: pl.DataFrame
    end: int
    size: int
    damage: Damage | None = None


def index_bson(
    file: Address, uri: str, start: int = 0, salvage: bool = False, chunk: int | None = None
) -> Iterator[IndexedChunk]:
    """Walk over a file of documents {_id, category_id, imgs: [{picture: …}, …]}.

    Nothing is decoded, and of a file on this machine nothing is copied.

    Args:
        file: on this machine, or an object.
        uri: what the rows call it.
        start: where to begin, in bytes: 0 or the `end` of an earlier walk.
        salvage: go on behind damage, at the next product that is whole.
        chunk: how many bytes are walked at once, instead of what suits the file. Longer products
            are found all the same, but behind damage only those of half that length.

    Raises:
        SettingError: if nothing is there.
        StorageError: if it cannot be read.
    """
    with open_chunks(file) as chunks:
        chunk = chunk or chunks.usual
        walk, at, length, damages = Scan(), start, chunk, 0
        while at < chunks.size:
            walked = walk.read(chunks.read(at, length), at, chunks.size)
            # Of a chunk full of tiny documents only some are read at once.
            length = max(min(2 * max(walked.end - at, _SMALLEST), chunk), walked.needed)
            at, damage = walked.end, walked.damage
            if damage is not None:
                if at == 0:
                    damage = replace(damage, message=f"{damage.message} (is this a BSON file?)")
                damages, length = damages + 1, min(_BEHIND_DAMAGE, chunk)
                goes_on = salvage and damages < _MOST_DAMAGES
                at = _find_next(walk, chunks, at + 1, chunk) if goes_on else chunks.size
                if salvage and (walk.has_given_up or not goes_on):
                    damage = replace(
                        damage,
                        message=f"{damage.message}; behind so much damage no more is looked for",
                    )
            yield IndexedChunk(_to_rows(walked.images, uri), at, chunks.size, damage)


def identify(file: Address) -> list[object]:
    """Return plain JSON that changes when the file or object does; its content is not read."""
    with open_chunks(file) as chunks:
        return chunks.identity


def _find_next(walk: Scan, chunks: Chunks, start: int, chunk: int) -> int:
    """Return where the next whole product at or after `start` begins, or the file's size."""
    while start < chunks.size:
        view = chunks.read(start, chunk)
        found = walk.find(view)
        if found is not None:
            return start + found
        if start + len(view) == chunks.size or walk.has_given_up:
            break
        # A product across the end of this chunk is whole in the next one.
        start += chunk // 2
    return chunks.size


def _to_rows(images: pl.DataFrame, uri: str) -> pl.DataFrame:
    has_none = pl.col("offset").is_null()
    nothing = pl.when(has_none).then(pl.lit("the product has no picture"))
    return images.with_columns(
        pl.concat_str(pl.lit(f"{uri}:"), "place").alias("image_id"),
    ).select(
        "image_id",
        pl.coalesce("product_id", "image_id").alias("group_id"),
        pl.col("category_id").alias("label"),
        pl.lit(uri).alias("uri"),
        "offset",
        "length",
        pl.lit("catalogue").alias("label_source"),
        pl.coalesce("problem", nothing).alias("problem"),
    )
