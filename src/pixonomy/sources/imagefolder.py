"""Lists images with a `metadata.csv` that names them, as Hugging Face's `imagefolder` has it.

In the folder of a data set, or of each of its splits, lies a `metadata.csv`, `.jsonl` or `.parquet`
with a column `file_name`: paths from that folder on. A `_classes.csv`, as Roboflow exports it, is
read alike: a column of 0 and 1 for each category.
"""

from pathlib import Path

import polars as pl

from pixonomy.dataset.location import uri_to_path
from pixonomy.errors import SettingError
from pixonomy.sources.columns import TableColumns
from pixonomy.sources.damage import Indexed
from pixonomy.sources.listing import Listing
from pixonomy.sources.splits import find_splits
from pixonomy.sources.table import index_table
from pixonomy.storage.files import printable

_COLUMNS, _ONE_HOT = TableColumns(path="file_name"), TableColumns()


def index_metadata(listing: Listing, base: Path, split: str | None = None) -> Indexed | None:
    """List the images that metadata name; None where no metadata name categories.

    Args:
        split: of the images whose folders name none.

    Returns:
        What `index_table` tells of all the metadata, with the splits that folders say. Images
        that no metadata name are passed over.

    Raises:
        DataError, SettingError: see `index_table`.
    """
    indexed = [one for table in listing.metadata if (one := _read(table, base)) is not None]
    if not indexed:
        return None
    rows = pl.concat([one.rows for one in indexed], how="diagonal_relaxed")
    rows = rows.unique("image_id", keep="first", maintain_order=True)
    if rows["label"].null_count() == rows.height:
        return None
    rows = _with_splits(rows, listing.folder, base, split)
    named = set(rows["uri"].drop_nulls())
    unnamed = listing.count - len(named) + sum(one.missing for one in indexed)
    return Indexed(
        rows,
        passed_over={"not named in the metadata": unnamed} if unnamed > 0 else {},
        missing=sum(one.missing for one in indexed),
        remarks=tuple(dict.fromkeys(remark for one in indexed for remark in one.remarks)),
    )


def _read(table: Path, base: Path) -> Indexed | None:
    try:
        is_one_hot = table.name.lower() == "_classes.csv"
        return index_table(table, _ONE_HOT if is_one_hot else _COLUMNS, base)
    except SettingError:  # metadata of another kind: they have no column of file names
        return None


def _with_splits(rows: pl.DataFrame, folder: Path, base: Path, split: str | None) -> pl.DataFrame:
    tops = [_top(uri, folder, base) for uri in rows["uri"]]
    splits = find_splits({top for top in tops if top is not None})
    splits_of = pl.Series([splits.get(top or "", split) for top in tops], dtype=pl.String)
    return rows.with_columns(pl.coalesce("split", splits_of).alias("split"))


def _top(uri: str | None, folder: Path, base: Path) -> str | None:
    """Return the folder of the source in which an image lies, directly or below."""
    path = base / uri_to_path(uri or "")
    parts = path.relative_to(folder).parts if path.is_relative_to(folder) else ()
    return printable(parts[0]) if len(parts) > 1 else None
