"""Finds bad images by what was measured of them: blank, tiny, blurred and the like."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pixonomy.auditing.findings import conform
from pixonomy.auditing.kinds import (
    BLANK,
    BLURRED,
    BRIGHT,
    DAMAGED,
    DARK,
    ODD_SHAPE,
    TINY,
    UNDECODABLE,
)
from pixonomy.images.quality import (
    BLANK_DEVIATION,
    BLURRED_SHARPNESS,
    BRIGHT_LEVEL,
    DARK_LEVEL,
    FAINT_RANGE,
    ODD_RATIO,
    TINY_SIDE,
)
from pixonomy.storage.tables import scan_parquet

_JUDGED = (
    "width", "height", "deviation", "dark", "light", "sharpness", "problem", "damage", "vanishes",
)  # fmt: skip
_SHORTER = pl.min_horizontal("width", "height")
_RATIO = pl.max_horizontal("width", "height") / _SHORTER
_IS_BLANK = pl.col("deviation") < BLANK_DEVIATION
_IS_DARK = pl.col("light") < DARK_LEVEL
_IS_BRIGHT = pl.col("dark") > BRIGHT_LEVEL


@dataclass(frozen=True)
class _Flaw:
    """When an image is bad, the figure that says so, and how to tell it.

    `descending`: whether a high figure is the worse one.
    """

    when: pl.Expr
    score: pl.Expr
    detail: pl.Expr
    descending: bool = False


_SIDES = pl.format("{} × {} pixels", "width", "height")

_FLAWS: Mapping[str, _Flaw] = {
    UNDECODABLE: _Flaw(pl.col("problem").is_not_null(), pl.lit(None), pl.col("problem")),
    DAMAGED: _Flaw(pl.col("damage").is_not_null(), pl.lit(None), pl.col("damage")),
    BLANK: _Flaw(
        _IS_BLANK,
        pl.col("deviation"),
        pl.when("vanishes")
        .then(pl.lit("white on transparent ground: on white, nothing is left of it"))
        .otherwise(
            pl.format("its colours differ by {} levels of 255", pl.col("deviation").round(1))
        ),
    ),
    TINY: _Flaw(_SHORTER < TINY_SIDE, _SHORTER, _SIDES),
    # What is blank is dark or bright as well, and never sharp: it is told once.
    DARK: _Flaw(
        ~_IS_BLANK & _IS_DARK,
        pl.col("light"),
        pl.format(
            "99.5 % of it is at most at grey level {} of 255", pl.col("light").cast(pl.Int32)
        ),
    ),
    BRIGHT: _Flaw(
        ~_IS_BLANK & _IS_BRIGHT,
        pl.col("dark"),
        pl.format(
            "99.5 % of it is at least at grey level {} of 255", pl.col("dark").cast(pl.Int32)
        ),
        descending=True,
    ),
    BLURRED: _Flaw(
        (pl.col("sharpness") < BLURRED_SHARPNESS)
        & (pl.col("light") - pl.col("dark") >= FAINT_RANGE)
        & ~(_IS_BLANK | _IS_DARK | _IS_BRIGHT | (_SHORTER < TINY_SIDE)),
        pl.col("sharpness"),
        pl.format("sharpness {} (1 = nothing sharp)", pl.col("sharpness").round(2)),
    ),
    ODD_SHAPE: _Flaw(_RATIO > ODD_RATIO, _RATIO, _SIDES, descending=True),
}

FLAWS = tuple(_FLAWS)
"""The kinds of findings that an image has by itself."""


def find_flaws(table: Path) -> dict[str, pl.DataFrame]:
    """Find the bad images in an audit's statistics table.

    Returns:
        Kind → its findings (columns `FINDING`), the worst first.
    """
    found = {}
    with scan_parquet(table) as rows:
        measured = rows.select(*_JUDGED).with_row_index("row")
        for kind, flaw in _FLAWS.items():
            score, detail = flaw.score.alias("score"), flaw.detail.alias("detail")
            some = measured.filter(flaw.when).select("row", score, detail)
            worst_first = some.sort("score", "row", descending=[flaw.descending, False])
            found[kind] = conform(worst_first.collect(engine="streaming"))
    return found
