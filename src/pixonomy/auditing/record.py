"""Writes the table of findings and the marked manifest."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from pixonomy.auditing.findings import FINDING, Audited, Findings, conform
from pixonomy.auditing.kinds import (
    CATEGORY_LEAKS,
    CONFLICTS,
    DOUBTFUL,
    EXACT,
    KINDS,
    LABEL_ISSUES,
    NEAR,
    SPLIT_LEAKS,
    UNDECODABLE,
)
from pixonomy.dataset.manifest import COLUMNS, Manifest, describe
from pixonomy.storage.tables import scan_parquet, stream_parquet

_BATCH = 200_000  # findings written at once
_SURVEYED = ("width", "height", "format", "sha256", "perceptual_hash")
_STRICTNESS = {"test": 0, "validation": 1, "train": 2}  # duplicates are kept where they count most
LABEL_PROBLEMS = ("suspected wrong label: ", "doubtful label: ")
"""How the problem of a row begins that was left out for its label."""

_PROBLEMS: Mapping[str, str] = {
    EXACT: "duplicate of {other}",
    NEAR: "near-duplicate of {other}",
    CONFLICTS: "conflicting labels: {detail}, and otherwise elsewhere",
    CATEGORY_LEAKS: "a copy stands in another category or keyword: {detail}",
    SPLIT_LEAKS: "a copy is in another split: {detail}",
    LABEL_ISSUES: f"{LABEL_PROBLEMS[0]}{{detail}}",
    DOUBTFUL: f"{LABEL_PROBLEMS[1]}{{detail}}",
    UNDECODABLE: "{detail}",
}


def name_groups(audited: Audited, ids: pl.Series, marks: pl.Series | None) -> pl.Series:
    """Name the duplicate group of each row: after its first mark of before, or its first row.

    Args:
        ids: image_id of each row.
        marks: duplicate_group of each row as it was.

    Returns:
        String (n,); null where an image is alone.
    """
    group = audited.rows["group"]
    names = ids.gather(group)
    if marks is None or marks.null_count() == marks.len():
        return names.alias("duplicate_group")
    table = pl.DataFrame({"group": group, "mark": marks, "name": names})
    first = pl.col("mark").drop_nulls().first().over("group")
    named = pl.when(pl.col("group").is_not_null()).then(pl.coalesce(first, "name"))
    return table.select(named.alias("duplicate_group")).to_series()


def write_findings(path: Path, findings: Findings, ids: pl.Series, groups: pl.Series) -> None:
    """Write all findings as one table: kind, image_id, other, group, score, detail."""

    def batches() -> Iterator[pl.DataFrame]:
        yield _name(conform(pl.DataFrame(schema=FINDING)), "", ids, groups)
        for kind in KINDS:
            for some in findings[kind].iter_slices(_BATCH):
                yield _name(some, kind, ids, groups)

    stream_parquet(path, batches())


def _name(found: pl.DataFrame, kind: str, ids: pl.Series, groups: pl.Series) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "kind": pl.repeat(kind, found.height, dtype=pl.String, eager=True),
            "image_id": ids.gather(found["row"]),
            "other": ids.gather(found["other"]),
            "group": groups.gather(found["row"]),
            "score": found["score"],
            "detail": found["detail"],
        }
    )


def decide_problems(
    findings: Findings, applied: tuple[str, ...], audited: Audited, ids: pl.Series
) -> pl.DataFrame:
    """Say why rows are to be left out: the undecodable always, others as asked for.

    Of duplicates the first stays; of duplicates in several splits those in test, or else in
    validation. Of an image with several labels or in several categories no row stays.

    Args:
        applied: kinds of findings that become problems.

    Returns:
        Columns row (UInt32) and problem, one line for each row that is to be left out.
    """
    problems = [_report(findings[UNDECODABLE], UNDECODABLE, ids)]
    for kind in applied:
        found = findings[kind]
        if kind == SPLIT_LEAKS:
            found = _lenient_side(found, audited)
        problems.append(_report(found, kind, ids))
    return pl.concat(problems).unique("row", keep="first", maintain_order=True)


def _report(found: pl.DataFrame, kind: str, ids: pl.Series) -> pl.DataFrame:
    template = _PROBLEMS.get(kind, f"{KINDS[kind].name.replace('_', ' ')}: {{detail}}")
    before, _, rest = template.partition("{")
    name, _, after = rest.partition("}")
    text = ids.gather(found["other"]) if name == "other" else found["detail"]
    problem = pl.lit(before) + text + pl.lit(after)
    return found.select("row", problem.alias("problem"))


def _lenient_side(found: pl.DataFrame, audited: Audited) -> pl.DataFrame:
    """Keep the findings of rows that are not in the strictest split of their group."""
    rows = audited.rows.select("group", "split")[found["row"]]
    rank = rows["split"].cast(pl.String).replace_strict(_STRICTNESS, default=9)
    table = pl.DataFrame({"group": rows["group"], "rank": rank})
    return found.filter(
        table.select(pl.col("rank") > pl.col("rank").min().over("group")).to_series()
    )


def write_marked(
    source: Path, table: Path, output: Path, news: Manifest, problems: pl.DataFrame
) -> None:
    """Write the manifest at `source` with what an audit knows; rows and other columns stay.

    Args:
        table: the image statistics.
        news: all that is said of the new manifest; its rows are duplicate_group and, where labels
            were reviewed, label_quality.
        problems: columns row and problem.
    """
    count = news.rows.height
    problem = pl.Series("problem", [None], dtype=pl.String).new_from_index(0, count)
    problem = problem.scatter(problems["row"], problems["problem"])
    new = news.rows.with_columns(problem).rename(lambda name: f"new {name}")
    with scan_parquet(source) as rows, scan_parquet(table) as surveyed:
        seen = surveyed.select(pl.col(name).alias(f"new {name}") for name in _SURVEYED)
        stream_parquet(output, _merge_all(rows, seen, new), describe(news))


def _merge_all(rows: pl.LazyFrame, seen: pl.LazyFrame, new: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Merge the rows of a manifest, what was seen of each and what is new, batch by batch."""
    before = rows.collect_schema()
    names = [*dict.fromkeys([*before.names(), *_SURVEYED])]
    changed = {name.removeprefix("new ") for name in (*seen.collect_schema(), *new.columns)}
    for start in range(0, max(1, new.height), _BATCH):
        # In slices, for a streaming engine that lays tables side by side holds them whole.
        parts = [one.slice(start, _BATCH).collect() for one in (rows, seen)]
        joined = pl.concat([*parts, new.slice(start, _BATCH)], how="horizontal")
        yield joined.select(_merge(name, before, joined.schema, name in changed) for name in names)


def _merge(name: str, before: pl.Schema, schema: pl.Schema, is_changed: bool) -> pl.Expr:
    """What was known of a row that was left out, and a problem that it had, stay."""
    if not is_changed:
        return pl.col(name)
    new = pl.col(f"new {name}")
    if name not in before:
        return new.alias(name)
    dtype = COLUMNS.get(name, schema[f"new {name}"])
    old = pl.col(name).cast(dtype, strict=False)
    first, second = (old, new) if name == "problem" else (new, old)
    return pl.coalesce(first, second.cast(dtype)).cast(dtype).alias(name)
