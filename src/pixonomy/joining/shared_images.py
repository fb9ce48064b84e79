"""Finds images that stand in several manifests: at the same place, or of the same bytes.

Every row is compared by a 64-bit hash, and a second one proves it: millions of rows take some
hundred megabytes.
"""

from collections.abc import Iterator, Sequence

import polars as pl

from pixonomy.dataset.connected import connect
from pixonomy.joining.open_manifests import OpenManifest

ROW, MANIFEST, UNIT = "row of manifest", "number of manifest", "number of image"
"""Columns of this package: the number of a row in its manifest, that of the manifest among those
that are joined, and that of an image among those that stand in several."""

_SEEDS = (1, 2)
_DIGITS = 64  # of a SHA-256


def find_shared(manifests: Sequence[OpenManifest]) -> pl.DataFrame:
    """Find the rows of images that stand in two or more of the manifests.

    The same place is the same file and byte range or member; the same bytes are those of an equal
    SHA-256, where both are known. Copies within one manifest alone are left to `audit`.

    Returns:
        Columns MANIFEST, ROW and UNIT, sorted; rows of one image have one UNIT.
    """
    place = pl.concat_str(
        "uri", pl.col("offset").fill_null(0), pl.col("member").fill_null(""), separator="\0"
    )
    digest = pl.col("sha256").str.to_lowercase()
    content = pl.when(digest.str.len_bytes() == _DIGITS).then(digest)
    by_place, by_content = (
        _find_repeated(manifests, key).rename({"key": name})
        for key, name in ((place, "place"), (content, "content"))
    )
    on = [MANIFEST, ROW]
    shared = by_place.join(by_content, on=on, how="full", coalesce=True).sort(on)
    unit = connect([shared["place"], shared["content"]])
    return shared.select(*on, pl.Series(UNIT, unit, pl.Int64))


def _find_repeated(manifests: Sequence[OpenManifest], key: pl.Expr) -> pl.DataFrame:
    """Return MANIFEST, ROW and a number for the key of the rows whose key several have."""
    table = pl.concat(list(_hash_rows(manifests, key)))
    table = table.filter(pl.col("key").is_duplicated())
    is_proved = pl.col("proof").min().over("key") == pl.col("proof").max().over("key")
    are_several = pl.col(MANIFEST).min().over("key") != pl.col(MANIFEST).max().over("key")
    return table.filter(is_proved, are_several).drop("proof")


def _hash_rows(manifests: Sequence[OpenManifest], key: pl.Expr) -> Iterator[pl.DataFrame]:
    for number, one in enumerate(manifests):
        rows = one.rows.select(key.alias("text")).with_row_index(ROW)
        text = pl.col("text")
        hashes = {"key": text.hash(_SEEDS[0]), "proof": text.hash(_SEEDS[1])}
        found = rows.drop_nulls("text").select(ROW, **hashes).collect(engine="streaming")
        yield found.with_columns(pl.lit(number, pl.UInt16).alias(MANIFEST))
