"""Groups the images that were left out by reason, for a page to show."""

from dataclasses import dataclass

import polars as pl

IMAGES_SHOWN = 20


@dataclass(frozen=True)
class ProblemGroup:
    """Images left out for one reason, with the first of them as (image_id, problem)."""

    reason: str
    n: int
    shown: tuple[tuple[str, str], ...]


def reason(problem: pl.Expr) -> pl.Expr:
    """Return the kind of each problem, without what is particular to one image."""
    kind = problem.str.strip_chars().str.replace(r"(?s):(\s.*)?$", "")
    copy = kind.str.replace(r"(?s)(duplicate of) .*", "$1 another picture")
    return pl.when(kind.str.contains("duplicate of an? ")).then(kind).otherwise(copy)


def group_problems(rows: pl.LazyFrame) -> list[ProblemGroup]:
    """Group images that were left out by reason, most frequent first; 20 are shown in all.

    Args:
        rows: image_id and problem, a row an image; streamed.
    """
    texts = rows.select(
        "image_id", "problem", kind=reason(pl.col("problem").fill_null("no reason given"))
    ).with_row_index("row")
    first = pl.col("row").bottom_k(IMAGES_SHOWN).sort()
    kinds = texts.group_by("kind").agg(n=pl.len(), row=first).collect(engine="streaming")
    kinds = kinds.sort(["n", "kind"], descending=[True, False])
    share = max(1, IMAGES_SHOWN // max(1, kinds.height))
    picked = kinds.select(pl.col("row").list.head(share)).explode("row").head(IMAGES_SHOWN)
    shown: dict[str, list[tuple[str, str]]] = {}
    found = texts.join(picked.lazy(), on="row", how="semi").collect(engine="streaming").sort("row")
    for _, image_id, problem, kind in found.iter_rows():
        shown.setdefault(kind, []).append((image_id, problem))
    return [
        ProblemGroup(kind, n, tuple(shown.get(kind, ())))
        for kind, n in kinds.select("kind", "n").iter_rows()
    ]
