"""Keeps the ids of several manifests apart: equal ones that do not mean the same get a prefix.

Ids of groups mean the same where the images that two manifests share have the same ones in both, or
where the caller knows; groups that share an image become one group. Ids are compared by 64-bit
hashes: two that are equal by chance would add a prefix, no more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pixonomy.dataset.connected import connect
from pixonomy.joining.merge_rows import Merged, read_shared
from pixonomy.joining.open_manifests import OpenManifest
from pixonomy.joining.shared_images import MANIFEST, ROW, UNIT

NEW = " as it is called now"
"""Behind the name of a column of ids: what the column of `Renamed.united` with the new ones is
called."""


@dataclass(frozen=True)
class Renamed:
    """New ids of a column.

    Attributes:
        prefixes: of each manifest; "" where ids stay.
        repeated: how many ids of each manifest earlier ones have for something else.
        united: MANIFEST, the column, and it with NEW behind its name: groups that became part of
            another one, with the whole new id.
        alike: numbers of the manifests whose ids are known to mean the same as those of an
            earlier one.
    """

    prefixes: tuple[str, ...]
    repeated: tuple[int, ...]
    united: pl.DataFrame
    alike: tuple[int, ...] = ()


def rename_images(manifests: Sequence[OpenManifest], merged: Merged) -> Renamed:
    """Find prefixes that make the ids of all images differ."""
    spaces = {number: number for number in range(len(manifests))}
    left = [_hashes(one, number, "image_id", merged) for number, one in enumerate(manifests)]
    prefixes, repeated = _find_prefixes(manifests, spaces, left, "image_id", merged)
    nothing = {MANIFEST: pl.UInt16, "image_id": pl.String, "image_id" + NEW: pl.String}
    return Renamed(prefixes, repeated, pl.DataFrame(schema=nothing))


def rename_groups(
    manifests: Sequence[OpenManifest], merged: Merged, column: str, are_same: bool = False
) -> Renamed:
    """Find the new ids of a column of groups.

    Args:
        are_same: equal ids mean the same in all manifests.
    """
    named = read_shared(manifests, merged.shared, [column])
    named = named.select(MANIFEST, UNIT, column).drop_nulls(column)
    spaces = _find_spaces(named, column, len(manifests), are_same)
    linked = _unite(named, column)
    links = linked.filter(pl.col("first manifest") != pl.col(MANIFEST))
    left = []
    for number, one in enumerate(manifests):
        known = links.filter(pl.col(MANIFEST) == number)[column]
        left.append(_hashes(one, number, column, merged, known))
    prefixes, repeated = _find_prefixes(manifests, spaces, left, column, merged)
    by_number = pl.DataFrame(
        {MANIFEST: range(len(prefixes)), "prefix": prefixes},
        {MANIFEST: pl.UInt16, "prefix": pl.String},
    )
    firsts = by_number.rename({MANIFEST: "first manifest", "prefix": "first prefix"})
    united = (
        linked.join(by_number, on=MANIFEST)
        .join(firsts, on="first manifest")
        .select(
            MANIFEST,
            column,
            (pl.col("first prefix") + pl.col("first")).alias(column + NEW),
            old=pl.col("prefix") + pl.col(column),
        )
        .filter(pl.col("old") != pl.col(column + NEW))
        .drop("old")
    )
    return Renamed(prefixes, repeated, united, tuple(n for n, at in spaces.items() if at != n))


def _find_spaces(named: pl.DataFrame, column: str, count: int, are_same: bool) -> dict[int, int]:
    """Return, for each manifest, the first one whose ids are known to mean the same."""
    spaces = {number: 0 if are_same else number for number in range(count)}
    firsts = named.unique(UNIT, keep="first", maintain_order=True)
    firsts = firsts.select(UNIT, first=pl.col(MANIFEST), name=pl.col(column))
    pairs = named.join(firsts, on=UNIT).filter(pl.col(MANIFEST) != pl.col("first"))
    agreed = pairs.group_by(MANIFEST).agg(
        is_same=(pl.col(column) == pl.col("name")).all(),
        one=pl.col("first").min(),
        other=pl.col("first").max(),
    )
    for number, is_same, one, other in agreed.sort(MANIFEST).iter_rows():
        if is_same and spaces[one] == spaces[other]:
            spaces[number] = spaces[one]
    return spaces


def _unite(named: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return MANIFEST and column of every group with a shared image, and the first it belongs to.

    Returns:
        MANIFEST, the column, "first manifest" and "first".
    """
    name = pl.format("{}:{}", MANIFEST, column)
    keys = [named[UNIT], named.select(name).to_series()]
    component = connect(keys)
    first = pl.col(MANIFEST, column).sort_by(MANIFEST, maintain_order=True).first()
    table = named.with_columns(pl.Series("component", component, pl.Int64))
    firsts = table.group_by("component").agg(first)
    firsts = firsts.rename({MANIFEST: "first manifest", column: "first"})
    groups = table.unique([MANIFEST, column], keep="first", maintain_order=True)
    return groups.join(firsts, on="component").drop(UNIT, "component")


def _hashes(
    one: OpenManifest,
    number: int,
    column: str,
    merged: Merged,
    known: pl.Series | None = None,
    prefix: str = "",
) -> pl.Series:
    """Return one hash for each id that rows of their own have, but for `known` ones."""
    gone = merged.dropped.filter(pl.col(MANIFEST) == number).select(ROW)
    rows = one.rows.select(column).with_row_index(ROW)
    if gone.height:
        rows = rows.join(gone.lazy(), on=ROW, how="anti")
    rows = rows.select(column).drop_nulls()
    if known is not None and known.len():
        rows = rows.join(known.unique().to_frame(column).lazy(), on=column, how="anti")
    text = pl.lit(prefix) + pl.col(column)
    return rows.select(text.hash(1).unique()).collect(engine="streaming").to_series()


def _find_prefixes(
    manifests: Sequence[OpenManifest],
    spaces: Mapping[int, int],
    left: Sequence[pl.Series],
    column: str,
    merged: Merged,
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the prefix and the number of repeated ids of each manifest."""
    prefixes, repeated = [""] * len(manifests), [0] * len(manifests)
    taken: list[pl.Series] = []
    for space in dict.fromkeys(spaces.values()):
        members = [number for number, own in spaces.items() if own == space]
        found = [_count_known(left[number], taken) for number in members]
        hashes = [left[number] for number in members]
        if any(found):
            for prefix in _propose(manifests[space].name):
                hashes = [
                    _hashes(manifests[number], number, column, merged, prefix=prefix)
                    for number in members
                ]
                if not any(_count_known(one, taken) for one in hashes):
                    break
            for number, count in zip(members, found, strict=True):
                prefixes[number], repeated[number] = prefix, count
        taken += hashes
    return tuple(prefixes), tuple(repeated)


def _count_known(hashes: pl.Series, taken: Sequence[pl.Series]) -> int:
    return sum(int(hashes.is_in(one.implode()).sum()) for one in taken)


def _propose(name: str) -> Iterator[str]:
    yield f"{name}:"
    number = 2
    while True:
        yield f"{name}-{number}:"
        number += 1
