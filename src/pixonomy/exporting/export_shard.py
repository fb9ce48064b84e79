"""Cuts a manifest into shards: batches of its rows that are exported one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pixonomy.dataset.location import PLACED, locate
from pixonomy.dataset.manifest import SPLITS
from pixonomy.dataset.read import Fetched, read_all
from pixonomy.dataset.seen import SEEN_COLUMNS
from pixonomy.errors import UndecodableImage
from pixonomy.images.decode import decode
from pixonomy.storage.address import Address

UNSPLIT = "unsplit"
"""What images without a split are exported under."""

COLUMNS = (
    "image_id", "group_id", "label", "split", *PLACED, *SEEN_COLUMNS, "sha256",
)  # fmt: skip
"""The columns of a manifest that an export needs, beside `problem`."""

SHARD_BYTES = 256 * 1024**2
"""What people who read shards are used to."""

_ROW_BYTES = 4 * 1024  # what an image takes in a shard beside its own bytes, at most


@dataclass(frozen=True)
class Shard:
    """Some images of one split, in the order in which they lie in their files.

    Attributes:
        split: train, validation, test or `UNSPLIT`.
        number, count: which of how many of its split.
        first: the number of its first image among all that are exported.
        rows: `COLUMNS`, and whatever else the plan was given.
        base: the folder that relative `uri`s hang from.
    """

    split: str
    number: int
    count: int
    first: int
    rows: pl.DataFrame
    base: Path

    @property
    def name(self) -> str:
        """What it is called, without an ending."""
        return f"{self.split}-{self.number:06d}"

    def read(self) -> Iterator[tuple[int, Fetched]]:
        """Yield (place in `rows`, image) for all of them; what cannot be decoded is none.

        A table may name any file that can be read, and not every file is to leave the house.
        """
        for place, fetched in read_all(locate(self.rows, self.base)):
            yield place, _require_image(fetched)


def plan_shards(rows: pl.DataFrame, base: Path, shard_bytes: int = SHARD_BYTES) -> list[Shard]:
    """Cut rows into shards of about `shard_bytes` at most, split by split, in file order.

    Args:
        rows: `COLUMNS`, and whatever else a shard is to know.
    """
    split = pl.col("split").cast(pl.Enum(SPLITS))
    row_of_table = pl.col("member").cast(pl.Int64, strict=False)
    ordered = rows.sort(split, "uri", "offset", row_of_table, "image_id", nulls_last=True)
    size = _sizes(ordered, base) + _ROW_BYTES
    begins = (size.cum_sum() - size).over("split") // shard_bytes
    cuts = ordered.select("split", begins.alias("number"))
    runs = cuts.group_by("split", "number", maintain_order=True).len()
    counts = dict(runs.group_by("split").len().iter_rows())
    shards: list[Shard] = []
    first = number = 0
    for name, _, length in runs.iter_rows():
        number = number + 1 if shards and shards[-1].split == (name or UNSPLIT) else 0
        byte_range = ordered.slice(first, length)
        shards.append(Shard(name or UNSPLIT, number, counts[name], first, byte_range, base))
        first += length
    return shards


def _require_image(fetched: Fetched) -> Fetched:
    if isinstance(fetched, bytes):
        try:
            decode(fetched, min_side=1)
        except UndecodableImage as error:
            return error
    return fetched


def _sizes(rows: pl.DataFrame, base: Path) -> pl.Expr:
    """Return the bytes of each image, as far as they are known before it is read."""
    unknown = rows.filter(pl.col("length").is_null()).unique("uri")
    files = zip(unknown["uri"], locate(unknown, base), strict=True)
    sizes = {uri: _size_of(location.file) for uri, location in files}
    found = pl.col("uri").replace_strict(sizes, default=0, return_dtype=pl.Int64)
    return pl.coalesce("length", found)


def _size_of(file: Address) -> int:
    try:
        return 0 if file.path is None else file.path.stat().st_size
    except OSError:  # reading it will say why
        return 0
