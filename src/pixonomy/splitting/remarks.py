"""Remarks on a split that a person should read: small categories, and what was held out."""

from collections.abc import Iterator

import polars as pl

from pixonomy.dataset.manifest import SPLITS, Manifest
from pixonomy.splitting.assign import TORN, SplitShares, read_held_out, small_categories
from pixonomy.splitting.holdout import HeldOutRecord

_LARGE = 0.2  # of a category: a duplicate group that holds more decides too much
_NAMED = 5


def remark_split(manifest: Manifest, shares: SplitShares, unhashed: int) -> Iterator[str]:
    """Yield what was left out, what is small, what is empty and why, and what was held out.

    Args:
        manifest: with the columns image_id, group_id, label, split, problem and duplicate_group.
        unhashed: how many images were not compared with others.
    """
    yield from _remark_problems(manifest)
    yield from _remark_torn(manifest)
    yield from _remark_small(manifest)
    yield from _remark_large_groups(manifest.usable)
    yield from _remark_empty(manifest, shares)
    if unhashed:
        yield (
            f"Copies were not looked for among {unhashed} pictures, which would take long; "
            "`pixonomy audit` marks them, and `split` keeps those that are marked together."
        )
    held_out = read_held_out(manifest)
    if held_out is not None:
        yield from _remark_held_out(held_out)


def _remark_problems(manifest: Manifest) -> Iterator[str]:
    reasons = manifest.rows.drop_nulls("problem").select("image_id", "problem")
    if reasons.height:
        counts = reasons["problem"].value_counts(sort=True)
        problem, count = counts.row(0)
        most = f"; most often ({count}): {problem}" if 1 < counts.height < reasons.height else ""
        name, first = reasons.row(0)
        yield f"Pictures left out: {reasons.height}; the first is {name}: {first}{most}."


def _remark_torn(manifest: Manifest) -> Iterator[str]:
    torn = manifest.rows.filter(pl.col("problem").str.starts_with(TORN).fill_null(False))
    if torn.height:
        groups = torn["group_id"].n_unique()
        yield (
            f"The source gives pictures of one group to several splits: {groups} groups, such as "
            f"{torn['group_id'][0]!r}; {torn.height} pictures are left out, so that none is "
            "trained on beside one of its group that is tested."
        )


def _remark_small(manifest: Manifest) -> Iterator[str]:
    small = small_categories(manifest)
    if small:
        named = ", ".join(small[:_NAMED]) + (", …" if len(small) > _NAMED else "")
        yield (
            f"Categories with fewer than three pictures: {len(small)} ({named}). They are kept, "
            "but cannot be tested well; add pictures to them."
        )


def _remark_large_groups(rows: pl.DataFrame) -> Iterator[str]:
    """Name the category that is mostly duplicates: they lie in one split, whatever was asked."""
    marked = rows.lazy().drop_nulls(["label", "duplicate_group"])
    totals = rows.lazy().group_by("label").agg(total=pl.len())
    large = (
        marked.group_by("label", "duplicate_group")
        .len()
        .join(totals, on="label")
        .filter((pl.col("len") > _LARGE * pl.col("total")) & (pl.col("len") > 2))
        .sort("len", "label", descending=[True, False])
        .collect()
    )
    if large.height:
        label, name, count, total = large.select("label", "duplicate_group", "len", "total").row(0)
        others = f" (and so are {large.height - 1} more groups)" if large.height > 1 else ""
        yield (
            f"{count} of {total} pictures of {label!r} are copies of one ({name}){others}: they "
            "stay together in one split."
        )


def _remark_empty(manifest: Manifest, shares: SplitShares) -> Iterator[str]:
    counts = dict(manifest.usable["split"].drop_nulls().value_counts().iter_rows())
    asked = {"train": shares.train, **shares.wanted}
    empty = [name for name in SPLITS if not counts.get(name) and asked[name] > 0]
    if not empty or not counts:
        return
    groups = (
        manifest.usable.drop_nulls("label").group_by("label").agg(pl.col("group_id").n_unique())
    )
    fewest = groups["group_id"].min()
    why = (
        f"the smallest category has {fewest} groups of pictures, too few to be divided"
        if isinstance(fewest, int) and fewest < len(SPLITS)
        else "the source's own splits have none, or what belongs together is too large"
    )
    yield f"No picture in {' and '.join(empty)}: {why}."


def _remark_held_out(note: HeldOutRecord) -> Iterator[str]:
    column = note["column"]
    if note["replaced"]:
        yield (
            f"{note['replaced']} pictures had a split already; to hold out by {column}, all were "
            "dealt anew."
        )
    if note["without_value"]:
        yield (f"Pictures without a {column}: {note['without_value']}; they are not tested.")
    if note["single"]:
        yield (
            f"Categories with only one {column}: {_name(note['single'])}. They cannot be held "
            "out: they stay on the training side and are not tested."
        )
    if note["kept"]:
        yield (
            f"Categories whose every {column} is held out for others: {_name(note['kept'])}. They "
            "stay on the training side and are not tested, so training sees something of what is "
            "held out."
        )
    others = [one for one in note["untested"] if one not in {*note["single"], *note["kept"]}]
    if others:
        yield f"Other categories without test pictures: {_name(others)}."


def _name(labels: list[str]) -> str:
    return f"{len(labels)} ({', '.join(labels[:5])}{', …' if len(labels) > 5 else ''})"
