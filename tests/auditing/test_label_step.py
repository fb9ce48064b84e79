"""Labels are reviewed by a run's answers, in one piece or in parts."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pixonomy.auditing import label_step as audit_labels
from pixonomy.auditing.duplicate_groups import Duplicates
from pixonomy.auditing.label_step import Labelled, as_findings, review
from pixonomy.dataset.manifest import read_manifest, write_manifest
from pixonomy.errors import SettingError
from pixonomy.progress import Context
from pixonomy.verbs.audit import AuditChoices, audit

ROWS, CATEGORIES = 600, 3


@pytest.fixture
def mislabelled(run_copy: Path, tmp_path: Path) -> tuple[Path, str]:
    """The run's manifest with one test picture under another label, and that picture's id."""
    manifest = read_manifest(run_copy / "data" / "split.parquet")
    predicted = pl.read_parquet(run_copy / "predictions.parquet")
    right = predicted.filter(pl.col("label") == pl.col("predicted")).sort("confidence")
    image_id, label = right.row(-1, named=True)["image_id"], right["label"][-1]
    other = next(one for one in manifest.rows["label"].unique().sort() if one != label)
    is_it = pl.col("image_id") == image_id
    rows = manifest.rows.with_columns(
        label=pl.when(is_it).then(pl.lit(other)).otherwise(pl.col("label"))
    )
    write_manifest(tmp_path / "wrong.parquet", replace(manifest, rows=rows))
    return tmp_path / "wrong.parquet", image_id


def test_a_label_that_a_run_contradicts_is_a_suspect(
    run_copy: Path, mislabelled: tuple[Path, str], tmp_path: Path
) -> None:
    manifest, image_id = mislabelled
    result = audit(manifest, tmp_path / "out", AuditChoices("none", run_copy))
    assert result["findings"]["suspected_labels"] >= 1
    findings = pl.read_parquet(tmp_path / "out" / "findings.parquet")
    assert image_id in findings.filter(kind="suspected_labels")["image_id"].to_list()
    reviewed = pl.read_parquet(tmp_path / "out" / "labels.parquet")
    tested = pl.read_parquet(run_copy / "predictions.parquet").height
    assert reviewed.height == tested


def test_a_run_that_was_not_evaluated_is_refused(
    run_copy: Path, mislabelled: tuple[Path, str], tmp_path: Path
) -> None:
    (run_copy / "predictions.parquet").unlink()
    with pytest.raises(SettingError, match="table of a run's predictions"):
        audit(mislabelled[0], tmp_path / "out", AuditChoices("none", run_copy))


@pytest.fixture
def labelled(tmp_path: Path) -> tuple[Labelled, np.ndarray]:
    """Pictures of three well separated categories, in pairs, of which 30 have a wrong label."""
    generator = np.random.default_rng(0)
    truth = np.arange(ROWS) // 2 % CATEGORIES
    given = truth.copy()
    wrong = generator.permutation(ROWS)[:30]
    given[wrong] = (truth[wrong] + 1) % CATEGORIES
    features = generator.normal(size=(ROWS, 8)) + 6 * np.eye(8)[truth]
    names = [f"{row:03d}" for row in range(ROWS)]
    groups = [f"{row // 2:03d}" for row in range(ROWS)]
    pl.DataFrame({"group_id": groups}).write_parquet(tmp_path / "m.parquet")
    rows_of_manifest = pl.DataFrame({"image_id": names, "label": [str(one) for one in given]})
    rows = np.arange(ROWS, dtype=np.int32)
    duplicates = Duplicates(rows, rows, np.ones(ROWS, np.int32))
    labelled = Labelled(
        tmp_path / "m.parquet", rows_of_manifest, duplicates, features.astype(np.float16)
    )
    return labelled, np.sort(wrong)


def label_issues(labelled: Labelled, folder: Path, around: Context) -> Any:
    found = review(labelled, None, folder, {}, around)
    assert found["row"].to_list() == list(range(ROWS))
    return found.filter("is_suspect")["row"].to_numpy()


def test_too_many_labels_for_once_are_reviewed_in_parts(
    labelled: tuple[Labelled, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_labels, "MOST_ROWS", 250)
    found = label_issues(labelled[0], tmp_path, Context())
    assert len(np.setxor1d(found, labelled[1])) <= 3


def test_too_few_of_each_category_for_parts_are_told(
    labelled: tuple[Labelled, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_labels, "MOST_ROWS", 50)
    said: list[str] = []
    found = review(labelled[0], None, tmp_path, {}, Context(report=said.append))
    assert found.is_empty()
    assert "too few of each to be reviewed in parts" in said[0]


def test_what_a_person_has_said_is_not_suspected(
    labelled: tuple[Labelled, np.ndarray], tmp_path: Path
) -> None:
    wrong = int(labelled[1][0])
    settled = pl.Series([row == wrong for row in range(ROWS)])
    reviewed = review(replace(labelled[0], is_settled=settled), None, tmp_path, {}, Context())
    assert wrong not in reviewed.filter("is_suspect")["row"].to_list()
    assert reviewed["quality"][wrong] == 1.0
    assert reviewed["reason"][wrong] is None


def test_a_description_without_a_network_that_tells_little_suspects_nobody(
    labelled: tuple[Labelled, np.ndarray], tmp_path: Path
) -> None:
    generator = np.random.default_rng(1)
    truth = np.arange(ROWS) // 2 % CATEGORIES
    vague = generator.normal(size=(ROWS, 8)) + 1.2 * np.eye(8)[truth]
    rows_of_manifest = labelled[0].rows_of_manifest.with_columns(
        label=pl.Series([str(one) for one in truth])
    )
    right = replace(
        labelled[0], rows_of_manifest=rows_of_manifest, embeddings=vague.astype(np.float16)
    )
    by_network = review(right, None, tmp_path / "network", {}, Context())
    assert by_network["is_suspect"].any()
    by_hand = review(replace(right, is_hand_made=True), None, tmp_path / "hand", {}, Context())
    assert not by_hand["is_suspect"].any()
    (said,) = by_hand["withheld"].unique().to_list()
    assert said.startswith("No label is listed as suspected: without a network")
    assert "--network" in said
    order = by_network.sort("quality", "row")["row"]
    assert by_hand.sort("quality", "row")["row"].head(50).equals(order.head(50))
    details = as_findings(by_hand)["doubtful_labels"]["detail"].unique().to_list()
    assert details == ["one of those that fit least"]


def test_a_description_without_a_network_that_tells_much_lists_its_suspects(
    labelled: tuple[Labelled, np.ndarray], tmp_path: Path
) -> None:
    by_hand = replace(labelled[0], is_hand_made=True)
    found = label_issues(by_hand, tmp_path, Context())
    assert len(np.setxor1d(found, labelled[1])) <= 3
