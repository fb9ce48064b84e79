from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from pixonomy.auditing.examine import MEASURED
from pixonomy.auditing.findings import (
    FINDING,
    Audited,
    Findings,
    conform,
    find_duplicates_and_leaks,
)
from pixonomy.auditing.kinds import CONFLICTS, EXACT, KINDS, LABEL_ISSUES, NEAR, SPLIT_LEAKS
from pixonomy.auditing.record import decide_problems, name_groups, write_findings, write_marked
from pixonomy.dataset.manifest import Manifest, read_manifest, write_manifest
from pixonomy.dataset.manifest import conform as conform_rows

Make = Callable[..., Audited]
IDS = pl.Series(["p0", "p1", "p2", "p3", "p4", "p5"])


def all_findings(audited: Audited, **more: Any) -> Findings:
    nothing = conform(pl.DataFrame(schema=dict(FINDING)))
    given = {kind: conform(pl.DataFrame(one)) for kind, one in more.items()}
    return {**dict.fromkeys(KINDS, nothing), **find_duplicates_and_leaks(audited), **given}


def decide(findings: Findings, audited: Audited, *applied: str) -> dict[str, str]:
    told = decide_problems(findings, applied, audited, IDS)
    return {IDS[row]: problem for row, problem in told.iter_rows()}


def test_a_group_is_called_after_its_first_mark_or_its_first_picture(audited: Make) -> None:
    one = audited([0, 1, 0, 1, 4, -1], [])
    assert name_groups(one, IDS, None).to_list() == ["p0", "p1", "p0", "p1", None, None]
    marks = pl.Series([None, "B", None, None, "E", None], dtype=pl.String)
    assert name_groups(one, IDS, marks).to_list() == ["p0", "B", "p0", "B", None, None]


def test_the_table_names_pictures_groups_and_kinds(audited: Make, tmp_path: Path) -> None:
    one = audited([0, 1, 0, 3, 4, 5], [(1, 3, "pixels", 0.5)], label=list("aabbaa"))
    findings = all_findings(one, blank={"row": [5], "score": [0.5], "detail": ["grey"]})
    write_findings(tmp_path / "f.parquet", findings, IDS, name_groups(one, IDS, None))
    table = pl.read_parquet(tmp_path / "f.parquet")
    assert table.columns == ["kind", "image_id", "other", "group", "score", "detail"]
    assert table.filter(kind=EXACT).row(0) == (EXACT, "p2", "p0", "p0", None, None)
    assert table.filter(kind=NEAR).row(0) == (NEAR, "p3", "p1", "p1", 0.5, "found by their pixels")
    assert table.filter(kind="blank").row(0) == ("blank", "p5", None, None, 0.5, "grey")


def test_a_table_without_findings_has_its_columns(audited: Make, tmp_path: Path) -> None:
    one = audited([0, 1], [])
    write_findings(tmp_path / "f.parquet", all_findings(one), IDS, name_groups(one, IDS[:2], None))
    assert pl.read_parquet(tmp_path / "f.parquet").shape == (0, 6)


def test_the_undecodable_are_always_left_out_and_nothing_else_by_itself(audited: Make) -> None:
    one = audited([0, 0, 2, 3, -1, 5], [])
    findings = all_findings(one, undecodable={"row": [4], "detail": ["the file is empty"]})
    assert decide(findings, one) == {"p4": "the file is empty"}
    assert decide(findings, one, EXACT) == {"p4": "the file is empty", "p1": "duplicate of p0"}


def test_of_copies_in_several_splits_those_in_test_stay(audited: Make) -> None:
    splits = ["train", "test", "validation", "train", "validation", None]
    one = audited([0, 0, 0, 3, 3, 3], [], split=splits)
    told = decide(all_findings(one), one, SPLIT_LEAKS)
    assert told == {
        "p0": "a copy is in another split: in train",
        "p2": "a copy is in another split: in validation",
        "p3": "a copy is in another split: in train",
    }


def test_of_a_picture_with_several_labels_no_row_stays(audited: Make) -> None:
    one = audited([0, 0, 2, 3, 4, 5], [], label=list("abcdef"))
    told = decide(all_findings(one), one, EXACT, CONFLICTS)
    assert told == {"p0": "conflicting labels: labelled a, and otherwise elsewhere",
                    "p1": "duplicate of p0"}  # fmt: skip


def test_other_findings_say_what_they_are(audited: Make) -> None:
    one = audited([0, 1, 2], [])
    label_issues = {LABEL_ISSUES: {"row": [1], "detail": ["looks like a whale"]}}
    findings = all_findings(one, blurred={"row": [0], "detail": ["so soft"]}, **label_issues)
    assert decide(findings, one, "blurred", LABEL_ISSUES) == {
        "p0": "blurred: so soft",
        "p1": "suspected wrong label: looks like a whale",
    }


def test_the_marked_manifest_keeps_every_row_and_column_and_fills_what_is_known(
    tmp_path: Path,
) -> None:
    rows = pl.DataFrame(
        {
            "image_id": ["p0", "p1", "p2"],
            "group_id": ["a", "b", "c"],
            "uri": ["0.jpg", "1.jpg", "2.jpg"],
            "problem": [None, "opted out", None],
            "sha256": [None, "known before", None],
            "duplicate_group": [None, "old", None],
            "width": ["17", "18", None],  # a table's own column, as text
            "photographer": ["x", None, "y"],
        }
    )
    source = Manifest(conform_rows(rows), Path("/photos"), notes={"sampled": []})
    write_manifest(tmp_path / "m.parquet", source)
    seen = {"width": [300, None, 320], "height": [200, None, 100], "sha256": ["aa", None, "bb"]}
    table = pl.DataFrame(seen, schema_overrides=MEASURED)
    missing = [pl.lit(None, MEASURED[name]).alias(name) for name in ("format", "perceptual_hash")]
    table.with_columns(missing).write_parquet(tmp_path / "t.parquet")
    news = pl.DataFrame({"duplicate_group": ["p0", None, "p0"], "label_quality": [0.5, None, None]})
    problems = pl.DataFrame({"row": [1, 2], "problem": ["blank", "blank"]})
    marked = Manifest(news, Path("/photos"), {"stage": "audit"})
    write_marked(
        tmp_path / "m.parquet",
        tmp_path / "t.parquet",
        tmp_path / "out.parquet",
        marked,
        problems.with_columns(pl.col("row").cast(pl.UInt32)),
    )
    found = read_manifest(tmp_path / "out.parquet")
    assert (found.base, found.fingerprint) == (Path("/photos"), {"stage": "audit"})
    told = found.rows
    assert told.columns == [*source.rows.columns, "height", "format"]
    assert told["problem"].to_list() == [None, "opted out", "blank"]
    assert told["sha256"].to_list() == ["aa", "known before", "bb"]
    assert told["duplicate_group"].to_list() == ["p0", "old", "p0"]
    assert told["label_quality"].to_list() == [0.5, None, None]
    assert told["width"].to_list() == [300, 18, 320]
    assert told["photographer"].to_list() == ["x", None, "y"]
