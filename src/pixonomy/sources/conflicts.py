"""Finds rows that contradict each other: one image in several categories or splits."""

from collections.abc import Iterator

import polars as pl

from pixonomy.pages.wording import counted

_CONFLICTING = (("label", "categories"), ("split", "splits"))


def remark_conflicts(rows: pl.DataFrame) -> Iterator[str]:
    """Say which images stand there with different categories or splits.

    Args:
        rows: with image_id, uri, label and split; an image named twice by one table has two ids,
            by two sources one id, of which the first will count.
    """
    repeated = rows.filter(pl.col("image_id").is_duplicated())
    for column, kinds in _CONFLICTING:
        several = _find(repeated, "image_id", column)
        if several.height:
            yield (
                f"Different {kinds} in several sources: {counted(several.height, 'picture')}, such "
                f"as {_describe_conflict(several)}; the source that was named first counts."
            )
    if rows["split"].n_unique() > 1:
        twice = _find(
            rows.unique("image_id", keep="first", maintain_order=True),
            "uri",
            "split",
            among="offset",
        )
        if twice.height:
            yield (
                f"In several splits at once: {counted(twice.height, 'picture')}, such as "
                f"{_describe_conflict(twice)}; what is tested on would be trained on."
            )


def _find(rows: pl.DataFrame, key: str, column: str, among: str | None = None) -> pl.DataFrame:
    """Return key, and the different values, of images that have several."""
    keys = [name for name in (key, among) if name is not None and name in rows.columns]
    return (
        rows.lazy()
        .drop_nulls([key, column])
        .group_by(keys, maintain_order=True)
        .agg(pl.col(column).unique(maintain_order=True).alias("values"))
        .filter(pl.col("values").list.len() > 1)
        .select(pl.col(key).alias("key"), "values")
        .collect()
    )


def _describe_conflict(found: pl.DataFrame) -> str:
    name, values = found.row(0)
    return f"{name} ({', '.join(values)})"
