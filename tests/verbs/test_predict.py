"""Predictions by name: made, skipped, refused, replaced, killed and gone on with."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pixonomy.bundle.load import load_bundle
from pixonomy.errors import ArtefactDiffers, DataError, SettingError
from pixonomy.prediction.submission import check_submission
from pixonomy.progress import Context
from pixonomy.sources.bson.write_bson import ProductImages, write_bson
from pixonomy.verbs.classify import classify
from pixonomy.verbs.index import index
from pixonomy.verbs.predict import PredictChoices, predict

KEYS = ["predictions", "submission", "rows", "groups", "problems", "seconds"]

Write = Callable[..., Path]


@pytest.fixture
def manifest(mixed_images: list[Path], write_products: Write) -> Path:
    """24 products of three pictures each."""
    return write_products(mixed_images)


def small_parts(**more: Any) -> PredictChoices:
    return PredictChoices(part_rows=10, **more)


def test_predictions_and_submission_are_written_and_told(
    fitted_run: Path, manifest: Path, tmp_path: Path
) -> None:
    output, submission = tmp_path / "out" / "predictions.parquet", tmp_path / "out" / "s.csv"
    result = predict(fitted_run, manifest, output, small_parts(submission=submission))
    assert list(result) == KEYS
    assert (result["predictions"], result["submission"]) == (str(output), str(submission))
    assert (result["rows"], result["groups"], result["problems"]) == (72, 24, 0)
    assert sorted(output.parent.glob("[!.]*")) == [output, submission]

    check_submission(submission, manifest, load_bundle(fitted_run).labels)
    table = pl.read_parquet(output).unique("group_id", maintain_order=True)
    pairs = table.select("group_id", "group_predicted").iter_rows()
    lines = submission.read_text().splitlines()
    assert lines == ["_id,category_id", *(",".join(pair) for pair in pairs)]
    assert [line.split(",")[0] for line in lines[1:]] == [str(100 - n) for n in range(24)]


def test_a_catalogue_in_bson_is_answered_with_a_product_that_has_no_picture(
    fitted_run: Path, mixed_images: list[Path], tmp_path: Path
) -> None:
    encoded = [path.read_bytes() for path in mixed_images[:3]]
    products = [
        ProductImages(5, None, encoded[:2]),
        ProductImages(3_000_000_000, None, []),
        ProductImages(1, None, [b"no JPEG", encoded[2]]),
    ]
    write_bson(tmp_path / "test.bson", products)
    index([tmp_path / "test.bson"], tmp_path / "manifest.parquet")
    said: list[str] = []
    choices, around = PredictChoices(tmp_path / "s.csv"), Context(report=said.append)
    output = tmp_path / "p.parquet"
    result = predict(fitted_run, tmp_path / "manifest.parquet", output, choices, False, around)
    assert (result["rows"], result["groups"], result["problems"]) == (5, 3, 2)
    lines = (tmp_path / "s.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["5", "3000000000", "1"]
    assert lines[2] == f"3000000000,{load_bundle(fitted_run).most_common}"
    alone = classify(fitted_run, [mixed_images[2]])["images"][0]
    assert lines[3] == f"1,{alone['top'][0]['label']}"
    assert said[0].startswith("Pictures without an answer: 2;")
    assert said[1].startswith("Products without a readable picture: 1;")


def test_an_empty_manifest_gives_the_columns_and_a_header(
    fitted_run: Path, write_products: Write, tmp_path: Path
) -> None:
    manifest = write_products([], [])
    choices = PredictChoices(tmp_path / "s.csv")
    result = predict(fitted_run, manifest, tmp_path / "p.parquet", choices)
    assert (result["rows"], result["groups"], result["problems"]) == (0, 0, 0)
    table = pl.read_parquet(tmp_path / "p.parquet")
    assert table.height == 0
    assert {"image_id", "predicted", "problem", "probability_2"} < set(table.columns)
    assert (tmp_path / "s.csv").read_text() == "_id,category_id\n"


def test_it_tells_how_far_it_is(fitted_run: Path, manifest: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    around = Context(progress=lambda *how_far: told.append(how_far))
    predict(fitted_run, manifest, tmp_path / "p.parquet", small_parts(), False, around)
    assert told == [("predicting", done, 72) for done in (12, 24, 36, 48, 60, 72)]


def test_a_finished_table_is_taken_as_it_is_and_a_submission_added_to_it(
    fitted_run: Path, manifest: Path, tmp_path: Path
) -> None:
    output, submission = tmp_path / "p.parquet", tmp_path / "s.csv"
    first = predict(fitted_run, manifest, output)
    assert first["submission"] is None
    made = output.stat().st_mtime_ns
    (tmp_path / ".p.parquet.parts").mkdir()  # as a kill after the last rename leaves it
    second = predict(fitted_run, manifest, output, PredictChoices(submission))
    assert output.stat().st_mtime_ns == made
    assert second == replace(first, submission=str(submission), seconds=second.seconds)
    assert not (tmp_path / ".p.parquet.parts").exists()
    written = submission.stat().st_mtime_ns
    predict(fitted_run, manifest, output, PredictChoices(submission))
    assert submission.stat().st_mtime_ns == written


def test_other_settings_are_refused_unless_replacing_is_asked_for(
    fitted_run: Path, manifest: Path, write_products: Write, mixed_images: list[Path]
) -> None:
    output, submission = manifest.with_name("p.parquet"), manifest.with_name("s.csv")
    predict(fitted_run, manifest, output, PredictChoices(submission))
    by_max = PredictChoices(submission, pool="max")
    with pytest.raises(ArtefactDiffers, match="pool was mean_log, now max"):
        predict(fitted_run, manifest, output, by_max)
    before = submission.read_bytes()
    predict(fitted_run, manifest, output, by_max, overwrite=True)
    assert submission.read_bytes() != before
    other = write_products(mixed_images[:30], name="other.parquet")
    with pytest.raises(ArtefactDiffers, match="manifest was"):
        predict(fitted_run, other, output, by_max)


def test_files_of_others_are_never_replaced_unasked(
    fitted_run: Path, manifest: Path, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.csv"
    notes.write_text("mine\n")
    output = tmp_path / "p.parquet"
    for _ in range(2):  # before the predictions are made, and after
        with pytest.raises(ArtefactDiffers, match="is not the submission of these predictions"):
            predict(fitted_run, manifest, output, PredictChoices(notes))
        predict(fitted_run, manifest, output)
    for place in (notes, manifest):
        with pytest.raises(SettingError, match="holds no predictions"):
            predict(fitted_run, manifest, place, overwrite=True)
    with pytest.raises(SettingError, match="need two names"):
        predict(fitted_run, manifest, output, PredictChoices(output), overwrite=True)
    assert notes.read_text() == "mine\n"


def test_wrong_choices_are_refused_before_anything_is_done() -> None:
    with pytest.raises(SettingError, match="not by 'median'"):
        PredictChoices(pool="median")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="at least one row"):
        PredictChoices(part_rows=0)


def test_an_id_that_no_line_can_hold_leaves_the_predictions_and_no_submission(
    fitted_run: Path, mixed_images: list[Path], write_products: Write, tmp_path: Path
) -> None:
    manifest = write_products(mixed_images[:2], ["a\nb", "c"])
    output, submission = tmp_path / "p.parquet", tmp_path / "s.csv"
    with pytest.raises(DataError, match="longer than a line"):
        predict(fitted_run, manifest, output, PredictChoices(submission))
    assert output.exists()
    assert not submission.exists()


class Stop(Exception):
    """What ends a call in the middle."""


def stop_halfway(work: str, done: int, total: int) -> None:
    if done == 48:  # of 72 rows; three parts of 12 are finished
        raise Stop


def test_a_resumed_call_does_not_read_the_finished_parts_again(
    fitted_run: Path, mixed_images: list[Path], write_products: Write, tmp_path: Path
) -> None:
    own = [
        Path(shutil.copy(path, tmp_path / f"{number}.jpg"))
        for number, path in enumerate(mixed_images)
    ]
    manifest = write_products(own)
    whole, output = tmp_path / "whole.parquet", tmp_path / "p.parquet"
    predict(fitted_run, manifest, whole, small_parts())
    around = Context(progress=stop_halfway)
    with pytest.raises(Stop):
        predict(fitted_run, manifest, output, small_parts(), False, around)
    assert not output.exists()
    for path in own[:36]:
        path.unlink()
    predict(fitted_run, manifest, output, small_parts())
    assert output.read_bytes() == whole.read_bytes()


def test_unfinished_parts_of_other_settings_are_not_taken(
    fitted_run: Path, manifest: Path, tmp_path: Path
) -> None:
    whole, output = tmp_path / "whole.parquet", tmp_path / "p.parquet"
    by_max = small_parts(pool="max")
    predict(fitted_run, manifest, whole, by_max)
    around = Context(progress=stop_halfway)
    with pytest.raises(Stop):
        predict(fitted_run, manifest, output, small_parts(), False, around)
    predict(fitted_run, manifest, output, by_max)
    assert output.read_bytes() == whole.read_bytes()


PROGRAM = """
import sys
from pathlib import Path
from pixonomy import Context, PredictChoices, predict
bundle, manifest, output = map(Path, sys.argv[1:])
choices = PredictChoices(output.with_suffix(".csv"), part_rows=60)
predict(bundle, manifest, output, choices, context=Context(2))
"""


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param((1, 9), marks=pytest.mark.slow),
        pytest.param(range(1, 48, 2), marks=pytest.mark.soak),
    ],
)
def test_predict_killed_at_random_moments_ends_with_the_uninterrupted_bytes(
    fitted_run: Path,
    mixed_images: list[Path],
    write_products: Write,
    tmp_path: Path,
    parts: Sequence[int],
) -> None:
    manifest = write_products(mixed_images * (max(parts) + 7))  # a part is 60 pictures of 72

    def start(output: Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", PROGRAM, str(fitted_run), str(manifest), str(output)]
        return subprocess.Popen(command, start_new_session=True)

    whole, killed = tmp_path / "whole" / "p.parquet", tmp_path / "killed" / "p.parquet"
    assert start(whole).wait(timeout=120) == 0
    chance = random.Random(20261123)
    for finished in parts:
        process = start(killed)
        while len(list(killed.parent.glob(".p.parquet.parts/part-*"))) < finished:
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.1))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert start(killed).wait(timeout=120) == 0

    assert killed.read_bytes() == whole.read_bytes()
    assert killed.with_suffix(".csv").read_bytes() == whole.with_suffix(".csv").read_bytes()
    locks = [".p.csv.lock", ".p.parquet.lock"]
    left = sorted(path.name for path in killed.parent.iterdir())
    assert left == [*locks, "p.csv", "p.parquet"]
