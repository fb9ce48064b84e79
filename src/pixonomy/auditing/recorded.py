"""Reads the columns of a manifest that an audit's findings are drawn from."""

from pathlib import Path

import polars as pl

from pixonomy.auditing.findings import MANIFEST_COLUMNS, conform
from pixonomy.auditing.kinds import UNDECODABLE
from pixonomy.dataset.manifest import REVIEWER
from pixonomy.images.formats import all_faults
from pixonomy.storage.tables import scan_parquet

SETTLED = "settled?"
"""Whether a person has said the label; the name of no column of a manifest."""

_FAULT = "fault?"


def read_labelled(manifest: Path) -> pl.DataFrame:
    """Read the columns that findings are drawn from; repeated texts as numbers."""
    with scan_parquet(manifest) as rows:
        known = rows.collect_schema()
        columns = [pl.col(name).cast(pl.Categorical) for name in MANIFEST_COLUMNS if name in known]
        usable = pl.col("problem").is_null().alias("is_usable")
        fault = pl.when(pl.col("problem").is_in(all_faults())).then("problem").alias(_FAULT)
        settled = (pl.col("label_source") == REVIEWER).fill_null(False).alias(SETTLED)
        return rows.select(
            "image_id", "duplicate_group", usable, fault, settled, *columns
        ).collect()


def add_faults(
    findings: dict[str, pl.DataFrame], labelled: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """Add what `index` has seen to be no image, and nobody has looked at again."""
    known = labelled.with_row_index("row").drop_nulls(_FAULT).select("row", detail=_FAULT)
    both = pl.concat([findings[UNDECODABLE], conform(known)])
    return {**findings, UNDECODABLE: both.sort("row")}
