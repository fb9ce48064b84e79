"""`evaluate --on`: a run's answers to pictures from elsewhere."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pixonomy.cli.main import run as run_cli
from pixonomy.dataset.manifest import read_manifest, write_manifest
from pixonomy.errors import SettingError
from pixonomy.verbs.evaluate import evaluate
from pixonomy.verbs.index import index

Write = Callable[..., Path]
Call = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def uploads(tmp_path: Path, write_images: Write) -> Path:
    """12 pictures a shape: 4 labelled, 8 not; 3 labelled otherwise; one that cannot be read."""
    folder = write_images(tmp_path / "uploads", 12)
    shutil.copytree(folder / "stripes", folder / "zebras")
    for file in sorted((folder / "zebras").iterdir())[3:]:
        file.unlink()
    (folder / "circle" / "000.jpg").write_bytes(b"no picture")
    manifest = tmp_path / "uploads.parquet"
    index([folder], manifest)
    read = read_manifest(manifest)
    # The run's categories are called otherwise than these folders.
    label = pl.col("label").replace("circle", "gâteaux d'été")
    is_known = pl.col("uri").str.contains(r"00[0-3]\.jpg") | (pl.col("label") == "zebras")
    rows = read.rows.with_columns(label=pl.when(is_known).then(label))
    write_manifest(manifest, type(read)(**{**read.__dict__, "rows": rows}))
    return manifest


def test_labelled_and_unlabelled_pictures_are_told_apart(run_copy: Path, uploads: Path) -> None:
    own = evaluate(run_copy)
    result = evaluate(run_copy, on=uploads)
    assert list(own)[-2:] == ["seconds", "test"]
    assert result.keys() - own.keys() == {"predictions", "gap", "mix", "shares"}
    assert result["images"] == 39
    assert result["test"]["n"] == 11  # of three times four, one cannot be read
    gap = result["gap"]
    assert gap["first"] == pytest.approx(own["test"]["accuracy"])
    assert gap["second"] == pytest.approx(result["test"]["accuracy"])
    assert gap["difference"] == pytest.approx(gap["second"] - gap["first"])
    assert result["mix"]["reweighted"] is None  # four pictures a category
    assert list(result["mix"]["few"]) == ["cross", "gâteaux d'été", "stripes"]
    assert "fewer than two of its categories" in result["mix"]["in_words"][0]
    assert sum(one["share"] for one in result["shares"]) == pytest.approx(1)
    stored = json.loads((Path(result["report"]).parent / "evaluation.json").read_text())
    assert stored["elsewhere"]["unread"] == 1
    assert stored["elsewhere"]["unlabelled"] == 24
    assert [one["label"] for one in stored["elsewhere"]["foreign"]] == ["zebras"]
    page = Path(result["report"]).read_text()
    assert "What do these pictures show?" in page
    assert "zebras" in page
    command = f"pixonomy evaluate {run_copy} --on {uploads}"
    assert f"<code>{command}</code>" in re.sub("</?span[^>]*>", "", page)
    assert "3 pictures of categories that it does not know among them" in page
    assert page.index('id="headline"') < page.index('id="elsewhere"')


def test_the_runs_own_evaluation_stays_as_it_is(run_copy: Path, uploads: Path) -> None:
    evaluate(run_copy)
    names = ("evaluation.json", "report.html", "predictions.parquet")
    before = [(run_copy / name).read_bytes() for name in names]
    evaluate(run_copy, on=uploads)
    assert [(run_copy / name).read_bytes() for name in names] == before


def test_the_same_call_again_leaves_all_files_alone(run_copy: Path, uploads: Path) -> None:
    evaluate(run_copy, on=uploads)
    before = {path: path.stat().st_mtime_ns for path in run_copy.rglob("*")}
    evaluate(run_copy, on=uploads)
    assert {path: path.stat().st_mtime_ns for path in run_copy.rglob("*")} == before


def test_a_set_that_has_changed_gets_a_page_of_its_own(run_copy: Path, uploads: Path) -> None:
    first = evaluate(run_copy, on=uploads)
    read = read_manifest(uploads)
    write_manifest(uploads, type(read)(**{**read.__dict__, "rows": read.rows.head(20)}))
    second = evaluate(run_copy, on=uploads)
    assert second["report"] != first["report"]
    assert second["images"] == 20


def test_without_any_label_only_shares_are_told(
    run_copy: Path, uploads: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read = read_manifest(uploads)
    rows = read.rows.with_columns(label=pl.lit(None, pl.String))
    write_manifest(uploads, type(read)(**{**read.__dict__, "rows": rows}))
    result = evaluate(run_copy, on=uploads)
    assert (result["test"], result["gap"]) == (None, None)
    assert len(result["shares"]) == 3
    assert "How good is it?" not in Path(result["report"]).read_text()


def test_another_mix_of_categories_is_told_from_other_pictures(
    run_copy: Path, uploads: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    read = read_manifest(uploads)
    folder = pl.col("uri").str.extract(r"([a-z]+)/[0-9]+\.jpg$")
    label = folder.replace("circle", "gâteaux d'été")
    is_kept = (label != "stripes") | pl.col("uri").str.contains("00[0-5]")
    rows = read.rows.with_columns(label=label).filter(is_kept & (folder != "zebras"))
    write_manifest(uploads, type(read)(**{**read.__dict__, "rows": rows}))
    assert run_cli(["evaluate", str(run_copy), "--on", str(uploads)]) == 0
    said = capfd.readouterr().out
    (folder_on,) = (run_copy / "on").iterdir()
    mix = json.loads((folder_on / "evaluation.json").read_text())["elsewhere"]["mix"]
    assert mix["reweighted"], mix
    seen, gap = mix["reweighted"], evaluate(run_copy, on=uploads)["gap"]
    assert seen["categories"] == 3
    assert seen["own_covered"] == seen["there_covered"] == 1
    parts = seen["by_mix"]["difference"] + seen["by_pictures"]["difference"]
    assert parts == pytest.approx(gap["difference"])
    assert seen["accuracy_low"] <= seen["accuracy"] <= seen["accuracy_high"]
    told = "because the mix of categories differs"
    page, card = ((folder_on / name).read_text() for name in ("report.html", "model_card.md"))
    assert all(told in text for text in (said, page, card))
    assert "accuracy, categories as frequent as tested" in card


def test_what_is_no_manifest_is_refused(run_copy: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError):
        evaluate(run_copy, on=tmp_path / "missing.parquet")


def test_people_read_the_gap_and_the_shares(
    run_copy: Path, uploads: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_cli(["evaluate", str(run_copy), "--on", str(uploads)]) == 0
    said = capfd.readouterr().out
    assert "Beside its own test pictures" in said
    assert "of the pictures without a category" in said
