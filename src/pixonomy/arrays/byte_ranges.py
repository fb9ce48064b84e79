"""Where each image of a manifest lies, as columns of numbers: file, offset, length.

A row costs some forty bytes here, not the kilobyte that a table of texts or objects would take:
twelve million rows fit beside the workers.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from polars import selectors

from pixonomy.dataset.location import CHECKSUM, PARQUET, Location, uri_to_file, with_checksum
from pixonomy.dataset.seen import SEEN_COLUMNS, Seen, to_seen
from pixonomy.storage.address import Address
from pixonomy.storage.tables import scan_parquet

_SEEN = selectors.by_name(*SEEN_COLUMNS, require_all=False)
_STATES = (
    _SEEN - selectors.string(),
    (_SEEN & selectors.string()).cast(pl.Categorical),  # an ETag, of a file or few
)
_DIGITS = 15  # of a SHA-256 in hexadecimal: what an int64 holds

Numbers = npt.NDArray[np.int64]

IS_PREPARED = pl.col("problem").is_null() & pl.col("split").is_not_null()
"""Which rows of a manifest become images in arrays."""


@dataclass(frozen=True)
class ByteRanges:
    """Where images lie; see `pixonomy.dataset.location.Location`.

    Attributes:
        rows: int64 (n,): the row of the manifest each belongs to.
        files: the files and objects that they lie in.
        file: int32 (n,): which of them.
        offset: int64 (n,): in bytes; in a Parquet column, the number of the row.
        length: int64 (n,): in bytes; -1 where it is not known.
        encodings: the encodings at hand; None for plain ranges.
        encoding: int32 (n,): which of them.
        seen: what `index` saw of each of `files`; None where that is not known.
        digest: int64 (n,): the first 60 bits of the SHA-256; -1 where it is not known.
        checksum: uint32 (n,): the CRC-32 that an encoding holds, and that `encodings` leave out; 0
            where none is.
    """

    rows: Numbers
    files: tuple[Address, ...]
    file: npt.NDArray[np.int32]
    offset: Numbers
    length: Numbers
    encodings: tuple[str | None, ...]
    encoding: npt.NDArray[np.int32]
    seen: tuple[Seen | None, ...]
    digest: Numbers
    checksum: npt.NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, places: Numbers | slice) -> "ByteRanges":
        """Return the ranges at these places, in their order."""
        return ByteRanges(
            self.rows[places],
            self.files,
            self.file[places],
            self.offset[places],
            self.length[places],
            self.encodings,
            self.encoding[places],
            self.seen,
            self.digest[places],
            self.checksum[places],
        )

    def part(self, places: Numbers | slice) -> "ByteRanges":
        """Do what `take` does, without the files not needed: a worker is sent little."""
        taken = self.take(places)
        used, file = np.unique(taken.file, return_inverse=True)
        files = tuple(self.files[number] for number in used.tolist())
        seen = tuple(self.seen[number] for number in used.tolist())
        return replace(taken, files=files, file=file.astype(np.int32), seen=seen)

    def locations(self) -> list[Location]:
        """Return them as locations, whose ids are the manifest's row numbers."""
        places = (self.rows, self.file, self.offset, self.length)
        columns = (*places, self.encoding, self.digest, self.checksum)
        return [
            self._locate(*values)
            for values in zip(*(column.tolist() for column in columns), strict=True)
        ]

    def _locate(
        self, row: int, file: int, offset: int, length: int, encoding: int, *hashes: int
    ) -> Location:
        known = None if length < 0 else length
        digest, checksum = hashes
        sha256 = None if digest < 0 else f"{digest:0{_DIGITS}x}"
        name, seen = with_checksum(self.encodings[encoding], checksum), self.seen[file]
        if name is not None and name.startswith(PARQUET):
            return Location(str(row), self.files[file], 0, known, str(offset), name, seen, sha256)
        return Location(str(row), self.files[file], offset, known, None, name, seen, sha256)


def read_ranges(manifest: Path, base: Path) -> ByteRanges:
    """Read where the usable images that have a split lie, in the manifest's order.

    Raises:
        StorageError: if the manifest cannot be read.
    """
    member = pl.col("member").cast(pl.Int64, strict=False)
    # As many encodings as images would not be columns of numbers: the checksum is one.
    checksum = pl.col("encoding").str.extract(f"{CHECKSUM}([0-9a-f]{{8}})$").str.to_integer(base=16)
    digest = pl.col("sha256").str.slice(0, _DIGITS).str.to_integer(base=16, strict=False)
    with scan_parquet(manifest) as table:
        rows = (
            table.with_row_index("row")
            .filter(IS_PREPARED)
            .select(
                pl.col("row").cast(pl.Int64),
                "uri",
                pl.col("encoding").str.replace(f"{CHECKSUM}[0-9a-f]{{8}}$", ""),
                pl.coalesce("offset", member, 0).alias("offset"),
                pl.col("length").fill_null(-1),
                *_STATES,
                digest.fill_null(-1).alias("digest"),
                checksum.fill_null(0).cast(pl.UInt32).alias("checksum"),
            )
            .collect(engine="streaming")
        )
    uris, states, file = _number_files(rows)
    encodings, encoding = _number(rows["encoding"])
    return ByteRanges(
        rows["row"].to_numpy(),
        tuple(uri_to_file(uri, base) for uri in uris),
        file,
        rows["offset"].to_numpy(),
        rows["length"].to_numpy(),
        tuple(encodings),
        encoding,
        tuple(to_seen(states)),
        rows["digest"].to_numpy(),
        rows["checksum"].to_numpy(),
    )


def _number_files(
    rows: pl.DataFrame,
) -> tuple[list[str | None], pl.DataFrame, npt.NDArray[np.int32]]:
    """Return the distinct files, what was seen of each, and the number of each row's file.

    A file that was seen in two states (by two calls of `index`) counts as two.
    """
    uris, number = _number(rows["uri"])
    states = rows.select(_SEEN).insert_column(0, pl.Series("uri", number))
    distinct = states.lazy().unique().collect(engine="streaming").sort(states.columns)
    if distinct.height > len(uris):
        places = distinct.with_row_index("place")
        found = states.join(
            places, on=states.columns, how="left", nulls_equal=True, maintain_order="left"
        )
        number = found["place"].cast(pl.Int32).to_numpy()
    return [uris[one] for one in distinct["uri"]], distinct, number


def _number(texts: pl.Series) -> tuple[list[str | None], npt.NDArray[np.int32]]:
    """Return the distinct texts, and for each text its number among them."""
    distinct = texts.unique().sort()
    numbers = texts.replace_strict(
        distinct, pl.int_range(len(distinct), dtype=pl.Int32, eager=True), return_dtype=pl.Int32
    )
    return distinct.to_list(), numbers.to_numpy()
