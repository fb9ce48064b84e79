"""A manifest goes in; where each picture to be decoded lies comes out, as columns of numbers.

A row costs some thirty bytes here, not the kilobyte that a table of texts or objects would take:
twelve million rows fit beside the workers.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.files import scan_parquet
from pixonomy.locate import PARQUET, Location, uri_to_file

Numbers = npt.NDArray[np.int64]

IS_PREPARED = pl.col("problem").is_null() & pl.col("split").is_not_null()
"""Which rows of a manifest become pictures in arrays."""


@dataclass(frozen=True)
class Extents:
    """Where pictures lie; see `pixonomy.locate.Location`.

    Attributes:
        rows: int64 (n,): the row of the manifest each belongs to.
        files: the files and objects that they lie in.
        file: int32 (n,): which of them.
        offset: int64 (n,): in bytes; in a Parquet column, the number of the row.
        length: int64 (n,): in bytes; -1 where it is not known.
        encodings: the encodings at hand; None for plain ranges.
        encoding: int32 (n,): which of them.
    """

    rows: Numbers
    files: tuple[Path | str, ...]
    file: npt.NDArray[np.int32]
    offset: Numbers
    length: Numbers
    encodings: tuple[str | None, ...]
    encoding: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, places: Numbers | slice) -> "Extents":
        """Return the extents at these places, in their order."""
        return Extents(
            self.rows[places],
            self.files,
            self.file[places],
            self.offset[places],
            self.length[places],
            self.encodings,
            self.encoding[places],
        )

    def part(self, places: Numbers | slice) -> "Extents":
        """Do what `take` does, without the files not needed: a worker is sent little."""
        taken = self.take(places)
        used, file = np.unique(taken.file, return_inverse=True)
        files = tuple(self.files[number] for number in used.tolist())
        return replace(taken, files=files, file=file.astype(np.int32))

    def locations(self) -> list[Location]:
        """Return them as locations, whose ids are the manifest's row numbers."""
        columns = (self.rows, self.file, self.offset, self.length, self.encoding)
        return [
            self._locate(*values)
            for values in zip(*(column.tolist() for column in columns), strict=True)
        ]

    def _locate(self, row: int, file: int, offset: int, length: int, encoding: int) -> Location:
        known = None if length < 0 else length
        name = self.encodings[encoding]
        if name is not None and name.startswith(PARQUET):
            return Location(str(row), self.files[file], 0, known, str(offset), name)
        return Location(str(row), self.files[file], offset, known, None, name)


def read_extents(manifest: Path, base: Path) -> Extents:
    """Read where the usable pictures that have a split lie, in the manifest's order.

    Raises:
        StorageError: if the manifest cannot be read.
    """
    member = pl.col("member").cast(pl.Int64, strict=False)
    with scan_parquet(manifest) as table:
        rows = (
            table.with_row_index("row")
            .filter(IS_PREPARED)
            .select(
                pl.col("row").cast(pl.Int64),
                "uri",
                pl.coalesce("offset", member, 0).alias("offset"),
                pl.col("length").fill_null(-1),
                "encoding",
            )
            .collect()
        )
    files, file = _number(rows["uri"])
    encodings, encoding = _number(rows["encoding"])
    return Extents(
        rows["row"].to_numpy(),
        tuple(uri_to_file(uri, base) for uri in files),
        file,
        rows["offset"].to_numpy(),
        rows["length"].to_numpy(),
        tuple(encodings),
        encoding,
    )


def _number(texts: pl.Series) -> tuple[list[str | None], npt.NDArray[np.int32]]:
    """Return the distinct texts, and for each text its number among them."""
    distinct = texts.unique().sort()
    numbers = texts.replace_strict(
        distinct, pl.int_range(len(distinct), dtype=pl.Int32, eager=True), return_dtype=pl.Int32
    )
    return distinct.to_list(), numbers.to_numpy()
