"""A run's bundle is tested once, honestly, and again when anything has changed."""

import base64
import html
import io
import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

from pixonomy.bundle.load import load_bundle
from pixonomy.bundle.test_figures import read_test_figures
from pixonomy.dataset.manifest import read_manifest
from pixonomy.errors import BundleError, SettingError
from pixonomy.verbs.classify import classify
from pixonomy.verbs.evaluate import evaluate

KEYS = {"run", "bundle", "report", "images", "categories", "seconds", "test"}
TEST_KEYS = {
    "n", "accuracy", "accuracy_low", "accuracy_high", "macro_f1", "majority_baseline", "units",
}  # fmt: skip
LABELS = ["cross", "gâteaux d'été", "stripes"]


def stored(run: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((run / "evaluation.json").read_text())
    return content


def test_the_result_has_the_promised_keys_and_equals_the_stored_one(fitted_run: Path) -> None:
    result = evaluate(fitted_run)
    assert result.keys() == KEYS
    assert result["test"].keys() == TEST_KEYS
    assert result["test"] == stored(fitted_run)["test"]
    assert (result["images"], result["categories"]) == (73, 3)


def test_the_same_call_again_leaves_all_files_alone(run_copy: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in run_copy.rglob("*")}
    evaluate(run_copy)
    assert {path: path.stat().st_mtime_ns for path in run_copy.rglob("*")} == before


@pytest.mark.parametrize(
    "name", ["report.html", "evaluation.json", "model_card.md", "bundle/test.json"]
)
def test_a_lost_file_is_made_again(run_copy: Path, name: str) -> None:
    before = stored(run_copy)
    (run_copy / name).unlink()
    evaluate(run_copy)
    assert (run_copy / name).is_file()
    assert stored(run_copy) == before


def test_the_bundle_says_how_it_was_tested_and_stays_the_same_bundle(run_copy: Path) -> None:
    bundle, digest = run_copy / "bundle", load_bundle(run_copy).about["digest"]
    figures = read_test_figures(bundle, digest)
    assert figures is not None
    assert figures.as_json() == stored(run_copy)["test"]
    (bundle / "test.json").unlink()
    evaluate(run_copy)
    assert load_bundle(run_copy).about["digest"] == digest
    assert read_test_figures(bundle, digest) == figures


def test_the_predictions_are_one_row_a_test_picture(fitted_run: Path) -> None:
    predictions = pl.read_parquet(fitted_run / "predictions.parquet")
    rows = read_manifest(fitted_run / "data" / "split.parquet").usable
    test = rows.filter(pl.col("split") == "test")
    assert sorted(predictions["image_id"]) == sorted(test["image_id"])
    wanted = ["image_id", "group_id", "label", "predicted", "confidence", "verdict"]
    assert predictions.columns == [*wanted, *(f"probability_{k}" for k in range(3)), "unit"]
    assert set(predictions["label"]) <= set(LABELS)
    assert set(predictions["predicted"]) <= set(LABELS)


def test_labels_keep_their_names_in_the_evaluation(fitted_run: Path) -> None:
    metrics = stored(fitted_run)["metrics"]
    assert metrics["labels"] == LABELS
    assert [one["label"] for one in metrics["classes"]] == LABELS


def test_the_accuracy_is_the_bundles_own_on_the_test_files(fitted_run: Path) -> None:
    manifest = read_manifest(fitted_run / "data" / "split.parquet")
    test = manifest.usable.filter(pl.col("split") == "test")
    paths = [manifest.base / uri for uri in test["uri"]]
    answers = classify(fitted_run / "bundle", paths)["images"]
    right = [
        answer["top"][0]["label"] == label
        for answer, label in zip(answers, test["label"], strict=True)
    ]
    result = evaluate(fitted_run)["test"]
    assert result["n"] == len(right)
    assert result["accuracy"] == pytest.approx(sum(right) / len(right))


def test_the_report_is_self_contained_and_names_what_was_left_out(fitted_run: Path) -> None:
    page = (fitted_run / "report.html").read_text()
    assert not re.search(r"<link|@import|<iframe|url\((?!#)", page)
    assert re.findall(r"<script[^>]*>", page) == ["<script>"]
    addresses = re.findall(r"(?:src|href)\s*=\s*[\"']([^\"']*)", page)
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert "gâteaux d" in page
    assert "not a picture in a known format" in page


def shown_images(run: Path) -> list[Image.Image]:
    """Return the images of a run's page."""
    texts = re.findall(r"data:image/jpeg;base64,([^\"]+)", (run / "report.html").read_text())
    return [Image.open(io.BytesIO(base64.b64decode(one))) for one in texts]


def test_the_page_shows_the_images_themselves_and_how_to_repeat_the_fit(
    fitted_images: Path, fitted_run: Path, tiny_recipe: Path
) -> None:
    images = shown_images(fitted_run)
    assert images
    assert {one.size for one in images} == {(48, 48)}  # the network sees 32 x 32
    page = (fitted_run / "report.html").read_text()
    assert "as the network sees them" not in page
    assert f"<h1>{fitted_run.parent.name}/run</h1>" in page
    (code,) = re.findall(r'<pre class="provenance"><code>(.*?)</code>', page)
    command = html.unescape(re.sub("</?span[^>]*>", "", code))
    assert shlex.split(command) == [
        "pixonomy", "fit", str(fitted_images), "-o", str(fitted_run), "--recipe", str(tiny_recipe),
        "--weights", "none",
    ]  # fmt: skip


def test_images_whose_source_is_gone_are_shown_from_the_arrays(run_copy: Path) -> None:
    path = run_copy / "data" / "arrays" / "arrays.json"
    about = json.loads(path.read_text())
    path.write_text(json.dumps(about | {"base": str(run_copy / "gone")}))
    (run_copy / "report.html").unlink()
    evaluate(run_copy)
    assert {one.size for one in shown_images(run_copy)} == {(32, 32)}
    assert "shown as the network sees them" in (run_copy / "report.html").read_text()
    path.write_text(json.dumps({key: about[key] for key in about if key != "base"}))
    (run_copy / "report.html").unlink()
    evaluate(run_copy)  # arrays of an earlier Pixonomy have no base
    assert "shown as the network sees them" in (run_copy / "report.html").read_text()


def test_a_run_that_is_a_linear_probe_is_not_compared_with_itself(run_copy: Path) -> None:
    rows = pl.read_parquet(run_copy / "data" / "arrays" / "rows.parquet")
    probe = rows.select("image_id", "split", predicted=pl.lit(0, pl.Int64))
    probe.write_parquet(run_copy / "probe.parquet")
    for epochs, is_shown in ((6, True), (0, False)):
        about = json.loads((run_copy / "run.json").read_text())
        about["recipe"]["epochs"] = epochs
        (run_copy / "run.json").write_text(json.dumps(about))
        (run_copy / "report.html").unlink()
        evaluate(run_copy)
        assert "linear probe" in stored(run_copy)["baselines"]
        assert ("Linear probe" in (run_copy / "report.html").read_text()) == is_shown


def test_a_run_that_was_moved_finds_its_arrays_again(fitted_run: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(fitted_run, tmp_path / "moved")
    about = json.loads((moved / "run.json").read_text())
    about["arrays"] = str(tmp_path / "gone")
    (moved / "run.json").write_text(json.dumps(about))
    (moved / "report.html").unlink()
    assert evaluate(moved)["test"] == evaluate(fitted_run)["test"]


def test_arrays_of_other_pictures_are_refused(run_copy: Path) -> None:
    path = run_copy / "data" / "arrays" / "arrays.json"
    about = json.loads(path.read_text())
    about["fingerprint"]["seed"] = 99
    path.write_text(json.dumps(about))
    with pytest.raises(SettingError, match="no longer holds the pictures"):
        evaluate(run_copy)


def test_a_damaged_bundle_is_not_evaluated(run_copy: Path) -> None:
    (run_copy / "bundle" / "model.onnx").write_bytes(b"")
    with pytest.raises(BundleError, match="its hash differs"):
        evaluate(run_copy)


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="is no run"):
        evaluate(tmp_path)


def test_without_test_pictures_the_report_shows_validation_and_says_so(run_copy: Path) -> None:
    rows = run_copy / "data" / "arrays" / "rows.parquet"
    table = pl.read_parquet(rows)
    is_test = pl.col("split") == "test"
    unsplit = pl.when(is_test).then(pl.lit(None)).otherwise(pl.col("split")).alias("split")
    table.with_columns(unsplit).write_parquet(rows)
    (run_copy / "report.html").unlink()
    assert evaluate(run_copy)["test"] is None
    assert stored(run_copy)["evaluated_split"] == "validation"
    assert not (run_copy / "bundle" / "test.json").exists()
    assert "validation" in (run_copy / "report.html").read_text()


def test_a_category_that_is_left_out_entirely_is_still_counted_in_the_report(
    run_copy: Path,
) -> None:
    problems = run_copy / "data" / "arrays" / "problems.parquet"
    table = pl.read_parquet(problems)
    table.with_columns(pl.lit("lost category").alias("label")).write_parquet(problems)
    (run_copy / "report.html").unlink()
    evaluate(run_copy)
    assert "lost category" in (run_copy / "report.html").read_text()


def test_copies_and_origins_are_told_in_the_evaluation_and_on_the_page(run_copy: Path) -> None:
    assert stored(run_copy)["near_duplicates"]["in_training"] == 0
    assert stored(run_copy)["origins"] == []
    rows = run_copy / "data" / "arrays" / "rows.parquet"
    table = pl.read_parquet(rows)
    first = {split: table.filter(split=split)["image_id"][0] for split in ("train", "test")}
    is_duplicate = pl.col("image_id").is_in(list(first.values()))
    keyword = pl.format(
        "{} word", pl.when(pl.col("split") == "test").then("split").otherwise("label")
    )
    table.with_columns(
        keyword=keyword,
        duplicate_group=pl.when(is_duplicate).then(pl.lit("one")).otherwise("duplicate_group"),
    ).write_parquet(rows)
    (run_copy / "report.html").unlink()
    result = evaluate(run_copy)["test"]
    told = stored(run_copy)
    assert told["near_duplicates"]["in_training"] == 1
    assert told["near_duplicates"]["without"]["n"] == result["n"] - 1
    assert told["near_duplicates"]["all"]["accuracy"] == result["accuracy"]
    (slice_,) = told["origins"]
    assert (slice_["column"], slice_["unseen"], slice_["values"]) == ("keyword", 1, 1)
    assert slice_["rows"][0]["accuracy"] == result["accuracy"]
    page = (run_copy / "report.html").read_text()
    assert "Held out by keyword" in page
    assert "in another copy" in page
