"""Finds the images that an earlier audit has looked at and that lie unchanged where they lay.

So that an audit of a grown catalogue reads what is new alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.auditing.examine import MEASURED
from pixonomy.dataset.location import PLACED, UNREAD, path_to_uri, uri_to_file
from pixonomy.dataset.seen import SEEN_COLUMNS, SKEW_NS
from pixonomy.storage.address import Address
from pixonomy.storage.tables import scan_parquet

STATE = ("modified_ns", "etag")
"""The columns that say in what state its file was."""


@dataclass(frozen=True)
class Known:
    """Images that have been looked at before; sixteen bytes each.

    Attributes:
        table: the statistics file of the earlier audit.
        keys: uint64 (n,), ascending: what tells one place of bytes from another.
        rows: int64 (n,): the rows of the table that they belong to.
        embeddings: float16 (all rows, d), mapped; None where that audit has none.
    """

    table: Path
    keys: npt.NDArray[np.uint64]
    rows: npt.NDArray[np.int64]
    embeddings: npt.NDArray[np.float16] | None

    def find(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """Return the row that knows each image; -1 where none does."""
        if not self.keys.size:
            return np.full(keys.shape, -1)
        places = np.minimum(np.searchsorted(self.keys, keys), self.keys.size - 1)
        return np.where(self.keys[places] == keys, self.rows[places], -1)

    def read(self, rows: npt.NDArray[np.int64]) -> pl.DataFrame:
        """Return what is known, the columns `MEASURED` and `STATE`, for some rows in order."""
        wanted = pl.LazyFrame({"row": np.unique(rows).astype(np.uint32)})
        first, last = int(rows.min()), int(rows.max())
        with scan_parquet(self.table) as table:
            some = _with_state(table).slice(first, last - first + 1).with_row_index("row", first)
            found = some.join(wanted, on="row", how="semi").select("row", *MEASURED, *STATE)
            known = found.collect(engine="streaming").sort("row")
        return known[np.searchsorted(known["row"].to_numpy(), rows)].drop("row")


def read_known(table: Path, base: Path, embeddings: npt.NDArray[np.float16] | None) -> Known:
    """Read which images a table of statistics knows; those it could not read are none of them.

    Args:
        base: what the addresses in the table hang from.
    """
    with scan_parquet(table) as rows:
        is_known = pl.col("sha256").is_not_null() & ~pl.col("sha256").str.starts_with(UNREAD)
        places = (
            rows.with_row_index("row")
            .filter(is_known)
            .select("row", *PLACED)
            .collect(engine="streaming")
        )
    keys = make_keys(places, base)
    order = np.argsort(keys)
    return Known(table, keys[order], places["row"].to_numpy().astype(np.int64)[order], embeddings)


def make_keys(places: pl.DataFrame, base: Path) -> npt.NDArray[np.uint64]:
    """Return a 64-bit key of where each image lies.

    Args:
        places: the columns `PLACED`.
    """
    files = {uri: _as_text(uri_to_file(uri, base)) for uri in places["uri"].unique()}
    offset = pl.col("offset").fill_null(0)
    named = places.select("uri", offset, *PLACED[2:]).with_columns(
        _match(places["uri"], files, pl.String())
    )
    # Polars' hashes differ between versions: they are compared within one process only.
    return named.select(pl.struct(pl.all()).hash()).to_series().to_numpy()


def read_times(places: pl.DataFrame, base: Path) -> pl.Series:
    """Return when the files that images lie in were last written.

    Args:
        places: the columns `PLACED`.

    Returns:
        modified_ns, in ns; null for what is not on this machine, for what is not there and for
        whole files of another size than the row's.
    """
    found = {uri: _stat(uri_to_file(uri, base)) for uri in places["uri"].unique()}
    times = {uri: one[0] for uri, one in found.items() if one is not None}
    sizes = {uri: one[1] for uri, one in found.items() if one is not None}
    is_whole = pl.all_horizontal(pl.col("member", "encoding").is_null(), pl.col("offset") == 0)
    table = places.select(*PLACED[1:]).with_columns(
        _match(places["uri"], times, pl.Int64()).alias("modified_ns"),
        _match(places["uri"], sizes, pl.Int64()).alias("size"),
    )
    is_other = (is_whole & (pl.col("length") != pl.col("size"))).fill_null(False)
    return table.select(pl.when(~is_other).then("modified_ns")).to_series()


def are_known(rows: pl.DataFrame, times: pl.Series, known: pl.DataFrame) -> pl.Series:
    """Tell whose bytes are those that an earlier audit looked at.

    The file has to be as `index` saw it and as that audit saw it. Where `index` saw none, because
    a collection only appends to its files, an equal SHA-256 will do.

    Args:
        rows: of a manifest, the columns of `LOCATED`.
        times: what `read_times` tells of them.
        known: what `Known.read` tells of the images at the same places.
    """
    lacking = [name for name in (*SEEN_COLUMNS, "sha256") if name not in rows.columns]
    table = rows.with_columns(pl.lit(None).alias(name) for name in lacking).select(
        "uri", "etag", "indexed_ns", "sha256", pl.col("modified_ns").alias("indexed"), now=times
    )
    others = known.select(pl.col("sha256", *STATE).name.prefix("known "))
    is_seen = pl.any_horizontal(pl.col("indexed", "etag", "indexed_ns").is_not_null())
    is_here = pl.col("now").is_not_null() | pl.col("uri").str.contains("://", literal=True)
    is_as_indexed = (
        pl.when(pl.col("indexed").is_not_null())
        .then(pl.col("indexed") == pl.col("now"))
        .otherwise(pl.col("now") <= pl.col("indexed_ns") + SKEW_NS)
        .fill_null(True)
    )
    is_as_known = pl.col("now").eq_missing(pl.col("known modified_ns")) & pl.col("etag").eq_missing(
        pl.col("known etag")
    )
    is_equal = ~is_seen & (pl.col("sha256") == pl.col("known sha256")).fill_null(False)
    return (
        table.hstack(others)
        .select(is_known=is_here & (is_as_indexed & is_as_known | is_equal))
        .to_series()
    )


def _with_state(table: pl.LazyFrame) -> pl.LazyFrame:
    """Add the columns of `STATE` that an earlier audit's table does not have."""
    lacking = [name for name in STATE if name not in table.collect_schema()]
    return table.with_columns(pl.lit(None).alias(name) for name in lacking)


def _stat(file: Address) -> tuple[int, int] | None:
    try:
        found = None if file.path is None else file.path.stat()
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size)


def _as_text(file: Address) -> str:
    # Polars takes no names that are not UTF-8.
    return file.url if file.path is None else path_to_uri(file.path)


def _match(keys: pl.Series, values: Mapping[str | None, object], dtype: pl.DataType) -> pl.Series:
    return keys.replace_strict(
        pl.Series(list(values), dtype=pl.String),
        pl.Series(list(values.values()), dtype=dtype),
        default=None,
        return_dtype=dtype,
    )
